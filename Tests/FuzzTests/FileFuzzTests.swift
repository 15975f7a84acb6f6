import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinDefaults
import DunlinImport
import DunlinJobs
import DunlinLedger
import DunlinTesting
import Foundation
import Testing

@testable import dunlin

/// What people write: rows, schedules, settings, policies, plans.
@Suite struct FileFuzzTests {
    /// A problem is one line of bounded length, and shows no card number.
    private static func expectFit(_ problems: [String]) {
        for problem in problems
        where problem.utf8.count > 2_000 || Redaction.holdsCardNumber(problem)
            || problem.contains("sk_test_0123456789abcdef")
        {
            Issue.record("not fit to be shown: \(problem.prefix(300))")
        }
    }

    /// As a person sees it.
    private static func shown(_ error: any Error) -> [String] {
        FailureReport(error).text.split(separator: "\n").map(String.init)
    }

    // MARK: - Rows

    @Test func noDamagedCSVTrapsTheImport() async throws {
        try await Self.importing("csv", rounds: 600)
    }

    @Test func noDamagedJSONLinesTrapTheImport() async throws {
        try await Self.importing("json-lines", rounds: 600)
    }

    private static func importing(_ name: String, rounds: Int) async throws {
        let folder = try TemporaryFolder()
        let database = try TemporaryDatabase.inMemory(Ledger.migrations)
        let row = GatewayCurrencies.Row(digits: 2, minimum: 50)
        let euro = try #require(Currency("EUR"))
        let importer = Importer(
            database: database, gateways: ["stripe": GatewayCurrencies([euro: row])], limits: ImportLimits(),
            temporaryFolder: folder.path)
        let now = Instant(seconds: 1_773_144_000)
        var count = 0
        try await Fuzzing(name: name, rounds: rounds).run { bytes in
            count += 1
            let table = ImportTable.allCases[count % ImportTable.allCases.count]
            let stream = OneTime(bytes)
            do {
                let source = ImportSource.stream(table: table) { _ in stream.take() }
                let result = try await importer.plan([source], now: now)
                expectFit(result.problems.lines)
            } catch let error as ImportError {
                expectFit(shown(error))
            }
        }
        #expect(try await database.read { tx in try tx.integrityFindings() } == [])
    }

    // MARK: - Schedules, settings, policies

    @Test func noDamagedScheduleTraps() async throws {
        let now = Instant(seconds: 1_773_144_000)
        try await Fuzzing(name: "crontab", rounds: 3_000, alsoFrom: [Defaults.schedule]).run { bytes in
            let file = ScheduleFile(("schedule.crontab", String(decoding: bytes, as: UTF8.self)))
            Self.expectFit(file.problems)
            for line in file.lines {
                let ticks = line.ticks(after: now, through: now.adding(days: 400), limit: 20)
                #expect(zip(ticks, ticks.dropFirst()).allSatisfy { $0.instant <= $1.instant })
            }
        }
    }

    @Test func noDamagedSettingsTrap() async throws {
        try await Fuzzing(name: "settings", rounds: 600, alsoFrom: [Defaults.settings]).run { bytes in
            let sources = SettingsSources(
                environment: ["DUNLIN_STRIPE_SECRET_KEY": "sk_test_0123456789abcdef"],
                file: ("dunlin.yaml", String(decoding: bytes, as: UTF8.self)), defaults: Defaults.settings,
                readFile: { _ in nil })
            do throws(SettingsError) { _ = try Settings.load(sources) } catch {
                Self.expectFit(Self.shown(error))
            }
        }
    }

    @Test func noDamagedPolicyTraps() async throws {
        try await Fuzzing(name: "dunning", rounds: 1_500, alsoFrom: [Defaults.dunning]).run { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            do { _ = try DunningFile.read(text, path: "dunning.yaml") } catch let error as SettingsError {
                Self.expectFit(Self.shown(error))
            }
        }
        try await Fuzzing(name: "declines", rounds: 300, alsoFrom: [Defaults.declines]).run { bytes in
            do { _ = try DeclineTable(parsing: String(decoding: bytes, as: UTF8.self)) } catch {
                Self.expectFit(Self.shown(error))
            }
        }
    }

    // MARK: - Plans

    /// A plan is believed only as it was written: every other byte is refused in words.
    @Test func noDamagedPlanIsBelieved() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("q.plan")
        let written = try Self.plan(in: folder.path)
        try await Fuzzing(name: "plan", rounds: 1_500, alsoFrom: [written]).run { bytes in
            try Data(bytes).write(to: URL(filePath: path))
            do {
                let file = try PlanFile(path: path)
                #expect(bytes == Array(written.utf8), "a plan that was changed is believed")
                #expect(Array(try file.lines()).count == file.header.lines + file.header.skipped)
            } catch let failure as CommandFailure {
                Self.expectFit(Self.shown(failure))
            }
        }
    }
}

extension FileFuzzTests {
    /// A good plan of three lines, as a file has it.
    fileprivate static func plan(in folder: String) throws -> String {
        let writer = try PlanFileWriter(folder: folder)
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
        let path = folder + "/good.plan"
        try writer.save(header, as: path)
        return try String(contentsOfFile: path, encoding: .utf8)
    }
}

/// A stream that gives its bytes once.
private final class OneTime: @unchecked Sendable {
    private var bytes: [UInt8]?
    private let lock = NSLock()

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func take() -> [UInt8] {
        lock.withLock {
            defer { bytes = nil }
            return bytes ?? []
        }
    }
}
