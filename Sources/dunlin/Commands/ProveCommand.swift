import ArgumentParser
import DunlinReports

/// `dunlin prove`: holds the ledger against the promises. Never writes.
struct ProveCommand: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Check every promise against the data file; name each violation.",
        discussion: """
            Status 0: no promise is broken; 1: at least one is, and each violation is named with its ids. What a data
            file cannot show by itself is named with the test that does.

            Examples:
              dunlin prove
              dunlin prove --json | jq '.promises[] | select(.violation_count > 0)'
            """)

    @Option(help: .init("List at most so many violations of each rule; all are counted.", valueName: "n"))
    var limit = 100

    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit takes 0 or more") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let now = context.clock.now()
        let options = ProofOptions(
            now: now, plannedThrough: global.now == nil ? nil : now, violationsMax: limit)
        let proof = try await context.look(try context.settings()) { tx in try Prover.prove(options, tx) }
        try context.output.show(proof) { Self.lines(proof, context.output) }
        return proof.ok ? .done : .needsPerson
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
        return lines + ["", unknown(proof)]
    }

    private static func mark(_ promise: PromiseProof, _ output: Output) -> String {
        if promise.violationCount > 0 { return output.bad("broken") }
        if promise.id.isShownByData { return output.good("kept  ") }
        return output.faint(promise.provenBy.isEmpty ? "open  " : "tests ")
    }

    private static func evidence(_ promise: PromiseProof) -> String {
        if promise.id.isShownByData { return "\(promise.checked) checked" }
        if promise.provenBy.isEmpty { return "a data file cannot show this, and no test does yet" }
        return "a data file cannot show this; proven by \(promise.provenBy.joined(separator: ", "))"
    }

    private static func unknown(_ proof: Proof) -> String {
        guard let age = proof.oldestUnknownSeconds else { return "No attempt is unknown." }
        return "\(proof.unknown) unknown; the oldest since \(Age.text(seconds: age))."
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(width - count, 0)) }
}
