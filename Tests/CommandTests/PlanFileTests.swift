import DunlinCalendar
import DunlinCore
import DunlinTesting
import Foundation
import Testing

@testable import dunlin

/// A plan is believed only as it was written.
struct PlanFileTests {
    private let folder: TemporaryFolder
    private var path: String { folder.file("q.plan") }

    init() throws { folder = try TemporaryFolder() }

    private func write() throws {
        let writer = try PlanFileWriter(folder: folder.path)
        let euro = try #require(Currency("EUR"))
        var totals = PlanTotals()
        for day in 1...3 {
            let entry = BackfillEntry(
                action: day == 3 ? .skip : .charge, subscriptionID: "s\(day)", customerID: "c", plan: "pro",
                gateway: "stripe", periodStart: try #require(LocalDate("2026-07-0\(day)")),
                periodEnd: try #require(LocalDate("2026-08-0\(day)")), periods: 1,
                amount: day == 3 ? nil : Money(minorUnits: 1200, currency: euro), reason: day == 3 ? "paused" : nil)
            try totals.add(entry)
            try writer.add(entry)
        }
        let header = try PlanHeader(
            database: "d1", mode: "test", from: try #require(LocalDate("2026-07-01")),
            to: try #require(LocalDate("2026-07-31")), policy: .all, reason: nil, createdAt: "2026-11-21T00:00:00Z",
            gateways: totals.gateways.sorted(), lines: totals.lines, skipped: totals.skipped, totals: totals.totals,
            linesSha256: try writer.endLines()
        ).sealed()
        try writer.save(header, as: path)
    }

    private var text: String {
        get throws { try String(contentsOfFile: path, encoding: .utf8) }
    }

    @Test func aPlanIsReadBackAsItWasWrittenAndOnlyItsOwnerCanReadIt() throws {
        try write()
        let file = try PlanFile(path: path)
        #expect(file.header.totals == [.init(currency: "EUR", count: 2, totalMinor: 2400, total: "24.00")])
        #expect(file.header.skipped == 1)
        #expect(try file.lines().map(\.subscriptionID) == ["s1", "s2", "s3"])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["q.plan"])
    }

    @Test(arguments: [
        ("\"amount_minor\":1200", "\"amount_minor\":1100"), ("\"policy\":\"all\"", "\"policy\":\"latest\""),
        ("\"database\":\"d1\"", "\"database\":\"d2\""), ("\"lines\":2", "\"lines\":1"),
        ("\"subscription_id\":\"s2\"", "\"subscription_id\":\"s9\""), ("\"dunlin_plan\":1", "\"dunlin_plan\":1 "),
    ])
    func aPlanThatWasChangedIsRefused(old: String, new: String) throws {
        try write()
        let changed = try text.replacingOccurrences(of: old, with: new)
        #expect(try changed != text)
        try Data(changed.utf8).write(to: URL(filePath: path))
        #expect(throws: CommandFailure.self) { try PlanFile(path: path) }
    }

    @Test(arguments: [1, 40, 300])
    func aPlanThatWasCutIsRefused(bytes: Int) throws {
        try write()
        try Data(try text.utf8.dropLast(bytes)).write(to: URL(filePath: path))
        #expect(throws: CommandFailure.self) { try PlanFile(path: path) }
    }

    @Test func aPlanNeverTakesThePlaceOfAFile() throws {
        try Data("mine".utf8).write(to: URL(filePath: path))
        #expect(throws: CommandFailure.self) { try write() }
        #expect(try text == "mine")
    }

    @Test(arguments: [("60/min", 1000), ("7/min", 8572), ("2/s", 500), ("500/hour", 7200)])
    func aRateIsNeverFasterThanWasAskedFor(text: String, milliseconds: Int64) {
        #expect(ChargeRate(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: ["", "60", "0/min", "-1/min", "1/fortnight", "1/min/min"])
    func whatIsNoRateIsRefused(text: String) { #expect(ChargeRate(text) == nil) }

    @Test(arguments: ["EUR", "EUR=", "EUR=1.234", "XYZ=1.00", "EUR=-1.00", "=1"])
    func whatIsNoTotalIsRefused(text: String) { #expect(MaxTotal(text) == nil) }
}
