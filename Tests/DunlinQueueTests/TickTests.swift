import DunlinCalendar
import DunlinDatabase
import DunlinQueue
import Testing

@Suite struct TickTests {
    @Test func oneMomentFiresOnceHoweverOftenItIsLookedAt() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        let job = fixture.job("reconcile", priority: .reconcile)
        let (first, second, skipped) = try await fixture.database.write { tx in
            (
                try Ticks.fire("nightly", at: start, job, now: start, tx),
                try Ticks.fire("nightly", at: start, job, now: start.adding(seconds: 1), tx),
                try Ticks.skip("nightly", at: start, now: start, tx)
            )
        }
        #expect(first == .added(1))
        #expect(second == nil)
        #expect(!skipped)
        #expect(try await fixture.claim(after: 10).count == 1)
    }

    @Test func aScheduleKnowsSinceWhenItIsKnownAndItsLastMoment() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        try await fixture.database.write { tx in
            #expect(try Ticks.firstSeen("nightly", now: start, tx) == start)
            #expect(try Ticks.firstSeen("nightly", now: start.adding(days: 1), tx) == start)
            #expect(try Ticks.last("nightly", tx) == nil)
            try Ticks.skip("nightly", at: start.adding(hours: 1), now: start, tx)
            try Ticks.skip("nightly", at: start.adding(hours: 3), now: start, tx)
            #expect(try Ticks.last("nightly", tx) == start.adding(hours: 3))
            #expect(try Ticks.last("hourly", tx) == nil)
        }
    }

    /// Each full hour after `instant`.
    private static func nextHour(_ instant: Instant) -> Instant? {
        Instant(milliseconds: (instant.milliseconds / 3_600_000 + 1) * 3_600_000)
    }

    private func fireMissed(
        _ fixture: QueueFixture, hours: Int64, _ catchUp: Ticks.CatchUp
    ) async throws -> Ticks.Fired {
        let start = fixture.start
        return try await fixture.database.write { tx in
            try Ticks.fireMissed(
                "hourly", catchUp: catchUp, now: start.adding(hours: hours), next: Self.nextHour,
                job: { NewJob(kind: "reconcile", priority: .reconcile, runAt: $0) }, tx)
        }
    }

    @Test func afterDowntimeTheNewestMissedMomentFiresAndOlderOnesAsTheScheduleSays() async throws {
        for (catchUp, hours) in [
            (Ticks.CatchUp.newestOnly, [Int64(5)]), (.all(max: 3), [3, 4, 5]), (.all(max: 99), [1, 2, 3, 4, 5]),
        ] {
            let fixture = try QueueFixture()
            #expect(try await fireMissed(fixture, hours: 0, catchUp) == Ticks.Fired(moments: [], skippedCount: 0))
            let fired = try await fireMissed(fixture, hours: 5, catchUp)
            #expect(fired.moments == hours.map { fixture.start.adding(hours: $0) })
            #expect(fired.skippedCount == 5 - hours.count)
            #expect(try await fireMissed(fixture, hours: 5, catchUp) == Ticks.Fired(moments: [], skippedCount: 0))
            #expect(try await fixture.claim(after: 999_999, queue: "default").count == hours.count)
        }
    }

    @Test func aScheduleFiresNothingFromBeforeItWasKnown() async throws {
        let fixture = try QueueFixture()
        let fired = try await fireMissed(fixture, hours: 100, .all(max: 99))
        #expect(fired.moments.isEmpty)
        #expect(try await fireMissed(fixture, hours: 101, .newestOnly).moments == [fixture.start.adding(hours: 101)])
    }

    @Test func aClockThatWentBackFiresNoMomentAgain() async throws {
        let fixture = try QueueFixture()
        _ = try await fireMissed(fixture, hours: 0, .newestOnly)
        #expect(try await fireMissed(fixture, hours: 3, .newestOnly).moments.count == 1)
        #expect(try await fireMissed(fixture, hours: 2, .newestOnly).moments.isEmpty)
        #expect(try await fireMissed(fixture, hours: 4, .newestOnly).moments == [fixture.start.adding(hours: 4)])
    }

    @Test func pruningKeepsTheLastMomentOfEachSchedule() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        let pruned = try await fixture.database.write { tx in
            for hour in Int64(0)..<4 { try Ticks.skip("hourly", at: start.adding(hours: hour), now: start, tx) }
            try Ticks.skip("nightly", at: start, now: start, tx)
            return [
                try Ticks.prune(before: start.adding(days: 9), limit: 2, tx),
                try Ticks.prune(before: start.adding(days: 9), limit: 2, tx),
            ]
        }
        #expect(pruned == [2, 1])
        let last = try await fixture.database.read { tx in
            [try Ticks.last("hourly", tx), try Ticks.last("nightly", tx)]
        }
        #expect(last == [start.adding(hours: 3), start])
    }
}
