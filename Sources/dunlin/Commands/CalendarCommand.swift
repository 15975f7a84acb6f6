import ArgumentParser
import DunlinCalendar

/// `dunlin calendar`: the boundaries of billing periods, and why each falls where it falls. Needs no database.
struct CalendarCommand: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "calendar",
        abstract: "Show when billing periods start, and why.",
        discussion: """
            Examples:
              dunlin calendar --anchor 2024-01-31T09:00:00 --time-zone America/New_York --interval month --next 6
              dunlin calendar --anchor 2024-02-29 --interval year --json
              dunlin calendar --anchor 2024-01-17 --interval month --bill-on 1 --trial-end 2024-02-01
            """)

    @Option(
        help: .init("First boundary, local: 2024-01-31 or 2024-01-31T09:00:00.", valueName: "local"),
        transform: LocalDateTime.argument)
    var anchor: LocalDateTime

    @Option(help: .init("Zone of the subscription.", valueName: "zone"), transform: Zone.argument)
    var timeZone: Zone = .utc

    @Option(help: .init("day, week, month or year.", valueName: "unit"), transform: BillingInterval.Unit.argument)
    var interval = BillingInterval.Unit.month

    @Option(help: .init("How many of them are one period.", valueName: "n"))
    var intervalCount = 1

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

    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func validate() throws {
        guard (1...10_000).contains(count) else { throw ValidationError("--next takes 1 to 10000") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let schedule = try BillingSchedule(
            anchor: anchor, interval: BillingInterval(unit: interval, count: intervalCount), zone: timeZone,
            billOn: billOn, trialEnd: trialEnd, endsAt: endsAt)
        let boundaries = (0..<count).lazy.map { schedule.period($0)?.start }.prefix { $0 != nil }.compactMap { $0 }
        try context.output.show(boundaries.map(BoundaryRow.init)) { Self.table(Array(boundaries)) }
        return .done
    }

    private static func table(_ boundaries: [Boundary]) -> Table {
        Table(
            [.right("INDEX"), .left("LOCAL"), .left("UTC"), .left("RULES")],
            rows: boundaries.map(BoundaryRow.init).map { row in
                [String(row.index), row.local, row.utc, row.rules.joined(separator: ", ")]
            })
    }
}

/// One boundary as scripts read it.
struct BoundaryRow: Encodable {
    let index: Int
    let local: String
    let utc: String
    let rules: [String]

    init(_ boundary: Boundary) {
        index = boundary.index
        local = boundary.local.description
        utc = boundary.instant.rfc3339Seconds
        rules = boundary.rules.map(\.rawValue)
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
