import DunlinDatabase
import DunlinJobs
import Synchronization

/// Counts every step of a run (transactions and requests) and cuts it off at one of them, as a crash would: from then
/// on nothing happens any more, until `revive`.
final class Fuse: Sendable {
    private struct State {
        var names: [String] = []
        var cuts: Set<Int> = []
        var isBlown = false
        /// Asked at each step, besides the fixed cuts.
        var mayCut: (@Sendable (Int) -> Bool)?
        var name: String?
        /// The statements so far, each with the step that it belongs to.
        var statements: [String] = []
        var statementCut: Int?
        /// What the owner writes, and what begins and ends every pass, is left alone.
        var step = Fuse.ownersStep
    }

    /// What the owner of the rows writes is no step of ours.
    private static let ownersStep = "write"

    private let state = Mutex(State())

    /// The names of the steps so far.
    var names: [String] { state.withLock { $0.names } }
    var isBlown: Bool { state.withLock { $0.isBlown } }

    /// Cuts the run off right before the step with this number, counted from 0 since the beginning.
    func cut(before step: Int) { state.withLock { _ = $0.cuts.insert(step) } }

    func cut(when mayCut: @escaping @Sendable (Int) -> Bool) { state.withLock { $0.mayCut = mayCut } }

    /// Cuts the run off right before each step of this name.
    func cut(beforeEach name: String) { state.withLock { $0.name = name } }

    /// The next process: steps count on.
    func revive() { state.withLock { $0.isBlown = false } }

    /// No more cuts.
    func disarm() {
        state.withLock { state in
            state.cuts = []
            state.mayCut = nil
            state.name = nil
            state.statementCut = nil
            state.isBlown = false
        }
    }

    /// The steps of the statements so far, one name for each statement.
    var statements: [String] { state.withLock { $0.statements } }

    /// Cuts the run off right before the statement with this number, in the middle of its transaction.
    func cut(beforeStatement number: Int) { state.withLock { $0.statementCut = number } }

    /// - Parameter steps: those whose statements are not counted.
    func reachStatement(besides steps: Set<String>) throws {
        try state.withLock { state in
            guard state.step != Self.ownersStep else { return }
            if state.isBlown { throw RunCutOff(step: state.step) }
            guard !steps.contains(state.step) else { return }
            let number = state.statements.count
            state.statements.append(state.step)
            guard state.statementCut == number else { return }
            state.isBlown = true
            throw RunCutOff(step: state.step)
        }
    }

    func reach(_ name: String) throws {
        state.withLock { $0.step = name }
        guard name != Self.ownersStep else { return }
        try state.withLock { state in
            if state.isBlown { throw RunCutOff(step: name) }
            let number = state.names.count
            state.names.append(name)
            guard state.cuts.contains(number) || state.mayCut?(number) == true || state.name == name else { return }
            state.isBlown = true
            throw RunCutOff(step: name)
        }
    }

    var steps: Steps { Steps { [self] name in try reach(name) } }
}
