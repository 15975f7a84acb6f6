import DunlinCalendar
import DunlinImport
import DunlinTesting
import Foundation
import Testing

@Suite struct GarbageTests {
    @Test(arguments: [
        "\0\u{1}\u{2}garbage", "x", "\"", "\"\n", "a,b\n", ",,,,,,,\"\n", " ", "{}\n", "{\"id\":",
        "{\"a\":1,\"b\":2}\n", "[",
    ])
    func garbageIsRefusedAfterABoundedNumberOfProblems(pattern: String) async throws {
        let fixture = try ImportFixture()
        let header = pattern.hasPrefix("{") ? "" : ImportFixture.csv(.customers, [])
        let garbage = String(repeating: pattern, count: 2_000_000 / pattern.utf8.count)
        let result = try await fixture.apply([.customers: header + garbage])
        #expect(!result.isApplied)
        #expect(!result.problems.isEmpty)
        #expect(result.problems.count <= fixture.limits.problemsMax + 10)
        #expect(result.problems.lines.count <= fixture.limits.listedMax + 1)
        #expect(result.problems.lines.allSatisfy { $0.utf8.count < 1000 })
    }

    @Test func aHundredMegabytesOfGarbageAreRefusedInBoundedMemory() async throws {
        let fixture = try ImportFixture()
        let lines = String(repeating: "c-1,stripe,cus_1,,,,\n", count: 1_000)
        for name in ["customers.csv", "subscriptions.csv"] {
            // A sparse file: a few rows, then zeros.
            let path = try fixture.save(name, ImportFixture.csv(.customers, []) + lines)
            try #require(truncate(path, 100_000_000) == 0)
            let before = try residentBytes()
            let result = try await fixture.importer.apply([.file(path)], now: fixture.now)
            #expect(!result.isApplied)
            #expect(!result.problems.isEmpty)
            #expect(try residentBytes() - before < 60_000_000)
        }
    }

    @Test func problemsBeyondTheListAreCounted() async throws {
        var limits = ImportLimits()
        limits.listedMax = 3
        limits.problemsMax = 10
        let fixture = try ImportFixture(limits: limits)
        let rows = (1...8).map { ["id": "c-\($0)", "gateway": "none"] }
        let some = try await fixture.apply([.customers: ImportFixture.csv(.customers, rows)])
        #expect(some.problems.lines.count == 4)
        #expect(some.problems.lines.last == "and 5 more")
        let many = try await fixture.apply([.customers: ImportFixture.csv(.customers, rows + rows)])
        #expect(many.problems.lines.last == "and 7 more; reading stopped there, so there may be others")
    }

    private func residentBytes() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return (Int(fields[1]) ?? 0) * 4096
    }
}
