import DunlinCalendar
import DunlinDatabase
import DunlinQueue
import Testing

@Suite struct DecideTests {
    @Test func aDeadJobIsRetriedWithAllItsRuns() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        let id = try await fixture.enqueue(fixture.job(key: "k")).jobID
        let lease = try #require(try await fixture.claim().first).lease
        try await fixture.database.write { try JobQueue.die(lease, error: "refused", now: start, $0) }
        #expect(try await fixture.database.read { try JobQueue.deadCount(since: start, $0) } == 1)
        try await fixture.database.write { try JobQueue.retryNow(id, now: start, $0) }
        #expect(try await fixture.claim().first?.runCount == 1)
    }

    @Test func aDeadJobWhoseKeyIsTakenStaysDead() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        let id = try await fixture.enqueue(fixture.job(key: "k")).jobID
        let lease = try #require(try await fixture.claim().first).lease
        try await fixture.database.write { try JobQueue.die(lease, error: "refused", now: start, $0) }
        try await fixture.enqueue(fixture.job(key: "k"))
        #expect(try await fixture.refusal { try JobQueue.retryNow(id, now: start, $0) } == .keyTaken)
        #expect(try await fixture.show(id)?.state == .dead)
    }

    @Test func aReadyJobIsMadeDueAndARunningOrDoneOneIsLeftAlone() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        let id = try await fixture.enqueue(fixture.job(at: 500)).jobID
        try await fixture.database.write { try JobQueue.retryNow(id, now: start, $0) }
        let lease = try #require(try await fixture.claim().first).lease
        #expect(try await fixture.refusal { try JobQueue.retryNow(id, now: start, $0) } == .running)
        #expect(try await fixture.refusal { try JobQueue.discard(id, reason: "x", now: start, $0) } == .running)
        try await fixture.finish(lease)
        #expect(try await fixture.refusal { try JobQueue.retryNow(id, now: start, $0) } == .notAllowed)
        #expect(try await fixture.refusal { try JobQueue.discard(id, reason: "x", now: start, $0) } == .notAllowed)
        #expect(try await fixture.refusal { try JobQueue.retryNow(99, now: start, $0) } == .notFound)
        #expect(try await fixture.refusal { try JobQueue.discard(99, reason: "x", now: start, $0) } == .notFound)
    }

    @Test func aDiscardedJobIsDoneWithItsReasonUnlessItMayNotBeGivenUp() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        let id = try await fixture.enqueue(fixture.job()).jobID
        try await fixture.database.write { try JobQueue.discard(id, reason: "paid by transfer", now: start, $0) }
        #expect(try await fixture.show(id)?.state == .done)
        #expect(try await fixture.show(id)?.lastError == "discarded: paid by transfer")
        let settle = try await fixture.enqueue(fixture.job("settle", neverDies: true)).jobID
        #expect(try await fixture.refusal { try JobQueue.discard(settle, reason: "x", now: start, $0) } == .notAllowed)
    }

    @Test func aReadyJobIsWithdrawnByItsKeyAndARunningOneIsNot() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        try await fixture.enqueue(fixture.job(key: "ready", at: 100))
        try await fixture.enqueue(fixture.job(key: "running"))
        _ = try await fixture.claim()
        for (key, isWithdrawn) in [("ready", true), ("running", false), ("none", false)] {
            let result = try await fixture.database.write { tx in
                try JobQueue.withdraw(uniqueKey: key, reason: "the debt has ended", now: start, tx)
            }
            #expect(result == isWithdrawn, "\(key)")
        }
        #expect(try await fixture.claim(after: 200).isEmpty)
    }

    @Test func pruningTakesOldDoneJobsInBatchesAndLeavesDeadOnes() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        for _ in 0..<5 { try await fixture.enqueue(fixture.job()) }
        let jobs = try await fixture.claim()
        for (index, job) in jobs.enumerated() {
            let at = start.adding(seconds: Int64(index))
            try await fixture.database.write { tx in
                if index == 0 {
                    try JobQueue.die(job.lease, error: "x", now: at, tx)
                } else {
                    try JobQueue.finish(job.lease, now: at, tx)
                }
            }
        }
        var pruned: [Int] = []
        for _ in 0..<3 {
            pruned.append(
                try await fixture.database.write { tx in
                    try JobQueue.prune(finishedBefore: start.adding(seconds: 4), limit: 2, tx)
                })
        }
        #expect(pruned == [2, 1, 0])
        let left = try await fixture.database.read { try JobQueue.list(limit: 10, $0) }
        #expect(left.map(\.id) == [jobs[0].id, jobs[4].id])
    }

    @Test func anIdIsNotGivenOutAgainAfterPruning() async throws {
        let fixture = try QueueFixture()
        let start = fixture.start
        let id = try await fixture.enqueue(fixture.job()).jobID
        try await fixture.finish(try #require(try await fixture.claim().first).lease)
        try await fixture.database.write { tx in
            _ = try JobQueue.prune(finishedBefore: start.adding(seconds: 1), limit: 9, tx)
        }
        #expect(try await fixture.enqueue(fixture.job()).jobID > id)
    }

    @Test func jobsAreListedByFilterAndPage() async throws {
        let fixture = try QueueFixture()
        for number in 0..<5 {
            try await fixture.enqueue(fixture.job(number == 2 ? "settle" : "charge", key: "\(number)"))
        }
        let database = fixture.database
        let first = try await database.read { try JobQueue.list(JobFilter(kind: "charge"), limit: 3, $0) }
        #expect(first.map(\.uniqueKey) == ["0", "1", "3"])
        let last = try #require(first.last).id
        let second = try await database.read { tx in
            try JobQueue.list(JobFilter(state: .ready, kind: "charge"), afterID: last, limit: 3, tx)
        }
        #expect(second.map(\.uniqueKey) == ["4"])
        let counts = try await database.read { try JobQueue.counts($0) }
        #expect(counts.map(\.count) == [4, 1])
    }

    @Test func theNextRunIsTheEarliestOfAllQueuesAndPriorities() async throws {
        let fixture = try QueueFixture()
        let database = fixture.database
        #expect(try await database.read { try JobQueue.nextRunAt($0) } == nil)
        try await fixture.enqueue(fixture.job(at: 50, priority: .settle))
        try await fixture.enqueue(fixture.job(at: 20, priority: .poll))
        try await fixture.enqueue(fixture.job(at: 10, queue: "wooshpay"))
        #expect(try await database.read { try JobQueue.nextRunAt($0) } == fixture.start.adding(seconds: 10))
        #expect(
            try await database.read { try JobQueue.nextRunAt(queue: "stripe", $0) } == fixture.start.adding(seconds: 20)
        )
        #expect(try await database.read { try JobQueue.queuesWithReadyJobs($0) } == ["stripe", "wooshpay"])
        _ = try await fixture.claim(after: 60, queue: "wooshpay")
        #expect(try await database.read { try JobQueue.nextRunAt($0) } == fixture.start.adding(seconds: 20))
    }
}
