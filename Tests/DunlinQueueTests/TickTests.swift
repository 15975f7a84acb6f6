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
