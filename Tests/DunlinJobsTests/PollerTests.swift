import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinGateways
import DunlinLedger
import DunlinQueue
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// Rules 6, 14 and promise P4 of docs/proof.md: what the ledger finds out by asking, when no webhook tells.
@Suite struct PollerTests {
    // MARK: - A month

    @Test(arguments: GatewayKind.allCases)
    func aMonthEndsInTheSameLedgerWithWebhooksOnlyWithQuestionsOnlyAndWithBoth(_ kind: GatewayKind) async throws {
        var ledgers: [[String]] = []
        for hearing in Month.Hearing.allCases {
            let month = try Month(kind, hearing)
            try await month.tell()
            #expect(try await month.stage.violations() == [], "\(hearing)")
            #expect(month.stage.sandbox.audit.doubles.isEmpty)
            let sources = Set(try await month.stage.text("SELECT DISTINCT source FROM events"))
            #expect(sources.contains("webhook") == (hearing != .poller))
            if kind == .stripe, hearing == .poller { #expect(sources == ["listed"]) }
            if kind == .wooshpay { #expect(!sources.contains("listed")) }
            ledgers.append(try await month.ledger())
        }
        for ledger in ledgers.dropFirst() {
            let difference = ledger.difference(from: ledgers[0])
            #expect(difference.isEmpty, "\(difference)")
        }
        let text = ledgers[0].joined(separator: "\n")
        for word in ["processing"] { #expect(!text.contains(word)) }
        #expect(text.contains("attempt slow 1 succeeded"))
        #expect(text.contains("attempt slowly-declined 5 declined"))
        #expect(text.contains("invoice authenticates 2026-01-01 paid"))
        #expect(text.contains("refund refunded 600 succeeded"))
        #expect(text.contains("dispute disputed 1000 won") == (kind == .stripe))
        #expect(text.contains("refund refund-fails 1000 failed ours 0") == (kind == .stripe))
        #expect(text.contains("refund refunded-there 250 succeeded ours 0") == (kind == .stripe))
    }

    // MARK: - After an outage

    /// Rate x 900 s unknowns, but for the jitter: the one question a second that these limits allow for long.
    @Test func asManyUnknownsAsTheLimitsAllowAreSettledWithinAQuarterOfAnHourAfterAnOutage() async throws {
        let limits = GatewayLimits(perSecond: 10, perEndpointPerSecond: 2)
        let count = 880
        #expect(limits.jobsPerSecond == 1)
        let stage = try Stage { $0.concurrency = 1_000 }
        try await stage.plantSubscriptions(count)
        stage.wire.disturb { $0.kind == .confirm ? .lostAfter : nil }
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.inFlight() == count)
        #expect(stage.sandbox.audit.successes == count)

        // Down for two days: one probe at a time, and no question.
        stage.wire.disturb { _ in .lostBefore }
        for _ in 0..<16 {
            stage.clock.advance(seconds: 3 * 3600)
            try await stage.pass { $0.waitSeconds = 0 }
        }
        let downed = stage.wire.requests.count
        #expect(try await stage.inFlight() == count)

        stage.wire.disturb(nil)
        stage.clock.advance(seconds: Circuit.probeSeconds)
        let up = stage.clock.now
        try await stage.settleAll(limits: limits, until: up.adding(seconds: 900))
        #expect(try await stage.inFlight() == 0)
        #expect(stage.clock.now <= up.adding(seconds: 900))
        let reads = stage.wire.requests.dropFirst(downed).filter { $0.kind == .retrieve }
        #expect(reads.count == count)
        // Never more than the limit, spread over the time that there is.
        let bySecond = Dictionary(grouping: reads) { $0.sentAt.seconds }
        #expect(bySecond.values.allSatisfy { Double($0.count) <= limits.perEndpointPerSecond })
        #expect(bySecond.count > 600)
        #expect(stage.sandbox.audit.successes == count)
        #expect(try await stage.violations() == [])
    }

    /// What had been asked about for so long that a day lay between two questions begins anew.
    @Test func questionsBeginAnewWhenTheGatewayAnswersAgain() async throws {
        let stage = try Stage()
        for number in 1...6 {
            try await stage.customer("c\(number)")
            try await stage.subscribe("s\(number)", customer: "c\(number)")
        }
        stage.wire.disturb { $0.kind == .list || $0.kind == .account ? nil : .lostBefore }
        try await stage.pass { $0.waitSeconds = 0 }
        try await stage.database.write { tx in _ = try tx.execute("UPDATE attempts SET asks = 9") }
        stage.wire.disturb { _ in .lostBefore }
        stage.clock.advance(seconds: 86_400)
        try await stage.pass { $0.waitSeconds = 0 }
        stage.wire.disturb(nil)
        stage.clock.advance(seconds: 60)
        let up = stage.clock.now
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(Set(try await stage.attempts().filter(\.state.isInFlight).map(\.asks)).subtracting([0]).isEmpty)
        try await stage.run(until: up.adding(minutes: 15))
        #expect(try await stage.inFlight() == 0)
        #expect(stage.sandbox.audit.successes == 6)
    }

    // MARK: - What others do at the gateway

    @Test func aRefundThatSomebodyMadeThereIsReadUntilItHasEnded() async throws {
        let stage = try Stage { $0.makesEvents = true }
        try await stage.customer(card: "pm_card_pendingRefund")
        try await stage.subscribe()
        try await stage.pass()
        let intent = try #require(try stage.gatewayIntents().first?.id)
        try stage.post("/v1/refunds", "payment_intent=\(intent)")
        // One webhook arrives; the one that tells of the end does not.
        try await stage.deliver(stage.takeEvents().filter { $0.type.hasPrefix("refund.") })
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.text("SELECT state FROM refunds") == ["pending"])
        try await stage.run(days: 8)
        #expect(try await stage.text("SELECT state FROM refunds") == ["succeeded"])
        #expect(try await stage.text("SELECT state FROM jobs WHERE kind = 'watch-object'") == ["done"])
    }

    @Test(arguments: GatewayKind.allCases)
    func aCardThatIsBeingSavedIsStoredWithoutAnyWebhook(_ kind: GatewayKind) async throws {
        let stage = try Stage { $0.kind = kind }
        let id = try await stage.beginSavingCard()
        try await stage.run(until: stage.clock.now.adding(hours: 2))
        #expect(try await stage.text("SELECT id FROM payment_methods") == ["c1-card"])
        #expect(stage.sandbox.authenticate(intentID: id, .approve))
        try await stage.run(days: 2)
        #expect(try await stage.text("SELECT status FROM setup_intents") == ["succeeded"])
        #expect(try await stage.text("SELECT id FROM payment_methods").count == 2)
        #expect(try await stage.text("SELECT state FROM jobs WHERE kind = 'watch-object'") == ["done"])
    }

    @Test func aCardThatNobodyFinishesSavingIsNotAskedAboutForEver() async throws {
        let stage = try Stage()
        _ = try await stage.beginSavingCard()
        try await stage.run(days: 40)
        #expect(try await stage.text("SELECT state FROM jobs WHERE kind = 'watch-object'") == ["done"])
        let asked = stage.wire.requests.count { $0.path.contains("/setup_intents/") }
        #expect((20...45).contains(asked), "\(asked)")
    }
}

extension Stage {
    /// A customer saves a card that the bank wants to see them for; the id of the setup intent.
    fileprivate func beginSavingCard() async throws -> String {
        try await customer()
        let customer = try #require(try await database.read { tx in try Customers.find("c1", tx) })
        let id = try post(
            "/v1/setup_intents",
            "customer=\(customer.gatewayCustomerID)&payment_method=pm_card_threeDSecure2Required&usage=off_session"
                + "&confirm=true&return_url=https%3A%2F%2Fexample.com%2Fback")
        let clock = clock
        _ = try await SaveCard(database: database, gateway: driver(), now: { clock.now }).run(setupIntentID: id)
        return id
    }

    /// Subscriptions with a customer and a card each, by the hundred.
    fileprivate func plantSubscriptions(_ count: Int) async throws {
        for number in 1...count {
            try await customer("c\(number)")
            try await subscribe("s\(number)", customer: "c\(number)")
        }
    }

    fileprivate func inFlight() async throws -> Int {
        try await database.read { tx in
            try tx.value("SELECT COUNT(*) FROM attempts WHERE ended_at IS NULL") ?? 0
        }
    }

    /// Works off what is due as one worker of limited speed would, one request after the other: the clock moves only
    /// while it waits.
    fileprivate func settleAll(limits: GatewayLimits, until end: Instant) async throws {
        let billing = try billing(driver: limited(limits))
        let gateway = BillingGateway(
            driver: try limited(limits), sending: .twoPhase, retryMode: .sameIntent, limits: limits)
        let limitedBilling = Billing(
            database: billing.database, databaseID: billing.databaseID, gateways: [name: gateway],
            clock: billing.clock, rules: billing.rules, logger: billing.logger, steps: billing.steps)
        let holder = newProcess()
        var options = Pass.Options()
        options.concurrency = 1
        options.waitSeconds = 900
        while clock.now < end, try await inFlight() > 0 {
            let before = clock.now
            _ = try await Pass(
                billing: limitedBilling, holder: holder, options: options, holderIsDead: { $0 != holder }
            ).run()
            if clock.now == before { clock.advance(seconds: 1) }
        }
    }

    /// The driver whose reads take permits, as in the program.
    private func limited(_ limits: GatewayLimits) throws -> any PaymentGateway {
        let (clock, database) = (clock, database)
        return try GatewaySettings(
            name: name, kind: options.kind, key: Secret(Stage.key), userAgent: "dunlin/test",
            returnURL: "https://example.com/back"
        ).gateway(
            environment: GatewayEnvironment(
                transport: wire, now: { clock.now }, sleep: { clock.set(clock.now.adding(milliseconds: $0)) },
                randomBits: { 0 },
                readGate: { endpoint in
                    while let next = try? await database.write({ tx in
                        try limits.takeForRead(endpoint: endpoint, gateway: "stripe", now: clock.now, tx)
                    }) {
                        clock.set(max(next, clock.now.adding(milliseconds: 1)))
                    }
                }))
    }
}
