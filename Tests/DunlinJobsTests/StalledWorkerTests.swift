import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinGateways
import DunlinLedger
import DunlinQueue
import DunlinSandbox
import DunlinTesting
import Synchronization
import Testing

@testable import DunlinJobs

/// Rule 10 of docs/proof.md: a worker that stood still comes back after another one has gone on with its job. Facts are
/// kept, decisions are fenced, and money moves once.
@Suite struct StalledWorkerTests {
    private static func stage(
        _ answers: [String?] = [], _ change: (inout StageOptions) -> Void = { $0.ignoresKeys = true }
    ) async throws -> Stage {
        let stage = try Stage(change)
        let card = try await stage.customer()
        stage.script(card, answers)
        try await stage.subscribe()
        return stage
    }

    /// While the first worker waits for this answer, the clock passes its lease and others do all there is to do.
    private static func stall(
        _ stage: Stage, _ kind: WireRequest.Kind, beforeEffect: Bool,
        others: @escaping @Sendable () async throws -> Void
    ) {
        let hasStalled = Mutex(false)
        let goOn: @Sendable (WireRequest) async -> Void = { request in
            let isFirst = hasStalled.withLock { value in
                guard request.kind == kind, !value else { return false }
                value = true
                return true
            }
            guard isFirst else { return }
            do {
                stage.clock.advance(seconds: 3600)
                try await others()
            } catch { Issue.record(error) }
        }
        if beforeEffect {
            stage.wire.disturb { request in
                await goOn(request)
                return nil
            }
        } else {
            stage.wire.afterEffect(goOn)
        }
    }

    /// Every request, held up before it is written or before its answer is read.
    @Test(arguments: [WireRequest.Kind.create, .confirm], [true, false])
    func aWorkerThatComesBackLateCollectsNothingTwice(
        _ kind: WireRequest.Kind, _ beforeEffect: Bool
    ) async throws {
        let stage = try await Self.stage()
        Self.stall(stage, kind, beforeEffect: beforeEffect) { try await stage.run(days: 2) }
        try await stage.pass()
        try await stage.run(days: 2)
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
        #expect(stage.sandbox.audit.successes == 1)
    }

    @Test(arguments: [true, false])
    func aOneCallThatComesBackLateCollectsNothingTwice(_ beforeEffect: Bool) async throws {
        let stage = try await Self.stage { $0.sending = .oneCall }
        Self.stall(stage, .oneCall, beforeEffect: beforeEffect) { try await stage.run(days: 2) }
        try await stage.pass()
        try await stage.run(days: 2)
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    @Test func aRequestIsNotSentOnceItsLeaseMayRunOutBeforeItsAnswer() async throws {
        for kind in [WireRequest.Kind.create, .confirm] {
            let stage = try await Self.stage()
            stage.wire.disturb { request in
                // The lease is 180 seconds and a request may take 30.
                if request.kind == kind, request.number == 1 { stage.clock.advance(seconds: 151) }
                return nil
            }
            try await stage.pass { $0.waitSeconds = 0 }
            #expect(stage.sandbox.audit.successes == 0)
            #expect(try stage.gatewayIntents().count == (kind == .create ? 0 : 1))
            #expect(try await stage.attempts().map(\.state) == [.unknown])
            stage.wire.disturb(nil)
            try await stage.run(days: 1)
            let problems = try await Judge.problems(stage, .paid)
            #expect(problems == [])
        }
    }

    @Test func aMonotonicClockThatRanOnAlsoEndsTheTimeToSend() async throws {
        let stage = try await Self.stage()
        let now = stage.clock.now
        let monotonic = Mutex<Int64>(0)
        let clock = BillingClock(
            now: { now }, monotonicMilliseconds: { monotonic.withLock { $0 } }, randomBits: { 0 }, sleep: { _ in })
        let job = try await stage.database.write { tx in
            try JobQueue.enqueue(NewJob(queue: "q", kind: "k", priority: .charge, runAt: now), now: now, tx)
            return try JobQueue.claim(
                queue: "q", limit: 1, holder: stage.newProcess(), leaseSeconds: 180, now: now, tx)[0]
        }
        let claimed = ClaimedJob(job: job, monotonicEnd: 180_000, clock: clock)
        #expect(!claimed.deadline(requestSeconds: 30).hasPassed())
        monotonic.withLock { $0 = 150_001 }
        #expect(claimed.deadline(requestSeconds: 30).hasPassed())
    }

    /// The answer of the first worker says declined, and the second has read the same decline and rescheduled.
    @Test func aLateDecisionChangesNothingAndALateFactIsKept() async throws {
        let stage = try await Self.stage(["insufficient_funds"])
        Self.stall(stage, .confirm, beforeEffect: false) {
            try await stage.run(until: stage.clock.now.adding(days: 1))
        }
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.attempts().map(\.state) == [.declined])
        #expect(try await stage.activity("attempt_declined") == 1)
        let answers = try await stage.text("SELECT path FROM exchanges WHERE path LIKE '%/confirm'")
        #expect(answers.count == 1, "the exchange is a fact")
        try await stage.run(days: 10)
        #expect(try await stage.attempts().map(\.state) == [.declined, .succeeded])
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    /// The first worker's create is answered after another created and confirmed: its own intent is canceled.
    @Test func theIdThatIsStoredFirstWinsAndTheOtherIntentIsCanceled() async throws {
        let stage = try await Self.stage()
        let hasStalled = Mutex(false)
        stage.wire.disturb { request in
            // The second worker finds nothing: the first one's create has not arrived.
            guard request.kind == .create,
                hasStalled.withLock({ value in
                    defer { value = true }
                    return !value
                })
            else { return nil }
            do {
                let before = stage.clock.now
                stage.clock.advance(seconds: 3600)
                try await stage.pass()
                // The machine of the first worker slept, and its clock with it.
                stage.clock.set(before)
            } catch { Issue.record(error) }
            return nil
        }
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try stage.gatewayIntents().map(\.status).sorted() == ["canceled", "succeeded"])
        #expect(stage.sandbox.audit.successes == 1)
        stage.clock.advance(seconds: 7200)
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    /// The customer's second debt waits for the first one's charge, which another process has in its hands.
    @Test func theLongerAnotherProcessTakesTheMoreRarelyItIsLookedFor() async throws {
        let stage = try await Self.stage { $0.concurrency = 1 }
        try await stage.subscribe("s-2")
        let billing = try stage.billing()
        let gateway = try #require(billing.gateways["stripe"])
        let worker = BillingWorker(billing: billing, gateway: gateway, holder: stage.newProcess(), concurrency: 1)
        let waits = Mutex<[Int64]>([])
        stage.wire.disturb { request in
            guard request.kind == .create, waits.withLock({ $0.isEmpty }) else { return nil }
            do {
                for milliseconds: Int64 in [100, 900, 59_000] {
                    stage.clock.set(stage.clock.now.adding(milliseconds: milliseconds))
                    let next = try #require(try await worker.work { true })
                    waits.withLock { $0.append(next.milliseconds(since: stage.clock.now)) }
                }
            } catch { Issue.record(error) }
            return nil
        }
        try await stage.pass()
        #expect(waits.withLock { $0 } == [200, 500, 1000])
    }

    @Test func anOlderReadDoesNotOverwriteANewerOne() async throws {
        let stage = try await Self.stage(["insufficient_funds"])
        try await stage.run(days: 1)
        let intent = try #require(try await stage.intents().first)
        var snapshot = IntentSnapshot(id: intent.gatewayID ?? "", status: .processing)
        let (older, newer) = (stage.clock.now.adding(minutes: 1), stage.clock.now.adding(minutes: 2))
        try await stage.database.write { [snapshot] tx in
            try Intents.note(snapshot, of: intent.id, askedAt: newer, tx)
        }
        snapshot.status = .requiresAction
        try await stage.database.write { [snapshot] tx in
            try Intents.note(snapshot, of: intent.id, askedAt: older, tx)
        }
        #expect(try await stage.intents().map(\.status) == ["processing"])
    }
}
