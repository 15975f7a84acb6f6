import DunlinCore
import DunlinJobs
import DunlinSimulation
import Foundation

/// Runs the seeds and tells what came of them.
struct SimulateReport {
    /// What `--json` writes.
    struct Summary: Encodable {
        var from: UInt64
        var seeds: Int
        var subscriptions: Int
        var days: Int64
        var violations: [Failure]
        var coverage: SimulatorCoverage
        var hashes: [String: String]
        var elapsedMilliseconds: Int64
        var subscriptionDaysPerSecond: Int64
    }

    struct Failure: Encodable {
        var seed: UInt64
        var setting: String
        var kinds: [String]
        var violation: SimulatorViolation
        /// The shortest run that still fails; nil where it was not looked for.
        var shortest: Shortest?
    }

    struct Shortest: Encodable {
        var steps: Int
        var without: [String]
        var violation: SimulatorViolation?
        var events: [String]
    }

    /// Events of the shortest run that are printed.
    private static let eventsMax = 40

    let command: SimulateCommand
    let folder: SimulationFolder
    let first: UInt64
    let context: Context

    func run() async throws -> ExitStatus {
        context.output.remark("seeds from \(first)")
        let started = context.clock.elapsedMilliseconds()
        let rules = try SimulateCommand.rules()
        var summary = Summary(
            from: first, seeds: command.seeds, subscriptions: command.subscriptions, days: command.days, violations: [],
            coverage: SimulatorCoverage(), hashes: [:], elapsedMilliseconds: 0, subscriptionDaysPerSecond: 0)
        for offset in 0..<UInt64(command.seeds) {
            let options = command.options(seed: first &+ offset, folder)
            let result = try await Simulator(options, rules: rules).run()
            summary.coverage.add(result.coverage)
            summary.hashes[String(options.seed)] = result.hash
            if let log = command.log { try write(result.log, to: log) }
            if let violation = result.violation {
                let failure = try await failure(result, violation, options, rules)
                summary.violations.append(failure)
                context.output.complain(lines(of: failure).joined(separator: "\n"))
                if command.untilBroken {
                    summary.seeds = Int(offset) + 1
                    break
                }
            }
        }
        summary.elapsedMilliseconds = max(1, context.clock.elapsedMilliseconds() - started)
        summary.subscriptionDaysPerSecond = summary.coverage.subscriptionDays * 1000 / summary.elapsedMilliseconds
        try context.output.show(summary) { lines(of: summary) }
        return summary.violations.isEmpty ? .done : .needsPerson
    }

    private func failure(
        _ result: SimulatorResult, _ violation: SimulatorViolation, _ options: SimulatorOptions, _ rules: BillingRules
    ) async throws -> Failure {
        var failure = Failure(
            seed: result.seed, setting: result.setting, kinds: result.kinds.map(\.rawValue).sorted(),
            violation: violation)
        guard !command.noShrinking else { return failure }
        context.output.remark("seed \(result.seed) breaks a promise; looking for the shortest run that still does")
        let shrunk = try await Shrinking(options, rules: rules).shrink(result)
        failure.shortest = Shortest(
            steps: shrunk.steps, without: shrunk.without.map(\.rawValue).sorted(), violation: shrunk.result.violation,
            events: Array(shrunk.result.log.suffix(Self.eventsMax)))
        return failure
    }

    private func write(_ lines: [String], to path: String) throws {
        let text = lines.joined(separator: "\n") + "\n"
        guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
            throw CommandFailure(.badInput, "the events cannot be written to \(path)")
        }
    }

    // MARK: - For people

    private func lines(of failure: Failure) -> [String] {
        let violation = failure.violation
        var lines = [
            "seed \(failure.seed): \(violation.judge) \(violation.rule), after \(violation.step) steps, \(violation.at)",
            "  \(violation.text)", "  \(failure.setting)", "  trouble: \(failure.kinds.joined(separator: ", "))",
        ]
        guard let shortest = failure.shortest else { return lines }
        lines.append("  the shortest run that still fails, and its last events:")
        lines.append("    \(replay(failure, shortest))")
        return lines + shortest.events.map { "    \($0)" }
    }

    private func replay(_ failure: Failure, _ shortest: Shortest) -> String {
        var words = [
            "dunlin simulate --seeds 1 --from \(failure.seed) --subscriptions \(command.subscriptions)",
            "--days \(command.days) --steps \(shortest.steps)",
        ]
        if command.profile != .swarm { words.append("--profile \(command.profile.name)") }
        if failure.violation.judge == "rest" { words.append("--rest") }
        words += (command.without.map(\.rawValue) + shortest.without).map { "--without \($0)" }
        return words.joined(separator: " ")
    }

    private func lines(of summary: Summary) -> [String] {
        let coverage = summary.coverage
        let faults = coverage.faults.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let deeds = coverage.deeds.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let seconds = Double(summary.elapsedMilliseconds) / 1000
        let verdict =
            summary.violations.isEmpty
            ? "no promise was broken" : "\(summary.violations.count.counted("seed")) broke a promise"
        return [
            "\(summary.seeds.counted("seed")) from \(summary.from), "
                + "\(summary.subscriptions.counted("subscription")) for \(summary.days.counted("day")): \(verdict)",
            "covered: \(coverage.invoices.counted("period")) invoiced, \(coverage.attempts.counted("attempt")), "
                + "\(coverage.successes.counted("success", "successes")), \(coverage.declines.counted("decline")), "
                + "\(coverage.events.counted("event")), \(coverage.requests.counted("request")), "
                + "\(coverage.passes.counted("pass", "passes")), \(coverage.steps.counted("step"))",
            "trouble: \(faults.isEmpty ? "none" : faults.joined(separator: ", "))",
            "by link and by hand: \(deeds.isEmpty ? "nothing" : deeds.joined(separator: ", "))",
            "\(String(format: "%.1f", seconds)) s, \(summary.subscriptionDaysPerSecond) subscription-days per second",
        ]
    }
}

/// Where the data files of a simulation are while it runs: in memory where the machine has such a folder.
struct SimulationFolder: Sendable {
    let path: String

    init() throws {
        let memory = "/dev/shm"
        let parent =
            FileManager.default.isWritableFile(atPath: memory)
            ? memory : FileManager.default.temporaryDirectory.path
        // Named after the process, so that whoever kills it can tell which folder to remove.
        let process = ProcessInfo.processInfo.processIdentifier
        var template = Array("\(parent)/dunlin-simulate-\(process)-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw CommandFailure(.badInput, "no folder can be made in \(parent)")
        }
        path = String(cString: made)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
