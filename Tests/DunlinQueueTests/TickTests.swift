import DunlinCalendar
import DunlinDatabase
import DunlinQueue
import Testing

@Suite struct TickTests {
    private func line(_ text: String) throws -> CronLine { try #require(CronTable(text).lines.first) }

    /// Looks at the line so many hours after the start; answers the nominal times that fired, and how many were missed.
    @discardableResult
    private func fire(
        _ fixture: QueueFixture, _ text: String, hours: Int64, limit: Int = 1000
    ) async throws -> (fired: [String], missed: Int, isMore: Bool) {
        let line = try line(text)
        let now = fixture.start.adding(hours: hours)
        let fired = try await fixture.database.write { tx in
            try Ticks.fireDue(
                line, now: now, limit: limit,
                job: { NewJob(kind: line.kind, uniqueKey: "k/\($0.key)", priority: .reconcile, runAt: now) }, tx)
        }
        return (fired.ticks.map { String($0.key.suffix(8)) }, fired.missedCount, fired.isMore)
    }

    /// `start` is 2026-01-01T00:00:00Z or another midnight.
    private let hourly = "hourly 0 * * * * UTC x"

    @Test func atItsFirstSightALineFiresNothingAndThenEachMomentOnce() async throws {
        let fixture = try QueueFixture()
        #expect(try await fire(fixture, hourly, hours: 100).fired == [])
        #expect(try await fire(fixture, hourly, hours: 101).fired.count == 1)
        #expect(try await fire(fixture, hourly, hours: 101).fired == [])
        #expect(try await fixture.claim(after: 999_999, queue: "default").count == 1)
    }

    @Test(arguments: [("", 1), (" catchup=3h", 3), (" catchup=4d", 5)])
    func afterDowntimeTheNewestMissedMomentFiresAndOlderOnesInsideTheWindow(option: String, count: Int) async throws {
        let fixture = try QueueFixture()
        let text = hourly + option
        try await fire(fixture, text, hours: 0)
        let found = try await fire(fixture, text, hours: 5)
        #expect(found.fired.count == count && found.missed == 5 - count)
        #expect(found.fired == found.fired.sorted())
        #expect(try await fire(fixture, text, hours: 5).missed == 0)
        let record = try #require(try await fixture.database.read { tx in try Ticks.lines(tx) }.first)
        #expect(record.line == "hourly" && record.missedCount == 5 - count)
        #expect(record.lastTickAt == fixture.start.adding(hours: 5))
        #expect(record.missedAt == (count == 5 ? nil : fixture.start.adding(hours: 5)))
    }

    @Test func manyMissedMomentsAreFiredInPiecesAndNoneIsCountedAsMissed() async throws {
        let fixture = try QueueFixture()
        let text = hourly + " catchup=40d"
        try await fire(fixture, text, hours: 0)
        var all: [String] = []
        var looks = 0
        while looks < 10 {
            let found = try await fire(fixture, text, hours: 24, limit: 10)
            #expect(found.missed == 0)
            all += found.fired
            looks += 1
            if !found.isMore { break }
        }
        #expect(all.count == 24 && Set(all).count == 24 && looks == 3)
    }

    @Test func theSameNominalMomentDoesNotFireAgainWhenTheZoneDataMoveIt() async throws {
        let fixture = try QueueFixture()
        try await fire(fixture, "daily 0 12 * * * UTC x", hours: 0)
        #expect(try await fire(fixture, "daily 0 12 * * * UTC x", hours: 13).fired == ["12:00:00"])
        // Another zone stands for other data of the same one: noon is later there.
        #expect(try await fire(fixture, "daily 0 12 * * * Atlantic/Azores x", hours: 14).fired == [])
        #expect(try await fixture.claim(after: 999_999, queue: "default").count == 1)
    }

    @Test func aClockThatWentBackFiresNoMomentAgain() async throws {
        let fixture = try QueueFixture()
        try await fire(fixture, hourly, hours: 0)
        #expect(try await fire(fixture, hourly, hours: 3).fired.count == 1)
        #expect(try await fire(fixture, hourly, hours: 2).fired.isEmpty)
        #expect(try await fire(fixture, hourly, hours: 4).fired.count == 1)
    }

    @Test func aClockThatWasFarAheadHoldsNothingUp() async throws {
        let fixture = try QueueFixture()
        try await fire(fixture, hourly, hours: 0)
        try await fire(fixture, hourly, hours: 9000)
        let found = try await fire(fixture, hourly, hours: 2)
        #expect(found.fired.count == 1)
        #expect(try await fire(fixture, hourly, hours: 9000).fired == [])
    }

    @Test func pruningKeepsTheLastMomentOfEachLine() async throws {
        let fixture = try QueueFixture()
        let (hourly, nightly) = (hourly + " catchup=9d", "nightly 0 1 * * * UTC x")
        for text in [hourly, nightly] {
            try await fire(fixture, text, hours: 0)
            try await fire(fixture, text, hours: 4)
        }
        let before = fixture.start.adding(days: 9)
        let pruned = try await fixture.database.write { tx in
            [try Ticks.prune(before: before, limit: 2, tx), try Ticks.prune(before: before, limit: 2, tx)]
        }
        #expect(pruned == [2, 1])
        #expect(try await fire(fixture, hourly, hours: 4).fired == [])
        #expect(try await fire(fixture, nightly, hours: 4).fired == [])
    }
}
