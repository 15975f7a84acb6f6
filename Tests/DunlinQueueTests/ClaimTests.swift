import DunlinCalendar
import DunlinDatabase
import DunlinQueue
import Testing

@Suite struct ClaimTests {
    @Test func aClaimedJobIsRunningItsRunIsCountedAndItsLeaseStamped() async throws {
        let fixture = try QueueFixture()
        let id = try await fixture.enqueue(fixture.job(key: "k", customer: "c")).jobID
        let job = try #require(try await fixture.claim(after: 5).first)
        #expect(job.id == id)
        #expect(job.runCount == 1)
        #expect(job.arguments == #"{"invoice_id":7}"#)
        #expect(job.lease.until == fixture.start.adding(seconds: 65))
        let record = try #require(try await fixture.show(id))
        #expect(record.state == .running)
        #expect(record.leaseHolder == fixture.me.text)
    }

    @Test func noJobIsClaimedTwiceAndNoneBeforeItsTime() async throws {
        let fixture = try QueueFixture()
        try await fixture.enqueue(fixture.job(at: 10))
        #expect(try await fixture.claim(after: 9).isEmpty)
        #expect(try await fixture.claim(after: 10).count == 1)
        #expect(try await fixture.claim(after: 10).isEmpty)
    }

    @Test func smallerPrioritiesGoFirstThenOlderTimesThenOlderJobs() async throws {
        let fixture = try QueueFixture()
        let expected: [(JobPriority, Int64)] = [
            (.settle, 9), (.charge, 1), (.charge, 4), (.charge, 4), (.poll, 0), (.reconcile, 0),
        ]
        for index in [5, 2, 0, 3, 4, 1] {
            let (priority, at) = expected[index]
            try await fixture.enqueue(fixture.job(at: at, priority: priority))
        }
        let whole = try await fixture.claim(limit: 4, after: 10) + fixture.claim(limit: 4, after: 10)
        #expect(whole.map(\.priority) == expected.map(\.0))
        #expect(whole.map { $0.runAt.milliseconds(since: fixture.start) / 1000 } == expected.map(\.1))
        #expect(whole[2].id < whole[3].id)
    }

    @Test func aClaimTakesItsQueueAndItsKindsOnly() async throws {
        let fixture = try QueueFixture()
        try await fixture.enqueue(fixture.job("charge"))
        try await fixture.enqueue(fixture.job("settle"))
        try await fixture.enqueue(fixture.job("charge", queue: "wooshpay"))
        #expect(try await fixture.claim(kinds: []).isEmpty)
        #expect(try await fixture.claim(kinds: ["settle", "none"]).map(\.kind) == ["settle"])
        #expect(try await fixture.claim().map(\.queue) == ["stripe"])
        #expect(try await fixture.claim(limit: 0, queue: "wooshpay").isEmpty)
        #expect(try await fixture.claim(queue: "wooshpay").count == 1)
    }

    @Test func ofOneCustomerOneJobRunsAtATimeTheOldestFirst() async throws {
        let fixture = try QueueFixture()
        for at in [Int64(3), 1, 2] { try await fixture.enqueue(fixture.job(customer: "c", at: at)) }
        try await fixture.enqueue(fixture.job(customer: "d", at: 5))
        var order: [Int64] = []
        let first = try await fixture.claim(after: 10)
        #expect(first.map(\.concurrencyKey) == ["c", "d"])
        #expect(try await fixture.claim(after: 10).isEmpty)
        var next = try #require(first.first)
        for _ in 0..<3 {
            order.append(next.runAt.milliseconds(since: fixture.start) / 1000)
            try await fixture.finish(next.lease)
            if let job = try await fixture.claim(after: 10).first { next = job }
        }
        #expect(order == [1, 2, 3])
    }

    @Test func aBusyCustomerDoesNotHoldUpTheOthers() async throws {
        let fixture = try QueueFixture()
        for _ in 0..<20 { try await fixture.enqueue(fixture.job(customer: "busy")) }
        try await fixture.enqueue(fixture.job(customer: "free", at: 1))
        _ = try await fixture.claim(limit: 1, after: 2)
        #expect(try await fixture.claim(limit: 1, after: 2).map(\.concurrencyKey) == ["free"])
    }

    @Test func aJobOfTheSameCustomerThatIsNotDueOrNotWantedDoesNotHoldUpThisOne() async throws {
        let fixture = try QueueFixture()
        try await fixture.enqueue(fixture.job("settle", customer: "c", at: 50, priority: .settle))
        try await fixture.enqueue(fixture.job("charge", customer: "c", at: 1))
        try await fixture.enqueue(fixture.job("charge", customer: "c", at: 0, queue: "wooshpay"))
        #expect(try await fixture.claim(after: 2, kinds: ["charge"]).count == 1)
    }

    @Test func theSchemaRefusesTwoRunningJobsOfOneCustomer() async throws {
        let fixture = try QueueFixture()
        for _ in 0..<2 { try await fixture.enqueue(fixture.job(customer: "c")) }
        await #expect {
            try await fixture.database.write { tx in
                try tx.execute("UPDATE jobs SET state = 'running', lease_until = 1, lease_holder = 'me'")
            }
        } throws: { ($0 as? DatabaseError)?.isDuplicate == true }
    }

    @Test func theClaimReadsOnlyPartialIndexes() async throws {
        let fixture = try QueueFixture()
        let plan = try await fixture.database.write { tx in
            try tx.rows(
                "EXPLAIN QUERY PLAN " + ClaimPlan.sql, "stripe", 0, 100, 0, "me"
            ) { try $0.get("detail", as: String.self) }
        }
        let byIndex = { (table: String, index: String) in
            plan.filter { $0.hasPrefix("SEARCH \(table) ") && $0.contains(" INDEX \(index) ") }.count
        }
        #expect(byIndex("candidate", "jobs_ready") == 4, "\(plan)")
        #expect(byIndex("earlier", "jobs_ready_of_key") == 4, "\(plan)")
        #expect(byIndex("running", "jobs_running_of_key") == 4, "\(plan)")
        #expect(!plan.contains { $0.hasPrefix("SCAN jobs") }, "\(plan)")
    }
}
