import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// Rules 5, 6, 19, 25 and 32 and promise P5 of docs/proof.md: what events may do, and what they may not.
@Suite struct EventTests {
    private static func stage(
        kind: GatewayKind = .stripe, card token: String = "pm_card_visa", _ answers: [String?] = []
    ) async throws -> Stage {
        let stage = try Stage {
            $0.kind = kind
            $0.makesEvents = true
        }
        let card = try await stage.customer(card: token)
        if !answers.isEmpty { stage.script(card, answers) }
        try await stage.subscribe()
        return stage
    }

    // MARK: - An intent's life

    /// The life of an intent whose customer had to confirm: everything the gateway told of it.
    private static func confirmedByCustomer(
        _ kind: GatewayKind
    ) async throws -> (stage: Stage, events: [GatewayEvent]) {
        let stage = try await stage(kind: kind, card: "pm_card_authenticationRequired")
        try await stage.pass()
        #expect(try await stage.invoice().waitsFor == .needsCustomer)
        var events = stage.takeEvents()
        let intent = try #require(try stage.gatewayIntents().first)
        if intent.status == "requires_payment_method" {
            // As the recovery page does: confirmed on session, with the customer there.
            try stage.post(
                "/v1/payment_intents/\(intent.id)/confirm",
                "payment_method=\(try #require(try await stage.attempts().first).gatewayPaymentMethodID)"
                    + "&return_url=https%3A%2F%2Fexample.com")
        }
        #expect(stage.sandbox.authenticate(intentID: intent.id, .approve))
        stage.clock.advance(seconds: 5)
        events += stage.takeEvents()
        return (stage, events.filter { $0.type.hasPrefix("payment_intent.") })
    }

    /// Every arrangement of every part of the events: all orders, and all losses but that of everything that tells.
    private static func arrangements<Element>(_ items: [Element]) -> [[Element]] {
        [[]]
            + items.indices.flatMap { index in
                var rest = items
                let first = rest.remove(at: index)
                return arrangements(rest).map { [first] + $0 }
            }
    }

    @Test(arguments: [GatewayKind.stripe, .wooshpay])
    func everyOrderOfAnIntentsEventsWithDuplicatesAndLossesEndsTheSame(_ kind: GatewayKind) async throws {
        let types = try await Self.confirmedByCustomer(kind).events.map(\.type)
        #expect(types.last == "payment_intent.succeeded")
        #expect(types.count >= 3)
        var ends: Set<[String]> = []
        var runs = 0
        for order in Self.arrangements(Array(types.indices)) where order.contains(where: { types[$0] != types[0] }) {
            let (stage, events) = try await Self.confirmedByCustomer(kind)
            #expect(events.map(\.type) == types)
            for index in order {
                try await stage.deliver(events[index])
                // Another process applies what is there before the next one comes, or after: both happen.
                if index % 2 == 0 { try await stage.pass() }
                try await stage.deliver(events[index])
            }
            try await stage.pass()
            for index in order.reversed() { try await stage.deliver(events[index]) }
            try await stage.pass()
            ends.insert(try await stage.moneyState())
            #expect(try await stage.violations() == [])
            #expect(stage.sandbox.audit.doubles.isEmpty)
            #expect(try await stage.text("SELECT event_id FROM events WHERE state IN ('received', 'failed')") == [])
            runs += 1
        }
        #expect(runs > 9)
        #expect(ends.count == 1, "\(ends)")
        #expect(ends.first?.first?.hasPrefix("invoice paid - late 0 collected 1000") == true, "\(ends)")
    }

    /// The same for a debt that is declined and collected at the second try, with the events of both in any order.
    @Test func theEventsOfADeclineAndARetryChangeNothingInAnyOrder() async throws {
        let first = try await Self.stage(["insufficient_funds", nil])
        try await first.run(days: 10)
        let expected = try await first.moneyState()
        let count = first.takeEvents().filter { $0.type.hasPrefix("payment_intent.") }.count
        #expect(count == 3)
        for order in Self.arrangements(Array(0..<count)) {
            let stage = try await Self.stage(["insufficient_funds", nil])
            try await stage.run(days: 10)
            let events = stage.takeEvents().filter { $0.type.hasPrefix("payment_intent.") }
            let confirms = stage.wire.count(.confirm)
            for index in order { try await stage.deliver([events[index], events[index]]) }
            try await stage.pass()
            #expect(try await stage.moneyState() == expected)
            #expect(stage.wire.count(.confirm) == confirms)
        }
    }

    // MARK: - Before our own reply

    /// The event of each request arrives while its answer is still on the way, and another process works it off.
    @Test(arguments: [GatewayKind.stripe, .wooshpay], [WireRequest.Kind.create, .confirm])
    func anEventThatOvertakesOurOwnReplyIsNotForeign(_ kind: GatewayKind, _ request: WireRequest.Kind) async throws {
        let stage = try await Self.stage(kind: kind)
        stage.wire.afterEffect { sent in
            guard sent.kind == request, sent.number == 1 else { return }
            do {
                try await stage.deliver(stage.takeEvents())
                try await stage.worker(concurrency: 5).round()
            } catch { Issue.record(error) }
        }
        try await stage.run(days: 1)
        #expect(try await stage.invoice().state == .paid)
        #expect(stage.sandbox.audit.successes == 1)
        #expect(stage.wire.count(.confirm) == 1)
        #expect(try await stage.text("SELECT event_id FROM events WHERE is_foreign = 1") == [])
        #expect(try await stage.text("SELECT event_id FROM events WHERE state IN ('received', 'failed')") == [])
        #expect(try await stage.violations() == [])
    }

    /// The process dies before it has stored the intent's id: the event names the intent, and it is adopted.
    @Test(arguments: [GatewayKind.stripe, .wooshpay])
    func anEventTellsTheIdThatALostReplyWouldHaveTold(_ kind: GatewayKind) async throws {
        let stage = try await Self.stage(kind: kind)
        stage.wire.strike(.create, [1], with: .lostAfter)
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.intents().map(\.gatewayID) == [nil])
        stage.wire.disturb(nil)
        try await stage.deliver(stage.takeEvents())
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.intents().first?.gatewayID == stage.gatewayIntents().first?.id)
        try await stage.run(days: 1)
        #expect(try await stage.invoice().state == .paid)
        #expect(try stage.gatewayIntents().count == 1)
        #expect(try await stage.violations() == [])
    }

    /// An attempt whose confirm was lost is settled by its event, long before the settle job would ask.
    @Test func anEventSettlesAnAttemptInFlight() async throws {
        let stage = try await Self.stage()
        stage.wire.strike(.confirm, [1], with: .lostAfter)
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.attempts().map(\.state) == [.unknown])
        stage.wire.disturb(nil)
        try await stage.deliver(stage.takeEvents())
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.attempts().map(\.state) == [.succeeded])
        #expect(try await stage.invoice().state == .paid)
        #expect(try await stage.storedEvent("payment_intent.succeeded").state == .applied)
        #expect(stage.wire.count(.confirm) == 1)
    }

    /// A run that dies at any of its steps leaves the event to the next one.
    @Test func anEventIsAppliedOnceThoughItsRunIsCutOffAnywhere() async throws {
        var cut = 1
        while true {
            let stage = try await Self.stage()
            stage.wire.strike(.confirm, [1], with: .lostAfter)
            try await stage.pass { $0.waitSeconds = 0 }
            stage.wire.disturb(nil)
            try await stage.deliver(stage.takeEvents())
            let before = stage.fuse.names.count
            stage.fuse.cut(before: before + cut)
            try await stage.run(days: 1)
            let steps = stage.fuse.names.count - before
            stage.fuse.disarm()
            #expect(try await Judge.problems(stage, .paid) == [])
            #expect(try await stage.text("SELECT event_id FROM events WHERE state IN ('received', 'failed')") == [])
            if cut >= steps { break }
            cut += 1
        }
        #expect(cut > 5)
    }

    // MARK: - What an event may not do

    /// The payload says succeeded, and the gateway says that nothing happened: the ledger stays as it is.
    /// Held for a person, it is not tried again on its schedule besides.
    @Test func anEventWhoseReadIsAboutSomebodyElseHoldsTheDebtAndNothingIsTriedMeanwhile() async throws {
        let stage = try Stage { $0.makesEvents = true }
        let card = try await stage.customer()
        stage.script(card, ["insufficient_funds"])
        try await stage.subscribe()
        try await stage.run(days: 1)
        #expect(try await stage.invoice().waitsFor == .retrying)
        let id = try #require(try stage.gatewayIntents().first?.id)
        let body = """
            {"id":"\(id)","object":"payment_intent","status":"succeeded","amount":1000,"currency":"usd",\
            "customer":"cus_other","livemode":false,"metadata":{}}
            """
        stage.wire.disturb { $0.kind == .retrieve ? .answer(200, body: body) : nil }
        try await stage.deliver(stage.takeEvents())
        try await stage.pass()
        #expect(try await stage.invoice().waitsFor == .onHold)
        #expect(try await stage.violations() == [])
        stage.wire.disturb(nil)
        try await stage.run(days: 10)
        #expect(stage.wire.count(.confirm) == 1)
        #expect(try await stage.violations() == [])
    }

    @Test func aPayloadAloneChangesNothing() async throws {
        let stage = try await Self.stage(["insufficient_funds"])
        try await stage.pass { $0.waitSeconds = 0 }
        let intent = try #require(try await stage.intents().first)
        let before = try await stage.moneyState()
        var forged = GatewayEvent(id: "evt_forged", type: "payment_intent.succeeded")
        (forged.objectType, forged.objectID, forged.intentID) = ("payment_intent", intent.gatewayID, intent.gatewayID)
        try await stage.deliver(forged)
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.moneyState() == before)
        #expect(try await stage.storedEvent("payment_intent.succeeded").state == .applied)
        #expect(stage.sandbox.audit.successes == 0)
    }

    @Test func aSuccessThatAnEventTellsOfAfterTheDebtEndedIsRecordedAsLate() async throws {
        let (stage, events) = try await Self.confirmedByCustomer(.stripe)
        try await stage.cancel()
        stage.wire.disturb { $0.kind == .cancel || $0.kind == .retrieve ? .lostBefore : nil }
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.invoice().state == .closing)
        stage.wire.disturb(nil)
        try await stage.deliver(events)
        try await stage.run(days: 2)
        let invoice = try await stage.invoice()
        #expect(invoice.state == .paid)
        #expect(try await stage.text("SELECT CAST(is_late AS TEXT) FROM invoices") == ["1"])
        #expect(try await stage.activity("collected_after_cancel") == 1)
    }

    @Test func anIntentOfSomebodyElseIsKeptAsForeignAndNeverCharged() async throws {
        let stage = try await Self.stage()
        try await stage.pass()
        _ = stage.takeEvents()
        let customer = try #require(try await stage.database.read { tx in try Customers.find("c1", tx) })
        try stage.post("/v1/payment_intents", "amount=700&currency=usd&customer=\(customer.gatewayCustomerID)")
        let before = (stage.wire.requests.count, try await stage.moneyState())
        try await stage.deliver(stage.takeEvents())
        try await stage.run(days: 1)
        let stored = try await stage.storedEvent("payment_intent.created")
        #expect(stored.state == .ignored)
        #expect(stored.isForeign)
        #expect(try await stage.moneyState() == before.1)
        #expect(stage.wire.moneyRequests.count { $0.place >= before.0 } == 0)
    }

    /// A create that the gateway carried out long after its answer was lost: the debt has ended, and nobody confirms it.
    @Test func anIntentThatTurnsUpAfterTheDebtEndedIsCanceled() async throws {
        let stage = try await Self.stage(["insufficient_funds"])
        try await stage.pass { $0.waitSeconds = 0 }
        let period = try await stage.invoice().invoice.periodStart
        let attempt = try #require(try await stage.attempts().first)
        let reference = try #require(try await stage.intents().first).reference
        try await stage.cancel()
        try await stage.run(days: 1)
        #expect(try await stage.invoice().state == .void)
        _ = stage.takeEvents()
        try stage.post(
            "/v1/payment_intents",
            "amount=1000&currency=usd&customer=\(attempt.gatewayCustomerID)"
                + "&payment_method=\(attempt.gatewayPaymentMethodID)"
                + "&metadata[dunlin_subscription]=s1&metadata[dunlin_period]=\(period)"
                + "&metadata[dunlin_database]=\(Stage.databaseID)&metadata[dunlin_reference]=\(reference)")
        try await stage.deliver(stage.takeEvents())
        try await stage.run(days: 1)
        #expect(try stage.gatewayIntents().allSatisfy { !$0.isOpen })
        #expect(try await stage.invoice().state == .void)
        #expect(try await stage.violations() == [])
    }

    /// The file was replaced by an earlier copy, in which the debt ended before the tries that the gateway knows of.
    @Test func anIntentThatWasTriedInAnotherTimelineIsCanceledWhereItsDebtHasEnded() async throws {
        let stage = try await Self.stage(["insufficient_funds", "insufficient_funds"])
        try await stage.pass { $0.waitSeconds = 0 }
        let invoice = try await stage.invoice().invoice
        let attempt = try #require(try await stage.attempts().first)
        try await stage.cancel()
        try await stage.run(days: 1)
        _ = stage.takeEvents()
        let reference = invoice.reference(intentNumber: 2, databaseID: Stage.databaseID).text
        let id = try stage.post(
            "/v1/payment_intents",
            "amount=1000&currency=usd&customer=\(attempt.gatewayCustomerID)"
                + "&payment_method=\(attempt.gatewayPaymentMethodID)"
                + "&metadata[dunlin_subscription]=s1&metadata[dunlin_period]=\(invoice.periodStart)"
                + "&metadata[dunlin_database]=\(Stage.databaseID)&metadata[dunlin_reference]=\(reference)")
        stage.confirmInVain(id)
        try await stage.deliver(stage.takeEvents())
        try await stage.run(days: 1)
        #expect(try stage.gatewayIntents().allSatisfy { !$0.isOpen })
        #expect(try await stage.intents().map(\.status) == ["canceled", "canceled"])
        #expect(try await stage.invoice().state == .void)
        #expect(try await stage.violations() == [])
    }

    /// Another database has collected this very period: the debt is held, and somebody is told (money.md 13).
    @Test func aSuccessOfAnotherDatabaseForTheSamePeriodHoldsTheInvoice() async throws {
        let stage = try await Self.stage(["insufficient_funds"])
        try await stage.pass { $0.waitSeconds = 0 }
        _ = stage.takeEvents()
        let period = try await stage.invoice().invoice.periodStart
        let method = try #require(try await stage.attempts().first).gatewayPaymentMethodID
        let customer = try #require(try await stage.attempts().first).gatewayCustomerID
        try stage.post(
            "/v1/payment_intents",
            "amount=1000&currency=usd&customer=\(customer)&payment_method=\(method)&confirm=true&off_session=true"
                + "&metadata[dunlin_subscription]=s1&metadata[dunlin_period]=\(period)"
                + "&metadata[dunlin_database]=another&metadata[dunlin_reference]=dl-other")
        try await stage.deliver(stage.takeEvents())
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.invoice().waitsFor == .onHold)
        #expect(try await stage.activity("incident") == 1)
    }

    // MARK: - What is kept and ignored

    @Test func whatBillingDoesNotNeedIsKeptWithItsReason() async throws {
        let stage = try await Self.stage()
        #expect(try await stage.deliver(GatewayEvent(id: "evt_1", type: "invoice.paid", objectID: "in_1")) == .ignored)
        #expect(
            try await stage.deliver(GatewayEvent(id: "evt_2", type: "setup_intent.created", objectID: "seti_1"))
                == .ignored)
        var live = GatewayEvent(id: "evt_3", type: "payment_intent.succeeded", objectID: "pi_1")
        live.isLive = true
        #expect(try await stage.deliver(live) == .ignored)
        #expect(
            try await stage.text("SELECT reason FROM events ORDER BY event_id") == [
                "not a type that billing needs", "noted: nothing was saved yet", "of live mode, and mode is test",
            ])
        #expect(try await stage.text("SELECT kind FROM jobs WHERE kind = 'apply-event'") == [])
    }

    @Test func anEventIsStoredOnceAndItsDeliveriesAreCounted() async throws {
        let stage = try await Self.stage()
        try await stage.pass()
        let events = stage.takeEvents()
        for _ in 0..<3 { try await stage.deliver(events) }
        #expect(try await stage.text("SELECT DISTINCT CAST(deliveries AS TEXT) FROM events") == ["3"])
        #expect(try await stage.text("SELECT CAST(COUNT(*) AS TEXT) FROM events") == ["\(events.count)"])
    }

    /// The usual case costs no request: the ledger knows it from its own reply.
    @Test func theEventOfACollectedDebtIsNotReadAgain() async throws {
        let stage = try await Self.stage()
        try await stage.pass()
        let requests = stage.wire.requests.count
        try await stage.deliver(stage.takeEvents().filter { $0.type.hasPrefix("payment_intent.") })
        try await stage.pass()
        #expect(try await stage.storedEvent("payment_intent.succeeded").state == .applied)
        #expect(try await stage.text("SELECT kind FROM jobs WHERE kind = 'apply-event'") == [])
        #expect(stage.wire.requests.count == requests)
    }

    @Test func anEventThatCannotBeReadIsFailedAndAppliedLater() async throws {
        let (stage, events) = try await Self.confirmedByCustomer(.stripe)
        stage.wire.disturb { $0.kind == .retrieve ? .answer(500, headers: [:], body: "{}", afterEffect: false) : nil }
        try await stage.deliver(events)
        try await stage.run(until: stage.clock.now.adding(hours: 5))
        #expect(try await stage.storedEvent("payment_intent.succeeded").state == .failed)
        #expect(try await stage.invoice().state == .open)
        stage.wire.disturb(nil)
        try await stage.run(days: 1)
        #expect(try await stage.storedEvent("payment_intent.succeeded").state == .applied)
        #expect(try await stage.invoice().state == .paid)
    }
}
