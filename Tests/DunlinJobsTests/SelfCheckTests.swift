import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import DunlinTesting
import Testing

@testable import DunlinJobs

/// The self-check: what should not be is found, raised once, and gone when it is well again.
@Suite struct SelfCheckTests {
    private static func raised(_ stage: Stage) async throws -> [String] {
        try await stage.database.read { tx in
            try Findings.raised(tx).map { "\($0.finding.code.rawValue) \($0.finding.subject)" }
        }
    }

    private static func stage(_ change: (inout StageOptions) -> Void = { _ in }) async throws -> Stage {
        let stage = try Stage(change)
        try await stage.customer()
        try await stage.subscribe()
        try await stage.bindGateway()
        return stage
    }

    @Test func aPassThatLeavesNothingBehindFindsNothing() async throws {
        let stage = try await Self.stage()
        let result = try await stage.pass { $0.checksItself = true }
        #expect(result.newForPeople == 0)
        #expect(try await Self.raised(stage) == [])
        let checked = try await stage.database.read { try Findings.checkedAt($0) }
        #expect(checked == stage.clock.now)
    }

    @Test func aPeriodThatNobodyPlansIsRaisedAtTheEndOfAPassAndGoneAfterTheNext() async throws {
        let stage = try await Self.stage()
        try await stage.pass()
        stage.clock.advance(seconds: 366 * 86_400)
        let result = try await stage.pass {
            $0.checksItself = true
            $0.plansDue = false
        }
        #expect(result.newForPeople == 1)
        #expect(try await Self.raised(stage) == ["period_overdue stripe"])
        #expect(try await stage.pass { $0.checksItself = true }.newForPeople == 0)
        #expect(try await Self.raised(stage) == [])
    }

    @Test func byTheScheduleAFindingIsBelievedWhenItIsSeenAgain() async throws {
        let line = try #require(
            CronTable("self-check */5 * * * * UTC self-check", knownKinds: ScheduledKinds.known).lines.first)
        let stage = try await Self.stage { $0.schedule = [line] }
        try await stage.pass()
        try await stage.database.write { tx in
            try JobQueue.enqueue(
                NewJob(queue: "nobody", kind: "x", priority: .charge, runAt: stage.options.start),
                now: stage.options.start, tx)
        }
        stage.clock.advance(seconds: 900)
        try await stage.pass()
        #expect(try await Self.raised(stage) == [])
        stage.clock.advance(seconds: 300)
        try await stage.pass()
        #expect(try await Self.raised(stage) == ["job_overdue nobody"])
        try await stage.database.write { try $0.execute("DELETE FROM jobs WHERE queue = 'nobody'") }
        stage.clock.advance(seconds: 300)
        try await stage.pass()
        #expect(try await Self.raised(stage) == [])
    }

    @Test func aJobBehindItsCustomerInSessionIsNotOverdueWhileTheLeaseGoesOn() async throws {
        let stage = try await Self.stage()
        let start = stage.options.start
        try await stage.database.write { tx in
            let visit = NewJob(
                queue: "stripe", kind: PayInSession.kind, concurrencyKey: "customer/c1", priority: .charge, runAt: start
            )
            let behind = NewJob(
                queue: "stripe", kind: ChargeInvoice.kind, concurrencyKey: "customer/c1", priority: .charge,
                runAt: start)
            #expect(
                try JobQueue.begin(visit, holder: stage.newProcess(), leaseSeconds: 1_200, now: start, tx) != nil)
            try JobQueue.enqueue(behind, now: start, tx)
        }
        stage.clock.advance(seconds: 1_100)
        try await SelfInspection(billing: stage.billing()).run(believedAfterSeconds: 0)
        #expect(try await !Self.raised(stage).contains("job_overdue stripe"))
        stage.clock.advance(seconds: 200)
        try await SelfInspection(billing: stage.billing()).run(believedAfterSeconds: 0)
        #expect(try await Self.raised(stage).contains("job_overdue stripe"))
    }

    @Test func aLeaseThatRanOverAnUnknownAttemptAndAnEventThatIsNotAppliedAreFound() async throws {
        let stage = try await Self.stage { $0.makesEvents = true }
        stage.wire.disturb { $0.kind == .confirm || $0.kind == .retrieve ? .lostAfter : nil }
        try await stage.pass { $0.waitSeconds = 0 }
        let start = stage.options.start
        try await stage.database.write { tx in
            try tx.execute(
                """
                INSERT INTO events (gateway, event_id, type, source, body_hash, received_at, last_received_at, state)
                VALUES ('stripe', 'evt_1', 'payment_intent.succeeded', 'webhook', 'h', ?1, ?1, 'received')
                """, start)
            try tx.execute(
                """
                INSERT INTO jobs (queue, kind, arguments, priority, never_dies, runs_max, state, run_at, lease_until,
                    lease_holder, created_at)
                VALUES ('default', 'prune-jobs', '{}', 3, 0, 1, 'running', ?1, ?2, 'host|boot||1|1', ?1)
                """, start, start.adding(seconds: 600))
        }
        stage.clock.advance(seconds: 3700)
        try await SelfInspection(billing: stage.billing()).run(believedAfterSeconds: 0)
        let raised = Set(try await Self.raised(stage))
        #expect(
            raised.isSuperset(of: ["lease_overrun default", "unknown_too_long stripe", "event_not_applied stripe"]))
    }

    @Test func aClockThatDriftsIsFoundLongBeforeNothingIsChargedAnyMore() async throws {
        let stage = try await Self.stage()
        try await stage.pass { $0.checksItself = true }
        #expect(try await Self.raised(stage) == [])
        try await stage.database.write { tx in
            let now = stage.clock.now
            try GatewayStates.noteClock(
                "stripe", now: now, gatewayDate: now.adding(seconds: -120), tx)
        }
        try await SelfInspection(billing: stage.billing()).run(believedAfterSeconds: 0)
        #expect(try await Self.raised(stage) == ["clock_skew stripe"])
    }

    @Test func aFindingIsNewOnce() async throws {
        let stage = try await Self.stage()
        let found = SelfFinding(.jobOverdue, subject: "stripe", text: "3 jobs")
        let start = stage.options.start
        let differences = try await stage.database.write { tx in
            try [0, 60, 120, 180, 240].map { seconds in
                try Findings.store(
                    seconds == 240 ? [] : [found], believedAfterSeconds: 120, now: start.adding(seconds: seconds), tx)
            }
        }
        #expect(differences.map(\.raised.count) == [0, 0, 1, 0, 0])
        #expect(differences.map(\.cleared.count) == [0, 0, 0, 0, 1])
    }
}
