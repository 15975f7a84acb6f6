import DunlinCalendar
import Testing

/// A line in a zone, written in texts.
func cronLine(_ expression: String, zone: String = "UTC", gap: GapPolicy = .shift, overlap: OverlapPolicy? = nil)
    throws -> CronLine
{
    try CronLine(
        id: "line", expression: CronExpression(expression), zone: #require(Zone(zone)), kind: "settle", gap: gap,
        overlap: overlap)
}

func instant(_ text: String) throws -> Instant { try #require(Instant(rfc3339: text)) }

@Suite struct CronExpressionTests {
    /// The first ticks after the start of 2024, a Monday, in UTC.
    func ticks(_ expression: String, _ count: Int) throws -> [String] {
        try cronLine(expression)
            .ticks(after: instant("2023-12-31T23:59:59Z"), through: instant("2040-01-01T00:00:00Z"), limit: count)
            .map { String($0.nominal.description.prefix(16)) }
    }

    @Test(arguments: [
        ("* * * * *", ["2024-01-01T00:00", "2024-01-01T00:01", "2024-01-01T00:02"]),
        ("*/20 * * * *", ["2024-01-01T00:00", "2024-01-01T00:20", "2024-01-01T00:40", "2024-01-01T01:00"]),
        ("5,50-52 9 * * *", ["2024-01-01T09:05", "2024-01-01T09:50", "2024-01-01T09:51", "2024-01-01T09:52"]),
        ("0 8-18/5 * * *", ["2024-01-01T08:00", "2024-01-01T13:00", "2024-01-01T18:00", "2024-01-02T08:00"]),
        ("30 2 1 * *", ["2024-01-01T02:30", "2024-02-01T02:30", "2024-03-01T02:30"]),
        ("0 0 31 * *", ["2024-01-31T00:00", "2024-03-31T00:00", "2024-05-31T00:00"]),
        ("0 0 29 2 *", ["2024-02-29T00:00", "2028-02-29T00:00", "2032-02-29T00:00"]),
        ("0 0 1 FEB,apr *", ["2024-02-01T00:00", "2024-04-01T00:00", "2025-02-01T00:00"]),
        ("0 0 1 oct-Dec *", ["2024-10-01T00:00", "2024-11-01T00:00", "2024-12-01T00:00"]),
        ("0 0 * * 0", ["2024-01-07T00:00", "2024-01-14T00:00"]),
        ("0 0 * * 7", ["2024-01-07T00:00", "2024-01-14T00:00"]),
        ("0 0 * * sun", ["2024-01-07T00:00", "2024-01-14T00:00"]),
        ("0 0 * * 5-7", ["2024-01-05T00:00", "2024-01-06T00:00", "2024-01-07T00:00", "2024-01-12T00:00"]),
        ("0 0 * * fri-sun", ["2024-01-05T00:00", "2024-01-06T00:00", "2024-01-07T00:00", "2024-01-12T00:00"]),
        ("0 0 * * mon,wed", ["2024-01-01T00:00", "2024-01-03T00:00", "2024-01-08T00:00"]),
        // Every second day of the week does not come to Saturday and Sunday.
        ("0 0 * * */2", ["2024-01-02T00:00", "2024-01-04T00:00", "2024-01-06T00:00", "2024-01-07T00:00"]),
        ("0 0 * * 0-7", ["2024-01-01T00:00", "2024-01-02T00:00", "2024-01-03T00:00"]),
        // Either field of days, where both say something.
        ("0 0 13 * 5", ["2024-01-05T00:00", "2024-01-12T00:00", "2024-01-13T00:00", "2024-01-19T00:00"]),
        // Both of them, where one starts with a star.
        ("0 0 */2 * 1", ["2024-01-01T00:00", "2024-01-15T00:00", "2024-01-29T00:00", "2024-02-05T00:00"]),
        ("0  0\t1 1 *", ["2024-01-01T00:00", "2025-01-01T00:00"]),
    ])
    func anExpressionNamesTheseMoments(expression: String, expected: [String]) throws {
        #expect(try ticks(expression, expected.count) == expected)
    }

    @Test(arguments: [
        ("60 * * * *", "minute"), ("-1 * * * *", "minute"), ("*/0 * * * *", "minute"), ("*/60 * * * *", "minute"),
        ("5/10 * * * *", "minute"), ("1,,2 * * * *", "minute"), ("1, * * * *", "minute"), ("a * * * *", "minute"),
        ("** * * * *", "minute"), ("*-5 * * * *", "minute"), ("1-2-3 * * * *", "minute"), ("1/2/3 * * * *", "minute"),
        ("001 * * * *", "minute"), ("? * * * *", "minute"), ("* 24 * * *", "hour"), ("* 5-1 * * *", "hour"),
        ("* * 0 * *", "day of month"), ("* * 32 * *", "day of month"), ("* * L * *", "day of month"),
        ("* * * 0 *", "month"), ("* * * 13 *", "month"), ("* * * january *", "month"), ("* * * mon *", "month"),
        ("* * * * 8", "day of week"), ("* * * * 6-0", "day of week"), ("* * * * sat-mon", "day of week"),
        ("* * * * jan", "day of week"), ("* * * * 1#2", "day of week"), ("* * * * １", "day of week"),
    ])
    func aBadFieldIsNamedWithWhatIsAllowed(expression: String, field: String) {
        let error = #expect(throws: CalendarError.self) { try CronExpression(expression) }
        #expect(error?.code == .badCronField)
        #expect(error?.field == field)
        #expect(error?.text.contains("give ") == true)
    }

    @Test(arguments: ["", "* * * *", "* * * * * *", "@daily"])
    func anExpressionHasFiveFields(expression: String) {
        let error = #expect(throws: CalendarError.self) { try CronExpression(expression) }
        #expect(error?.code == .missingCronField)
    }

    @Test func aMessageDoesNotRepeatAMegabyte() {
        let error = #expect(throws: CalendarError.self) {
            try CronExpression("\(String(repeating: "9", count: 1_000_000)) * * * *")
        }
        #expect(error.map { $0.text.utf8.count < 300 } == true)
        #expect(
            throws: CalendarError(
                code: .badCronField, field: "month",
                text: "\"13\" is not allowed; give 1 to 12 or jan to dec, *, a range such as 1-4, a step such as */2, "
                    + "or a list of these")
        ) { try CronExpression("0 0 1 13 *") }
    }

    @Test(arguments: ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "* * 30 feb *"])
    func whatNeverFiresHasNoTicksHoweverLongTheTime(expression: String) throws {
        let line = try cronLine(expression, zone: "Europe/Berlin")
        let (first, last) = (Instant(milliseconds: .min), Instant(milliseconds: .max))
        #expect(line.ticks(after: first, through: last, limit: 5).isEmpty)
        #expect(line.newestTick(after: first, through: try instant("2026-01-01T00:00:00Z")) == nil)
    }
}
