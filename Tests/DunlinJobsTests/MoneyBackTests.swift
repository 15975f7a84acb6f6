import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Foundation
import Testing

@testable import DunlinJobs

/// Rule 24, as far as events tell of it: refunds and disputes are amounts and flags on an invoice that stays paid.
@Suite struct MoneyBackTests {
    private static func paid(
        _ kind: GatewayKind = .stripe, card: String = "pm_card_visa"
    ) async throws -> (stage: Stage, intentID: String) {
        let stage = try Stage {
            $0.kind = kind
            $0.makesEvents = true
        }
        try await stage.customer(card: card)
        try await stage.subscribe()
        try await stage.pass()
        #expect(try await stage.invoice().state == .paid)
        let intentID = try #require(try stage.gatewayIntents().first?.id)
        return (stage, intentID)
    }

    private static let isRefund: @Sendable (GatewayEvent) -> Bool = {
        $0.type.hasPrefix("charge.refund") || $0.type.hasPrefix("refund.")
    }
    private static let isDispute: @Sendable (GatewayEvent) -> Bool = { $0.type.hasPrefix("charge.dispute.") }

    private static func shuffles<Element>(_ items: [Element], _ count: Int) -> [[Element]] {
        var generator = SeededGenerator(seed: 24)
        return [items, items.reversed()] + (0..<count).map { _ in items.shuffled(using: &generator) }
    }

    // MARK: - Refunds

    @Test(arguments: [GatewayKind.stripe, .wooshpay])
    func refundsMadeAtTheGatewayAreCountedOnceInAnyOrder(_ kind: GatewayKind) async throws {
        for seed in 0..<6 {
            let (stage, intentID) = try await Self.paid(kind)
            _ = stage.takeEvents()
            if kind == .stripe {
                try stage.post("/v1/refunds", "payment_intent=\(intentID)&amount=300")
                try stage.post("/v1/refunds", "payment_intent=\(intentID)&amount=200")
            } else {
                try stage.postJSON("/v1/refunds", #"{"payment_intent":"\#(intentID)","amount":"300"}"#)
                try stage.postJSON("/v1/refunds", #"{"payment_intent":"\#(intentID)","amount":"200"}"#)
            }
            let events = stage.takeEvents().filter(Self.isRefund)
            #expect(events.count >= 2)
            for event in Self.shuffles(events + events, 4)[seed] {
                try await stage.deliver(event)
                if seed % 2 == 0 { try await stage.pass() }
            }
            try await stage.pass()
            let invoice = try await stage.invoice()
            #expect(invoice.state == .paid)
            #expect(try await stage.text("SELECT CAST(refunded_minor AS TEXT) FROM invoices") == ["500"])
            #expect(try await stage.text("SELECT state FROM refunds") == ["succeeded", "succeeded"])
            #expect(try await stage.activity("refunded") == 2)
            #expect(try await stage.violations() == [])
        }
    }

    /// The bank sends it back: the money is ours again, and the invoice says so.
    @Test func aRefundThatFailsLaterCountsNoMore() async throws {
        let (stage, intentID) = try await Self.paid(card: "pm_card_refundFail")
        try stage.post("/v1/refunds", "payment_intent=\(intentID)")
        try await stage.deliver(stage.takeEvents().filter(Self.isRefund))
        try await stage.pass()
        #expect(try await stage.text("SELECT CAST(refunded_minor AS TEXT) FROM invoices") == ["1000"])
        stage.clock.advance(seconds: 3600)
        let late = stage.takeEvents().filter(Self.isRefund)
        #expect(!late.isEmpty)
        try await stage.deliver(late)
        try await stage.pass()
        #expect(try await stage.text("SELECT CAST(refunded_minor AS TEXT) FROM invoices") == ["0"])
        #expect(try await stage.text("SELECT state FROM refunds") == ["failed"])
        #expect(try await stage.activity("refund_failed") == 1)
        #expect(try await stage.invoice().state == .paid)
    }

    /// A refund of money that the ledger has not heard of: the collection comes first.
    @Test func aRefundOfAnUnheardSuccessRecordsBoth() async throws {
        let stage = try Stage { $0.makesEvents = true }
        try await stage.customer()
        try await stage.subscribe()
        stage.wire.strike(.confirm, [1], with: .lostAfter)
        try await stage.pass { $0.waitSeconds = 0 }
        stage.wire.disturb(nil)
        let intentID = try #require(try stage.gatewayIntents().first?.id)
        try stage.post("/v1/refunds", "payment_intent=\(intentID)")
        try await stage.deliver(stage.takeEvents().filter(Self.isRefund))
        try await stage.run(days: 1)
        #expect(try await stage.invoice().state == .paid)
        #expect(try await stage.invoice().collectedMinor == 1000)
        #expect(try await stage.text("SELECT CAST(refunded_minor AS TEXT) FROM invoices") == ["1000"])
        #expect(stage.sandbox.audit.successes == 1)
        #expect(try await stage.violations() == [])
    }

    // MARK: - Disputes

    @Test(arguments: [GatewayKind.stripe, .wooshpay])
    func aDisputeIsAFlagOnAPaidInvoiceAndHoldsTheOthers(_ kind: GatewayKind) async throws {
        let (stage, _) = try await Self.paid(kind, card: "pm_card_createDispute")
        try await stage.subscribe("s2") { $0.parallel = true }
        stage.clock.advance(seconds: 3600)
        let opened = stage.takeEvents().filter(Self.isDispute)
        #expect(opened.map(\.type).contains("charge.dispute.created"))
        try await stage.deliver(opened.reversed())
        try await stage.pass { $0.waitSeconds = 0 }
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.invoice().state == .paid)
        #expect(
            try await stage.text("SELECT CAST(disputed_minor AS TEXT) FROM invoices WHERE state = 'paid'") == ["1000"])
        let other = try await stage.invoice("s2")
        #expect(other.waitsFor == .onHold)
        #expect(other.invoice.holdReason?.contains("dispute") == true)
        #expect(stage.sandbox.audit.successes == 1)
        #expect(try await stage.violations() == [])
    }

    @Test(arguments: ["winning_evidence", "losing_evidence"])
    func theEndOfADisputeLetsTheOthersGoOnOnlyWhenItIsWon(_ evidence: String) async throws {
        let (stage, _) = try await Self.paid(card: "pm_card_createDispute")
        stage.clock.advance(seconds: 3600)
        let opened = stage.takeEvents().filter(Self.isDispute)
        try await stage.deliver(opened)
        try await stage.pass { $0.waitSeconds = 0 }
        try await stage.card("good", of: "c1")
        try await stage.subscribe("s2") {
            $0.parallel = true
            $0.paymentMethodID = "good"
        }
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.invoice("s2").waitsFor == .onHold)
        let disputeID = try #require(opened.first?.objectID)
        try stage.post("/v1/disputes/\(disputeID)", "evidence[uncategorized_text]=\(evidence)")
        let ended = stage.takeEvents().filter(Self.isDispute)
        // The old ones come again behind the new ones: nothing opens again.
        try await stage.deliver(ended + opened)
        try await stage.run(days: 1)
        let isWon = evidence == "winning_evidence"
        #expect(try await stage.invoice("s2").state == (isWon ? .paid : .open))
        #expect(
            try await stage.text("SELECT CAST(disputed_minor AS TEXT) FROM invoices WHERE subscription_id = 's1'")
                == [isWon ? "0" : "1000"])
        #expect(try await stage.text("SELECT status FROM disputes") == [isWon ? "won" : "lost"])
        #expect(try await stage.invoice("s1").state == .paid)
        #expect(try await stage.violations() == [])
    }

    // MARK: - Cards

    @Test func aDetachedCardIsChargedNoMore() async throws {
        let stage = try Stage { $0.makesEvents = true }
        let card = try await stage.customer()
        _ = stage.takeEvents()
        try stage.post("/v1/payment_methods/\(card)/detach", "")
        try await stage.deliver(stage.takeEvents())
        try await stage.pass { $0.waitSeconds = 0 }
        try await stage.subscribe()
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.invoice().waitsFor == .needsMethod)
        #expect(stage.wire.moneyRequests.isEmpty)
        #expect(try await stage.activity("payment_method_closed") == 1)
    }

    @Test func aDeletedCustomerHasNoCardsAnyMore() async throws {
        let stage = try Stage { $0.makesEvents = true }
        try await stage.customer()
        _ = stage.takeEvents()
        let customer = try #require(try await stage.database.read { tx in try Customers.find("c1", tx) })
        stage.delete("/v1/customers/\(customer.gatewayCustomerID)")
        let events = stage.takeEvents()
        #expect(events.contains { $0.type == "customer.deleted" })
        try await stage.deliver(events)
        try await stage.pass { $0.waitSeconds = 0 }
        try await stage.subscribe()
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.invoice().waitsFor == .needsMethod)
        #expect(stage.wire.moneyRequests.isEmpty)
    }

    /// The network's new number is stored, and the card is charged on.
    @Test func aCardThatItsNetworkRenewedIsChargedOn() async throws {
        let stage = try Stage { $0.makesEvents = true }
        let card = try await stage.customer()
        _ = stage.takeEvents()
        var event = GatewayEvent(id: "evt_updated", type: "payment_method.automatically_updated", objectID: card)
        event.objectType = "payment_method"
        try await stage.deliver(event)
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.text("SELECT last4 FROM payment_methods") == ["4242"])
        try await stage.subscribe()
        try await stage.pass()
        #expect(try await stage.invoice().state == .paid)
    }

    /// Another brand needs the customer's word anew.
    @Test func aCardWhoseBrandTheNetworkChangedIsNotCharged() async throws {
        let stage = try Stage { $0.makesEvents = true }
        let card = try await stage.customer(brand: "mastercard")
        _ = stage.takeEvents()
        try await stage.deliver(
            GatewayEvent(id: "evt_updated", type: "payment_method.automatically_updated", objectID: card))
        try await stage.pass { $0.waitSeconds = 0 }
        try await stage.subscribe()
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.invoice().waitsFor == .needsMethod)
    }

    /// Only a SetupIntent that reads as succeeded saves a card; its event may lie.
    @Test func aCardIsSavedByWhatTheSetupIntentReads() async throws {
        let stage = try Stage { $0.makesEvents = true }
        try await stage.customer()
        let customer = try #require(try await stage.database.read { tx in try Customers.find("c1", tx) })
        let open = try stage.post(
            "/v1/setup_intents", "customer=\(customer.gatewayCustomerID)&payment_method_types[]=card")
        _ = stage.takeEvents()
        var lie = GatewayEvent(id: "evt_lie", type: "setup_intent.succeeded", objectID: open)
        lie.customerID = customer.gatewayCustomerID
        try await stage.deliver(lie)
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.text("SELECT id FROM payment_methods") == ["c1-card"])
        try stage.post("/v1/setup_intents/\(open)/confirm", "payment_method=pm_card_mastercard")
        try await stage.deliver(stage.takeEvents().filter { $0.type == "setup_intent.succeeded" })
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.text("SELECT brand FROM payment_methods ORDER BY id").contains("mastercard"))
        #expect(try await stage.text("SELECT status FROM setup_intents") == ["succeeded"])
    }
}
