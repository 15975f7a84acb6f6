import DunlinCalendar
import Testing

@Suite struct CronTableTests {
    @Test func aLineSaysWhatWhenAndHow() throws {
        let table = CronTable(
            """
            # What runs when.

            settle      */5 * * * *    UTC            settle-attempts
              month.end 30 2 1 jan-jun 1-5   Europe/Berlin\tmonth-files catchup=40d dst_gap=skip dst_overlap=both kinds=a=b
            """)
        #expect(table.problems.isEmpty)
        #expect(table.lines.map(\.id) == ["settle", "month.end"])
        let (settle, files) = (table.lines[0], table.lines[1])
        #expect(settle.expression.text == "*/5 * * * *")
        #expect(settle.line == 3)
        #expect(settle.kind == "settle-attempts")
        #expect([settle.catchupSeconds, files.catchupSeconds] == [0, 40 * 86_400])
        #expect(files.zone.identifier == "Europe/Berlin")
        #expect(files.gap == .skip)
        #expect(files.overlap == .both)
        #expect(files.arguments == ["kinds": "a=b"])
    }

    @Test func withoutOptionsALineFiresAsBillingPeriodsDoUnlessItFiresEveryHour() throws {
        let table = CronTable("a 0 2 * * * UTC x\nb 0 */2 * * * UTC x\nc 0 * * * * UTC x\nd 0 0-23 * * * UTC x")
        #expect(table.lines.map(\.gap) == [.shift, .shift, .shift, .shift])
        #expect(table.lines.map(\.overlap) == [.first, .first, .both, .both])
    }

    @Test(arguments: [("0", 0), ("0s", 0), ("90s", 90), ("15m", 900), ("6h", 21_600), ("366d", 366 * 86_400)])
    func theCatchUpWindowIsALengthOfTime(text: String, seconds: Int64) {
        #expect(CronTable("a 0 2 * * * UTC x catchup=\(text)").lines.first?.catchupSeconds == seconds)
    }

    /// line, code, field
    @Test(arguments: [
        ("a 0 2 * * * UTC", CalendarError.Code.missingCronField, nil),
        ("a 0 2 * * UTC x", .missingCronField, nil),
        ("A! 0 2 * * * UTC x", .badIdentifier, "id"),
        ("a 0 25 * * * UTC x", .badCronField, "hour"),
        ("a 0 2 * * * Europe/Atlantis x", .unknownZone, "time zone"),
        ("a 0 2 * * * CST x", .unknownZone, "time zone"),
        ("a 0 2 * * * UTC y", .unknownKind, "kind"),
        ("a 0 2 * * * UTC x catchup=6", .badOption, "catchup"),
        ("a 0 2 * * * UTC x catchup=-6h", .badOption, "catchup"),
        ("a 0 2 * * * UTC x catchup=367d", .badOption, "catchup"),
        ("a 0 2 * * * UTC x catchup=99999999999999999999d", .badOption, "catchup"),
        ("a 0 2 * * * UTC x catchup=6hours", .badOption, "catchup"),
        ("a 0 2 * * * UTC x dst_gap=both", .badOption, "dst_gap"),
        ("a 0 2 * * * UTC x dst_overlap=skip", .badOption, "dst_overlap"),
        ("a 0 2 * * * UTC x dst_gap=skip dst_gap=shift", .badOption, "dst_gap"),
        ("a 0 2 * * * UTC x days=14", .badOption, "\"days\""),
        ("a 0 2 * * * UTC x # nightly", .badOption, nil),
        ("a 0 2 * * * UTC x =1", .badOption, nil),
    ])
    func aBadLineIsNamedAndLeftOut(line: String, code: CalendarError.Code, field: String?) {
        let table = CronTable("ok 0 2 * * * UTC x size=1\n\n\(line)", knownKinds: ["x": ["size"]])
        #expect(table.lines.map(\.id) == ["ok"])
        #expect(table.problems.first?.code == code)
        #expect(table.problems.first?.field == field)
        #expect(table.problems.first?.line == 3)
    }

    @Test func everyProblemOfEveryLineIsReported() {
        let table = CronTable(
            """
            a 61 24 * * * Nowhere x catchup=soon
            b 0 2 * * * UTC x
            a 0 2 * * * UTC x
            b 0 3 * * * UTC x
            """, knownKinds: ["x": []])
        #expect(table.lines.map(\.id) == ["b"])
        #expect(
            table.problems.map { "\($0.line ?? 0) \($0.code.rawValue)" } == [
                "1 bad_cron_field", "1 bad_cron_field", "1 unknown_zone", "1 bad_option", "3 repeated_id",
                "4 repeated_id",
            ])
        #expect(table.problems.last?.description == "line 4: id: \"b\" is already on line 2")
    }

    @Test func lineEndsOfWindowsAndAByteOrderMarkDoNotMatter() {
        let table = CronTable("\u{FEFF}a 0 2 * * * UTC x\r\n# note\r\nb 0 3 * * * UTC x\r\n")
        #expect(table.lines.map(\.id) == ["a", "b"])
        #expect(table.lines.last?.line == 3)
        #expect(table.problems.isEmpty)
        #expect(CronTable("").lines.isEmpty)
    }
}
