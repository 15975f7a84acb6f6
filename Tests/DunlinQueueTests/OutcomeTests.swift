import DunlinCalendar
import DunlinDatabase
import DunlinQueue
import Testing

@Suite struct OutcomeTests {
    private func claimed(_ fixture: QueueFixture, _ new: NewJob) async throws -> Job {
        try await fixture.enqueue(new)
        return try #require(try await fixture.claim().first)
    }

    @Test func aWorkerThatLostItsLeaseCanDoNothingMoreToTheJob() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        let lost = try await claimed(fixture, fixture.job()).lease
        try await fixture.database.write { tx in
            try JobQueue.rescue(now: start.adding(seconds: 61), holderIsDead: { _ in false }, tx)
        }
        let successor = try #require(try await fixture.claim(after: 61, holder: fixture.other).first)
        #expect(successor.lease.token != lost.token)
        let endings: [@Sendable (Transaction) throws -> Void] = [
            { try JobQueue.finish(lost, now: start, $0) },
            { try JobQueue.retry(lost, at: start, error: "late", now: start, $0) },
            { try JobQueue.snooze(lost, at: start, $0) },
            { try JobQueue.giveBack(lost, $0) },
            { try JobQueue.die(lost, error: "late", now: start, $0) },
            { _ = try JobQueue.renew(lost, leaseSeconds: 9, now: start, $0) },
        ]
        for ending in endings { #expect(try await fixture.refusal(ending) == .leaseLost) }
        #expect(try await fixture.database.read { try JobQueue.holds(lost, $0) } == false)
        #expect(try await fixture.database.read { try JobQueue.holds(successor.lease, $0) })
        #expect(try await fixture.show(successor.id)?.state == .running)
    }

    @Test func aFinishedJobCannotBeFinishedAgain() async throws {
        let fixture = try QueueFixture()
        let lease = try await claimed(fixture, fixture.job()).lease
        try await fixture.finish(lease)
        let start = fixture.start
        #expect(try await fixture.refusal { try JobQueue.finish(lease, now: start, $0) } == .leaseLost)
    }

    @Test func aLeaseThatRanOutButWasNotTakenIsStillOurs() async throws {
        let fixture = try QueueFixture()
        let lease = try await claimed(fixture, fixture.job()).lease
        let late = fixture.start.adding(hours: 1)
        #expect(try await fixture.refusal { try JobQueue.finish(lease, now: late, $0) } == nil)
    }

    @Test func aRetriedJobComesBackAtItsTimeUntilItsRunsAreUsedUp() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        try await fixture.enqueue(fixture.job(runsMax: 2))
        var outcomes: [JobQueue.Retried] = []
        for run in Int64(1)...2 {
            let job = try #require(try await fixture.claim(after: run * 10).first)
            #expect(job.runCount == Int(run))
            #expect(job.isLastRun == (run == 2))
            let outcome = try await fixture.database.write { tx in
                try JobQueue.retry(
                    job.lease, at: start.adding(seconds: run * 10 + 10), error: "gateway down", now: start, tx)
            }
            outcomes.append(outcome)
            #expect(try await fixture.claim(after: run * 10 + 9).isEmpty)
        }
        #expect(outcomes == [.ready, .dead])
        let record = try #require(try await fixture.show(1))
        #expect(record.state == .dead)
        #expect(record.lastError == "gateway down")
    }

    @Test func workThatMayNotBeGivenUpNeverDies() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        let new = fixture.job(runsMax: 1, neverDies: true)
        var job = try await claimed(fixture, new)
        for _ in 0..<3 {
            let lease = job.lease
            let outcome = try await fixture.database.write { tx in
                try JobQueue.retry(lease, at: start, error: "again", now: start, tx)
            }
            #expect(outcome == .ready)
            job = try #require(try await fixture.claim().first)
        }
        let lease = job.lease
        #expect(try await fixture.refusal { try JobQueue.die(lease, error: "x", now: start, $0) } == .notAllowed)
        try await fixture.database.write { tx in
            try JobQueue.rescue(now: start.adding(hours: 1), holderIsDead: { _ in false }, tx)
        }
        #expect(try await fixture.show(job.id)?.state == .ready)
    }

    @Test func aSnoozeCountsNoRunAndAGivenBackJobKeepsItsPlace() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        let job = try await claimed(fixture, fixture.job())
        try await fixture.database.write { try JobQueue.snooze(job.lease, at: start.adding(seconds: 30), $0) }
        #expect(try await fixture.claim(after: 29).isEmpty)
        let again = try #require(try await fixture.claim(after: 30).first)
        #expect(again.runCount == 1)
        try await fixture.database.write { try JobQueue.giveBack(again.lease, $0) }
        let record = try #require(try await fixture.show(job.id))
        #expect(record.runCount == 0)
        #expect(record.runAt == start.adding(seconds: 30))
        #expect(record.state == .ready)
    }

    @Test func aRenewedLeaseLastsLongerUnderTheSameToken() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        let lease = try await claimed(fixture, fixture.job()).lease
        let renewed = try await fixture.database.write { tx in
            try JobQueue.renew(lease, leaseSeconds: 60, now: start.adding(seconds: 50), tx)
        }
        #expect(renewed.until == start.adding(seconds: 110))
        #expect(renewed.token == lease.token)
        let rescued = try await fixture.database.write { tx in
            try JobQueue.rescue(now: start.adding(seconds: 61), holderIsDead: { _ in false }, tx)
        }
        #expect(rescued.count == 0)
    }

    @Test func aLongErrorIsCut() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        let job = try await claimed(fixture, fixture.job())
        try await fixture.database.write { tx in
            try JobQueue.retry(job.lease, at: start, error: String(repeating: "e", count: 9_999), now: start, tx)
        }
        #expect(try await fixture.show(job.id)?.lastError?.count == JobQueue.errorCharactersMax)
    }
}
