import ArgumentParser
import DunlinCalendar
import DunlinCore
import DunlinLedger
import DunlinReports

/// `dunlin prove`: holds the ledger against the promises. Never writes.
struct ProveCommand: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Check every promise against the data file; name each violation.",
        discussion: """
            Looks at the data file and compares it with the gateways that it has used (35 days, or since --since).
            Nothing is written, here or there. With --offline, and where no key is set, the newest comparison of dunlin
            reconcile stands in. Status 0: no promise is broken; 1: at least one is, and each violation is named with
            its ids; 3: none is, but a gateway could not be asked. What cannot be shown so is named with the test that
            does.

            Examples:
              dunlin prove
              dunlin prove --offline --since 2026-10-01
              dunlin prove --json | jq '.promises[] | select(.violation_count > 0)'
            """)

    @Flag(help: "Ask no gateway.")
    var offline = false

    @Option(
        help: .init("Leave out what ended before this day: for large ledgers.", valueName: "date"),
        transform: { try LocalDate($0).orRefuse("expects a date such as 2026-10-31") })
    var since: LocalDate?

    @Option(help: .init("List at most so many violations of each rule; all are counted.", valueName: "n"))
    var limit = 100

    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit takes 0 or more") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let settings = try context.settings()
        let now = context.clock.now()
        let sinceAt = since.map { AccountingDay(date: $0, zone: settings.accountingZone).start() }
        let options = ProofOptions(
            now: now, plannedThrough: global.now == nil ? nil : now, violationsMax: limit, since: since,
            sinceAt: sinceAt)
        let asked = offline ? nil : try await ProveComparison(context: context, settings: settings, from: sinceAt).run()
        let proof = try await context.look(settings) { [comparisons = asked?.comparisons] tx in
            let stored =
                try comparisons
                ?? ProveComparison.used(tx).map {
                    try ProofComparison.stored($0, reason: nil, tx)
                }
            return try Prover.prove(options, comparisons: stored, tx)
        }
        try context.output.show(proof) { Self.lines(proof, context.output) }
        guard proof.ok else { return .needsPerson }
        return asked?.hasFailed == true ? .gateway : .done
    }

    private static func lines(_ proof: Proof, _ output: Output) -> [String] {
        var lines: [String] = []
        for promise in proof.promises {
            lines.append("\(mark(promise, output))  \(promise.id.rawValue.padded(to: 3))  \(promise.text)")
            lines.append(output.faint("            \(evidence(promise))"))
            for violation in promise.violations {
                lines.append("            \(output.bad(violation.rule)): \(violation.text)")
            }
            let left = promise.violationCount - Int64(promise.violations.count)
            if left > 0 { lines.append("            and \(left) more") }
        }
        return lines + [""] + comparisons(proof, output) + [unknown(proof), overdue(proof)]
    }

    private static func mark(_ promise: PromiseProof, _ output: Output) -> String {
        if promise.violationCount > 0 { return output.bad("broken") }
        if promise.checked > 0 || promise.id.isShownByData { return output.good("kept  ") }
        return output.faint(promise.id == .p8 ? "open  " : "tests ")
    }

    private static func evidence(_ promise: PromiseProof) -> String {
        if promise.checked > 0 || promise.id.isShownByData { return "\(promise.checked) checked" }
        if promise.id == .p8 { return "not compared with any gateway: dunlin reconcile does it" }
        return "a data file cannot show this; proven by \(promise.provenBy.joined(separator: ", "))"
    }

    private static func comparisons(_ proof: Proof, _ output: Output) -> [String] {
        proof.compared.map { comparison in
            let why = comparison.reason.map { " (not now: \($0))" } ?? ""
            guard let run = comparison.run else {
                return output.bad("\(comparison.gateway) was never compared with the ledger\(why).")
            }
            let left = run.leftOut == 0 ? "" : ", \(run.leftOut) left out because they are changing"
            return
                "\(comparison.gateway) was compared as of \(run.through.rfc3339Seconds)\(why): \(run.checked) looked "
                + "at, \(run.differences.counted("difference"))\(left)."
        }
    }

    private static func overdue(_ proof: Proof) -> String {
        guard let age = proof.oldestOverdueJobSeconds else { return "No job is overdue." }
        return "\(proof.overdueJobs.counted("job is", "jobs are")) due; the oldest since \(Age.text(seconds: age))."
    }

    private static func unknown(_ proof: Proof) -> String {
        guard let age = proof.oldestUnknownSeconds else { return "No attempt is unknown." }
        return "\(proof.unknown) unknown; the oldest since \(Age.text(seconds: age))."
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(width - count, 0)) }
}
