import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import DunlinSandbox
import DunlinTesting
import Synchronization
import Testing

@testable import DunlinJobs

/// `fetch-events`: what no webhook brought is listed at the gateway, once.
@Suite struct FetchEventsTests {
    /// A paid invoice, refunded at the gateway, of which no webhook told.
    private static func refunded(_ faults: DatabaseFaults = .none) async throws -> Stage {
        let lines = CronTable("fetch */15 * * * * UTC fetch-events", knownKinds: ScheduledKinds.known).lines
        let stage = try Stage {
            $0.makesEvents = true
            $0.schedule = lines
            $0.faults = faults
        }
        try await stage.customer()
        try await stage.subscribe()
        try await stage.pass { $0.waitSeconds = 0 }
        let intent = try #require(try stage.gatewayIntents().first?.id)
        try stage.post("/v1/refunds", "payment_intent=\(intent)&amount=300")
        return stage
    }

    /// The next tick, and a pass that applies what it brought.
    private static func tick(_ stage: Stage) async throws {
        stage.clock.advance(seconds: 901)
        try await stage.pass { $0.waitSeconds = 0 }
        try await stage.pass { $0.waitSeconds = 0 }
    }

    private static func listings(_ stage: Stage) -> [WireRequest] {
        stage.wire.requests.filter { $0.path == "/v1/events" }
    }

    @Test func whatNoWebhookBroughtIsFetchedAndAppliedOnce() async throws {
        let stage = try await Self.refunded()
        try await Self.tick(stage)
        #expect(try await stage.text("SELECT CAST(refunded_minor AS TEXT) FROM invoices") == ["300"])
        let stored = try await stage.text("SELECT type || ' ' || source || ' ' || deliveries FROM events ORDER BY 1")
        #expect(stored.contains("refund.created listed 1"))
        #expect(stored.allSatisfy { $0.hasSuffix(" listed 1") }, "\(stored)")
        // What the ledger knows already is not kept a second time.
        #expect(!stored.contains { $0.hasPrefix("payment_intent.") })
        let missed = try await stage.text("SELECT CAST(missed AS TEXT) FROM event_cursors")
        // The overlap lists them again, and the next ticks do not.
        for _ in 1...3 { try await Self.tick(stage) }
        #expect(
            try await stage.text("SELECT type || ' ' || source || ' ' || deliveries FROM events ORDER BY 1") == stored)
        #expect(try await stage.text("SELECT CAST(missed AS TEXT) FROM event_cursors") == missed)
        #expect(Self.listings(stage).count == 4)
        #expect(try await stage.violations() == [])
    }

    @Test func whatAWebhookBroughtIsPassedOver() async throws {
        let stage = try await Self.refunded()
        try await stage.deliver(stage.takeEvents())
        try await stage.pass { $0.waitSeconds = 0 }
        let before = try await stage.text("SELECT event_id || deliveries FROM events ORDER BY 1")
        try await Self.tick(stage)
        #expect(try await stage.text("SELECT event_id || deliveries FROM events ORDER BY 1") == before)
        #expect(try await stage.text("SELECT CAST(missed AS TEXT) FROM event_cursors") == ["0"])
    }

    @Test func otherBusinessOfTheAccountIsNotKept() async throws {
        let stage = try await Self.refunded()
        let stranger = try stage.post("/v1/customers", "email=stranger%40example.com")
        let card = try stage.post("/v1/payment_methods/pm_card_visa/attach", "customer=\(stranger)")
        let intent = try stage.post(
            "/v1/payment_intents",
            "amount=5000&currency=usd&customer=\(stranger)&payment_method=\(card)&confirm=true&off_session=true")
        try stage.post("/v1/refunds", "payment_intent=\(intent)")
        try await Self.tick(stage)
        #expect(try await stage.text("SELECT event_id FROM events WHERE is_foreign = 1") == [])
        #expect(try await stage.text("SELECT event_id FROM events WHERE intent_id = '\(intent)'") == [])
        #expect(try await stage.text("SELECT CAST(refunded_minor AS TEXT) FROM invoices") == ["300"])
    }

    @Test func aListThatBreaksOffIsReadAgainFromWhereItBegan() async throws {
        let stage = try await Self.refunded()
        // More than a page of events, so that the second page is the one that is lost.
        for number in 1...60 { try stage.post("/v1/customers", "email=c\(number)%40example.com&name=n") }
        for number in 1...60 { try stage.post("/v1/customers", "email=d\(number)%40example.com&name=n") }
        stage.wire.disturb { request in
            request.path == "/v1/events" && request.number > 1 ? .answer(503) : nil
        }
        try await Self.tick(stage)
        #expect(try await stage.text("SELECT gateway FROM event_cursors") == [])
        #expect(try await stage.text("SELECT state FROM jobs WHERE kind = 'fetch-events'") == ["done"])
        stage.wire.disturb(nil)
        try await Self.tick(stage)
        #expect(try await stage.text("SELECT gateway FROM event_cursors") == ["stripe"])
        #expect(try await stage.text("SELECT CAST(refunded_minor AS TEXT) FROM invoices") == ["300"])
    }

    /// However often it is: a busy store is no fault of the job (money.md 27).
    @Test func aStoreThatIsBusyUsesUpNoRunOfAScheduledJob() async throws {
        let isBusy = Mutex(true)
        let stage = try await Self.refunded(
            DatabaseFaults(
                beforeStatement: { sql in
                    guard sql.contains("event_cursors"), isBusy.withLock({ $0 }) else { return }
                    throw DatabaseError(.busy, "the database is busy")
                }, failureOfCommit: { _ in nil }))
        for _ in 1...30 { try await Self.tick(stage) }
        let waiting = try await stage.text(
            "SELECT DISTINCT state || ' ' || run_count FROM jobs WHERE kind = 'fetch-events'")
        #expect(waiting == ["ready 0"])
        isBusy.withLock { $0 = false }
        try await Self.tick(stage)
        #expect(try await stage.text("SELECT DISTINCT state FROM jobs WHERE kind = 'fetch-events'") == ["done"])
        #expect(try await stage.text("SELECT CAST(refunded_minor AS TEXT) FROM invoices") == ["300"])
    }

    @Test func anEventThatIsShownLateIsWithinTheOverlap() async throws {
        let stage = try await Self.refunded()
        try await Self.tick(stage)
        let cursor = try #require(try await stage.database.read { tx in try EventCursors.find("stripe", tx) })
        try await Self.tick(stage)
        let query = try #require(Self.listings(stage).last?.query)
        let from = cursor.readThrough.adding(seconds: -FetchEvents.overlapSeconds).seconds
        #expect(query.contains("=\(from)"), "\(query)")
    }

    @Test func aGatewayThatListsNoEventsAndAnUnknownKeyAreLeftAlone() async throws {
        let lines = CronTable("fetch */15 * * * * UTC fetch-events", knownKinds: ScheduledKinds.known).lines
        let stage = try Stage {
            $0.kind = .wooshpay
            $0.schedule = lines
        }
        try await stage.customer()
        try await stage.subscribe()
        try await stage.pass { $0.waitSeconds = 0 }
        try await Self.tick(stage)
        #expect(Self.listings(stage) == [])
        #expect(try await stage.text("SELECT state FROM jobs WHERE kind = 'fetch-events'") == ["done"])

        let other = try await Self.refunded()
        other.clock.advance(seconds: 901)
        let billing = try other.billing(driver: other.driver(key: "sk_test_other0002"))
        let result = try await FireSchedule(billing: billing).run(now: other.clock.now)
        #expect(result.fired == 1)
        try await HouseWorker(billing: billing, holder: other.newProcess()).work { true }
        #expect(Self.listings(other) == [])
    }
}
