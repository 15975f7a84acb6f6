import ArgumentParser
import DunlinCalendar
import DunlinReports

/// `dunlin calendar`: the boundaries of billing periods, and why each falls where it falls: of a stored subscription, or
/// of a schedule on the command line, which needs no database.
struct CalendarCommand: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "calendar",
        abstract: "Show when billing periods start, and why.",
        discussion: """
            Of a subscription, from the period that runs now, with what became of each; or of a schedule that you give.

            Examples:
              dunlin calendar sub_0042 --next 24 --why
              dunlin calendar --anchor 2024-01-31T09:00:00 --time-zone America/New_York --interval month --next 6
              dunlin calendar --anchor 2024-02-29 --interval year --json
              dunlin calendar --anchor 2024-01-17 --interval month --bill-on 1 --trial-end 2024-02-01
            """)

    @Argument(help: .init("A stored subscription; without it, give --anchor.", valueName: "subscription"))
    var subscription: String?

    @Option(
        help: .init("First boundary, local: 2024-01-31 or 2024-01-31T09:00:00.", valueName: "local"),
        transform: LocalDateTime.argument)
    var anchor: LocalDateTime?

    @Option(help: .init("Zone of the schedule. Default: UTC.", valueName: "zone"), transform: Zone.argument)
    var timeZone: Zone?

    @Option(
        help: .init("day, week, month or year. Default: month.", valueName: "unit"),
        transform: BillingInterval.Unit.argument)
    var interval: BillingInterval.Unit?

    @Option(help: .init("How many of them are one period. Default: 1.", valueName: "n"))
    var intervalCount: Int?

    @Option(help: .init("Day of the month on which periods start, 1 to 31.", valueName: "day"))
    var billOn: Int?

    @Option(
        help: .init("End of the trial, local; the first paid period starts there.", valueName: "local"),
        transform: LocalDateTime.argument)
    var trialEnd: LocalDateTime?

    @Option(
        help: .init("No period starts at or after this local time.", valueName: "local"),
        transform: LocalDateTime.argument)
    var endsAt: LocalDateTime?

    @Option(name: .customLong("next"), help: .init("How many boundaries.", valueName: "n"))
    var count = 12

    @Flag(help: "Say in words why each boundary falls where it falls.")
    var why = false

    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func validate() throws {
        guard (1...10_000).contains(count) else { throw ValidationError("--next takes 1 to 10000") }
        let isSchedule =
            anchor != nil || timeZone != nil || interval != nil || intervalCount != nil || billOn != nil
            || trialEnd != nil || endsAt != nil
        if subscription != nil, isSchedule {
            throw ValidationError("a subscription has a schedule of its own: leave out --anchor and the like")
        }
        if subscription == nil, anchor == nil { throw ValidationError("name a subscription, or give --anchor") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        if let subscription { return try await run(subscription, context) }
        guard let anchor else { return .badInput }
        let schedule = try BillingSchedule(
            anchor: anchor, interval: BillingInterval(unit: interval ?? .month, count: intervalCount ?? 1),
            zone: timeZone ?? .utc, billOn: billOn, trialEnd: trialEnd, endsAt: endsAt)
        let boundaries = (0..<count).lazy.map { schedule.period($0)?.start }.prefix { $0 != nil }.compactMap { $0 }
        try show(
            boundaries.map { BoundaryRow($0, why: why ? BoundaryWhy(boundary: $0, schedule: schedule) : nil) }, context)
        return .done
    }

    private func run(_ id: String, _ context: Context) async throws -> ExitStatus {
        let (count, now) = (count, context.clock.now())
        let calendar = try await context.look(try context.settings()) { tx in
            try SubscriptionCalendar(of: id, count: count, now: now, tx)
        }
        let rows = calendar.entries.map { entry in
            BoundaryRow(
                entry.boundary, why: why ? BoundaryWhy(boundary: entry.boundary, schedule: calendar.schedule) : nil,
                record: entry.record, isPaused: entry.isPaused)
        }
        try show(rows, context)
        if let ending = calendar.ending { context.output.remark("The list ends: \(ending).") }
        return .done
    }

    private func show(_ rows: [BoundaryRow], _ context: Context) throws {
        let hasRecords = rows.contains { $0.record != nil }
        try context.output.show(rows) {
            var columns = [Table.Column.right("INDEX"), .left("LOCAL"), .left("UTC"), .left("RULES")]
            if hasRecords { columns.append(.left("RECORD")) }
            if why { columns.append(.left("WHY")) }
            return Table(
                columns,
                rows: rows.map { row in
                    [String(row.index), row.local, row.utc, row.rules.joined(separator: ", ")]
                        + (hasRecords ? [row.record ?? ""] : []) + (why ? [row.why ?? ""] : [])
                })
        }
    }
}

/// One boundary as scripts read it.
struct BoundaryRow: Encodable {
    let index: Int
    let local: String
    let utc: String
    let rules: [String]
    /// What the period has become; of a stored subscription.
    let record: String?
    let why: String?

    init(_ boundary: Boundary, why: BoundaryWhy? = nil, record: String? = nil, isPaused: Bool = false) {
        index = boundary.index
        local = boundary.local.description
        utc = boundary.instant.rfc3339Seconds
        // A period that begins in a pause that goes on is not billed.
        rules = boundary.rules.map(\.rawValue) + (isPaused && !boundary.rules.contains(.pause) ? ["pause"] : [])
        self.record = isPaused ? "paused" : record
        let paused = isPaused ? "; it is paused, and not billed unless the pause ends before" : ""
        self.why = why.map { $0.text + paused }
    }
}

extension LocalDateTime {
    /// A flag's value.
    static func argument(_ text: String) throws -> LocalDateTime {
        try LocalDateTime(text).orRefuse("expects a local time such as 2024-01-31 or 2024-01-31T09:00:00")
    }
}

extension Zone {
    /// A flag's value.
    static func argument(_ text: String) throws -> Zone {
        try Zone(text).orRefuse("expects the name of a zone, such as Europe/Berlin")
    }
}

extension BillingInterval.Unit {
    /// A flag's value.
    static func argument(_ text: String) throws -> BillingInterval.Unit {
        try BillingInterval.Unit(rawValue: text).orRefuse("expects one of: day, week, month, year")
    }
}
