import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// What ends a debt, or lets it rest, while a retry is scheduled.
enum Stop: String, CaseIterable, Sendable {
    /// By the owner's row.
    case cancelRow, pauseRow
    /// By hand.
    case cancel, pause, void, markPaid, markUncollectible, hold
    /// By what the gateway tells.
    case dispute, customerDeleted, cardDetached

    /// How the invoice stands then.
    var state: Invoice.State {
        switch self {
        case .cancelRow, .cancel, .void: .void
        case .markPaid: .paid
        case .markUncollectible: .uncollectible
        case .pauseRow, .pause, .hold, .dispute, .customerDeleted, .cardDetached: .open
        }
    }

    var wait: Invoice.Wait? {
        switch self {
        case .pauseRow, .pause, .hold, .dispute: .onHold
        case .customerDeleted, .cardDetached: .needsMethod
        case .cancelRow, .cancel, .void, .markPaid, .markUncollectible: nil
        }
    }
}

/// Rule 20 and promise P7: everything stops when it should, whoever says so and on whatever connection.
@Suite struct StoppingTests {
    private static func order(_ stage: Stage) -> HandOrder {
        HandOrder(reason: "a test", actor: "somebody@here", now: stage.clock.now)
    }

    /// A debt that was declined an hour ago and is tried again in days.
    private static func declined(_ kind: GatewayKind) async throws -> (stage: Stage, card: String) {
        let stage = try Stage {
            $0.kind = kind
            $0.makesEvents = true
        }
        let card = try await stage.customer()
        stage.script(card, ["insufficient_funds"])
        try await stage.subscribe()
        try await stage.run(until: stage.clock.now.adding(hours: 1))
        #expect(try await stage.invoice().waitsFor == .retrying)
        _ = stage.takeEvents()
        return (stage, card)
    }

    private static func apply(_ stop: Stop, _ stage: Stage, card: String) async throws {
        let id = try await stage.invoice().id
        let order = order(stage)
        func invoice(_ verb: InvoiceVerb) async throws {
            _ = try await HandBatch(verb, on: [id], order, in: stage.database).carryOut()
        }
        func subscription(_ verb: SubscriptionVerb) async throws {
            _ = try await HandBatch(verb, on: ["s1"], order, in: stage.database).carryOut()
        }
        switch stop {
        case .cancelRow: try await plainSQL("UPDATE subscriptions SET status = 'canceled' WHERE id = 's1'", stage)
        case .pauseRow: try await plainSQL("UPDATE subscriptions SET status = 'paused' WHERE id = 's1'", stage)
        case .cancel: try await subscription(.cancel)
        case .pause: try await subscription(.pause(shifts: nil))
        case .void: try await invoice(.void)
        case .markPaid: try await invoice(.markPaid)
        case .markUncollectible: try await invoice(.markUncollectible)
        case .hold: try await invoice(.hold)
        case .dispute: try await plantDispute(stage)
        case .customerDeleted:
            let customer = try #require(try await stage.database.read { tx in try Customers.find("c1", tx) })
            stage.delete("/v1/customers/\(customer.gatewayCustomerID)")
            try await stage.deliver(stage.takeEvents().filter { $0.type == "customer.deleted" })
        case .cardDetached:
            try stage.post("/v1/payment_methods/\(card)/detach", "")
            try await stage.deliver(stage.takeEvents().filter { $0.type == "payment_method.detached" })
        }
    }

    private static func plainSQL(_ sql: String, _ stage: Stage) async throws {
        try await stage.database.write { tx in try tx.executeScript(sql) }
    }

    /// A dispute about an older charge of the customer.
    private static func plantDispute(_ stage: Stage) async throws {
        let now = stage.clock.now
        let name = stage.name
        try await stage.database.write { tx in
            try tx.execute(
                """
                INSERT INTO disputes (gateway, gateway_id, intent_id, customer_id, amount_minor, currency, status,
                    is_open, opened_at, updated_at)
                SELECT ?1, 'dp_1', id, 'c1', 1000, 'USD', 'needs_response', 1, ?2, ?2 FROM intents LIMIT 1
                """, name, now)
        }
    }

    @Test(arguments: Stop.allCases, [GatewayKind.stripe, .wooshpay])
    func aScheduledRetryIsNeverSentOnceItWasStopped(_ stop: Stop, _ kind: GatewayKind) async throws {
        // WooshPay tells of neither.
        if kind == .wooshpay, stop == .customerDeleted || stop == .cardDetached { return }
        let (stage, card) = try await Self.declined(kind)
        let sent = stage.wire.count(.confirm)
        try await Self.apply(stop, stage, card: card)
        try await stage.run(days: 40)
        #expect(stage.wire.count(.confirm) == sent, "nothing is sent again")
        let invoice = try await stage.invoice()
        #expect(invoice.state == stop.state)
        #expect(invoice.waitsFor == stop.wait)
        if stop.state != .open {
            #expect(try stage.gatewayIntents().allSatisfy { !$0.isOpen }, "what was open at the gateway is canceled")
        }
        #expect(stage.sandbox.audit.successes == 0)
        #expect(try await stage.violations() == [])
    }

    @Test(arguments: [Stop.pauseRow, .pause, .hold, .dispute], [GatewayKind.stripe, .wooshpay])
    func whatWasOnHoldGoesOnWhereItStood(_ stop: Stop, _ kind: GatewayKind) async throws {
        let (stage, card) = try await Self.declined(kind)
        try await Self.apply(stop, stage, card: card)
        try await stage.run(days: 5)
        let id = try await stage.invoice().id
        let order = Self.order(stage)
        switch stop {
        case .pauseRow:
            try await Self.plainSQL("UPDATE subscriptions SET status = 'active' WHERE id = 's1'", stage)
        case .pause: _ = try await HandBatch(SubscriptionVerb.resume, on: ["s1"], order, in: stage.database).carryOut()
        case .hold: _ = try await HandBatch(InvoiceVerb.release, on: [id], order, in: stage.database).carryOut()
        default:
            let now = stage.clock.now
            try await stage.database.write { tx in
                try tx.execute("UPDATE disputes SET is_open = 0, status = 'won'")
                try DisputeHold(now: now).end("c1", disputeID: "dp_1", isLost: false, tx)
            }
        }
        try await stage.run(days: 1)
        #expect(try await Judge.problems(stage, .paid) == [])
    }

    @Test func aPauseByHandIsNotLiftedByAnImport() async throws {
        let (stage, card) = try await Self.declined(.stripe)
        try await Self.apply(.pause, stage, card: card)
        try await stage.edit { $0.status = .paused }
        try await stage.run(days: 1)
        try await stage.edit { $0.status = .active }
        try await stage.run(days: 30)
        #expect(try await stage.invoice().waitsFor == .onHold)
        #expect(try await stage.text("SELECT state FROM billing_state") == ["paused"])
    }

    @Test func aPauseByHandMovesWhatFollowsWhereItSaysSo() async throws {
        for shifts in [true, false] {
            let stage = try Stage()
            try await stage.customer()
            try await stage.subscribe { $0.interval = "week" }
            try await stage.pass()
            let order = Self.order(stage)
            _ = try await HandBatch(SubscriptionVerb.pause(shifts: shifts), on: ["s1"], order, in: stage.database)
                .carryOut()
            try await stage.run(days: 10)
            _ = try await HandBatch(SubscriptionVerb.resume, on: ["s1"], Self.order(stage), in: stage.database)
                .carryOut()
            try await stage.run(days: 10)
            let starts = try await stage.invoices().map(\.invoice.periodStart)
            #expect(starts == (shifts ? ["2026-01-01", "2026-01-18"] : ["2026-01-01", "2026-01-15"]))
            #expect(try await stage.violations() == [])
        }
    }
}
