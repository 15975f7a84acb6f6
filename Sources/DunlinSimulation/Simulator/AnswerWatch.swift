import DunlinCalendar
import DunlinCore
import DunlinDatabase

/// Judges what a process does with an answer that it got: when its pass has ended, the ledger knows of it (money.md 27).
///
/// Used on the simulator's thread only.
final class AnswerWatch: @unchecked Sendable {
    /// An answer that came later than this before the lease's end may be stored when the lease is gone, and then decides
    /// nothing: longer than a store that takes no write is asked again.
    private static let storingMilliseconds: Int64 = 60_000

    private struct Told {
        var process: SimulatedProcess
        var reference: String
        var attempt: Int
        /// By the clock that its lease goes by.
        var at: Instant
    }

    private var told: [Told] = []

    /// The gateway said what became of a charge.
    func isAnswered(_ wire: WireRequest, status: Int, _ process: SimulatedProcess, _ world: World) {
        // Where clocks differ another process may take over a lease that this one believes to hold.
        guard wire.operation == .confirm || wire.operation == .oneCall, status == 200 || status == 402,
            let debt = wire.debt, process.makesPasses, !world.plan.has(.clockSkew), !world.plan.has(.clockJump)
        else { return }
        told.append(
            Told(process: process, reference: debt.reference, attempt: debt.attempt, at: process.wallNow))
    }

    /// A process that stood still may have lost its lease, and then decides nothing.
    func forget(_ process: SimulatedProcess) { told.removeAll { $0.process === process } }

    func passEnded(_ process: SimulatedProcess, _ world: World) async throws {
        let mine = told.filter { $0.process === process }
        guard !mine.isEmpty else { return }
        forget(process)
        for answer in mine where !process.isDead && !world.isOver {
            let isForgotten = try await world.office().read { tx in
                try tx.value(
                    """
                    SELECT EXISTS (
                        SELECT 1 FROM intents t JOIN attempts a ON a.intent_id = t.id AND a.number = ?2
                        WHERE t.reference = ?1 AND a.state = 'sending' AND a.send_by > ?3)
                    """, answer.reference, answer.attempt, answer.at.adding(milliseconds: Self.storingMilliseconds),
                    as: Bool.self)
            }
            guard isForgotten == true else { continue }
            world.violate(
                "wire", "answer_forgotten",
                "\(process.place).\(process.number) was told what became of attempt \(answer.attempt) of "
                    + "\(answer.reference), and did not store it (rule 27)")
        }
    }
}
