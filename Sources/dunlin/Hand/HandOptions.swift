import ArgumentParser
import DunlinCore

/// The flags of everything that a person decides about one row or many.
struct HandOptions: ParsableArguments {
    /// More are no list of ids any more, but a filter.
    static let idsMax = 1_000

    @Option(
        help: .init(
            "Instead of ids: all rows that fit, such as state=retrying,since=2026-11-01. The totals come first.",
            valueName: "key=value,…"))
    var filter: String?

    @Option(help: .init("Why; kept with who decided it, and when.", valueName: "text"))
    var reason: String

    @Flag(help: "Only say what would become of each.")
    var dryRun = false

    func validate() throws {
        if reason.allSatisfy(\.isWhitespace) { throw ValidationError("--reason is empty") }
    }

    /// - Throws: a complaint of the argument parser: ids or a filter are needed.
    func check(idCount: Int) throws {
        if idCount == 0, filter == nil { throw ValidationError("name ids, or say --filter") }
        if idCount > 0, filter != nil { throw ValidationError("ids do not go with --filter") }
        if idCount > Self.idsMax { throw ValidationError("so many ids are a --filter") }
    }
}

/// The flag of verbs after which something is sent.
struct PaceOption: ParsableArguments {
    @Option(
        help: .init("With several: begin so many in a time, such as 60/min.", valueName: "rate"),
        transform: { try ChargeRate($0).orRefuse("expects a rate such as 60/min, 2/s or 500/hour") })
    var maxRate: ChargeRate?
}
