import DunlinCalendar
import DunlinDatabase
import DunlinQueue
import Testing

@Suite struct RescueTests {
    @Test func aJobIsRescuedWhenItsLeaseRunsOutAndNotBefore() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        try await fixture.enqueue(fixture.job())
        _ = try await fixture.claim()
        for (seconds, count) in [(Int64(59), 0), (60, 1), (61, 0)] {
            let rescued = try await fixture.database.write { tx in
                try JobQueue.rescue(now: start.adding(seconds: seconds), holderIsDead: { _ in false }, tx)
            }
            #expect(rescued.count == count)
        }
        #expect(try await fixture.claim(after: 61).first?.runCount == 2)
    }

    @Test func theJobsOfADeadProcessAreRescuedAtOnceAndThoseOfALivingOneAreNot() async throws {
        let fixture = try QueueFixture()
        let (start, other) = (fixture.start, fixture.other)
        for _ in 0..<2 { try await fixture.enqueue(fixture.job()) }
        let mine = try #require(try await fixture.claim(limit: 1).first)
        let theirs = try #require(try await fixture.claim(limit: 1, holder: other).first)
        let rescued = try await fixture.database.write { tx in
            try JobQueue.rescue(now: start, holderIsDead: { $0 == other }, tx)
        }
        #expect(rescued.count == 1)
        #expect(try await fixture.show(mine.id)?.state == .running)
        #expect(try await fixture.show(theirs.id)?.state == .ready)
    }

    @Test func aJobThatKillsItsWorkerIsDeadWhenItsRunsAreUsedUp() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        let id = try await fixture.enqueue(fixture.job(runsMax: 2)).jobID
        var died = 0
        for _ in 0..<2 {
            _ = try await fixture.claim()
            let rescued = try await fixture.database.write { tx in
                try JobQueue.rescue(now: start, holderIsDead: { _ in true }, tx)
            }
            died += rescued.died
        }
        #expect(died == 1)
        let record = try #require(try await fixture.show(id))
        #expect(record.state == .dead)
        #expect(record.lastError?.contains("process ended") == true)
    }

    /// A job that waits for weeks is claimed again and again, and is there whenever a process ends.
    @Test func runsThatWereCutOffDoNotAddUpOverRunsThatCameToAnEnd() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        let id = try await fixture.enqueue(fixture.job(runsMax: 2)).jobID
        for _ in 0..<3 {
            _ = try await fixture.claim()
            try await fixture.database.write { tx in
                _ = try JobQueue.rescue(now: start, holderIsDead: { _ in true }, tx)
            }
            let job = try #require(try await fixture.claim().first)
            try await fixture.database.write { tx in try JobQueue.snooze(job.lease, at: start, tx) }
        }
        let record = try #require(try await fixture.show(id))
        #expect(record.state == .ready && record.runCount == 0 && record.lastError == nil)
    }

    @Test func theLeasesOfOthersAreCountedWithTheirEnds() async throws {
        let fixture = try QueueFixture()
        let (start, me, other) = (fixture.start, fixture.me, fixture.other)
        for _ in 0..<3 { try await fixture.enqueue(fixture.job()) }
        _ = try await fixture.claim(limit: 1)
        _ = try await fixture.claim(limit: 1, after: 5, holder: other)
        _ = try await fixture.claim(limit: 1, after: 9, holder: other)
        let now = try await fixture.database.read { try JobQueue.leasesOfOthers(than: me, now: start, $0) }
        #expect(now.count == 2)
        #expect(now.firstEnd == start.adding(seconds: 65))
        #expect(now.lastEnd == start.adding(seconds: 69))
        let later = try await fixture.database.read { tx in
            try JobQueue.leasesOfOthers(than: me, now: start.adding(seconds: 69), tx)
        }
        #expect(later.count == 0)
        #expect(later.lastEnd == nil)
    }
}
