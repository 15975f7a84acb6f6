import DunlinCalendar
import DunlinDatabase
import DunlinQueue
import Testing

@Suite struct EnqueueTests {
    @Test func aSecondJobWithTheSameUniqueKeyIsAQuietNo() async throws {
        let fixture = try QueueFixture()
        let first = try await fixture.enqueue(fixture.job(key: "invoice-7"))
        let second = try await fixture.enqueue(fixture.job(key: "invoice-7", at: 5))
        guard case .added(let id) = first else {
            Issue.record("the first was not added")
            return
        }
        #expect(second == .alreadyThere(id))
        #expect(try await fixture.show(id)?.runAt == fixture.start)
    }

    @Test func anEarlierTimeMovesTheReadyJobForward() async throws {
        let fixture = try QueueFixture()
        let id = try await fixture.enqueue(fixture.job(key: "invoice-7", at: 100)).jobID
        #expect(try await fixture.enqueue(fixture.job(key: "invoice-7", at: 40)) == .movedForward(id))
        #expect(try await fixture.show(id)?.runAt == fixture.start.adding(seconds: 40))
        #expect(try await fixture.enqueue(fixture.job(key: "invoice-7", at: 41)) == .alreadyThere(id))
        #expect(try await fixture.show(id)?.runAt == fixture.start.adding(seconds: 40))
    }

    @Test func aKeyIsFreeAgainWhenItsJobIsDoneOrDead() async throws {
        let fixture = try QueueFixture()
        let first = try await fixture.enqueue(fixture.job(key: "invoice-7")).jobID
        let job = try #require(try await fixture.claim().first)
        #expect(try await fixture.enqueue(fixture.job(key: "invoice-7")) == .alreadyThere(first))
        try await fixture.finish(job.lease)
        let second = try await fixture.enqueue(fixture.job(key: "invoice-7")).jobID
        #expect(second > first)
        let lease = try #require(try await fixture.claim().first).lease
        try await fixture.database.write { [start = fixture.start] tx in
            try JobQueue.die(lease, error: "no use", now: start, tx)
        }
        #expect(try await fixture.enqueue(fixture.job(key: "invoice-7")).jobID > second)
    }

    @Test func jobsWithoutAKeyAreNeverTwins() async throws {
        let fixture = try QueueFixture()
        let first = try await fixture.enqueue(fixture.job()).jobID
        #expect(try await fixture.enqueue(fixture.job()).jobID != first)
    }

    @Test func whatIsWantedAgainDuringItsRunRunsOnceMore() async throws {
        let fixture = try QueueFixture()
        let again = fixture.job(key: "event-1", at: 3, whileRunning: .runAgain)
        let id = try await fixture.enqueue(fixture.job(key: "event-1")).jobID
        let lease = try #require(try await fixture.claim().first).lease
        #expect(try await fixture.enqueue(again) == .alreadyThere(id))
        try await fixture.finish(lease)
        let record = try #require(try await fixture.show(id))
        #expect(record.state == .ready)
        #expect(record.runCount == 0)
        #expect(record.runAt == fixture.start.adding(seconds: 3))
        let second = try #require(try await fixture.claim(after: 3).first)
        try await fixture.finish(second.lease)
        #expect(try await fixture.show(id)?.state == .done)
    }

    @Test func aJobIsAddedWithItsTransactionOrNotAtAll() async throws {
        struct Cut: Error {}
        let fixture = try QueueFixture()
        let new = fixture.job(key: "invoice-7")
        await #expect(throws: Cut.self) {
            try await fixture.database.write { [start = fixture.start] tx in
                try JobQueue.enqueue(new, now: start, tx)
                throw Cut()
            }
        }
        #expect(try await fixture.claim().isEmpty)
    }

    @Test func aJobTheSchemaRefusesIsAnErrorAndNotAQuietNo() async throws {
        let fixture = try QueueFixture()
        await #expect(throws: DatabaseError.self) { try await fixture.enqueue(fixture.job("", key: "k")) }
        await #expect(throws: DatabaseError.self) { try await fixture.enqueue(fixture.job(runsMax: 0)) }
    }
}
