import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// A month of a small company at one gateway: cards of every kind, refunds, a dispute, a customer who authenticates
/// late, two replies that are lost. Who tells the ledger what happened is up to the test.
struct Month {
    /// How the ledger hears of what happens at the gateway.
    enum Hearing: String, CaseIterable, Sendable, CustomTestStringConvertible {
        /// Webhooks only: nothing is asked that was not told of before.
        case webhooks
        /// Questions only: no webhook ever arrives.
        case poller
        case both

        var testDescription: String { rawValue }
    }

    static let days: Int64 = 31

    let stage: Stage
    let hearing: Hearing

    init(_ kind: GatewayKind, _ hearing: Hearing) throws {
        self.hearing = hearing
        let schedule = hearing == .webhooks ? "" : "fetch */15 * * * * UTC fetch-events"
        let lines = CronTable(schedule, knownKinds: ScheduledKinds.known).lines
        stage = try Stage {
            $0.kind = kind
            $0.makesEvents = true
            $0.schedule = lines
        }
    }

    /// Tells the month from its first day to its last.
    func tell() async throws {
        try await open()
        stage.wire.disturb { Self.fault($0) }
        var actions = self.actions
        let end = stage.clock.now.adding(days: Self.days)
        while true {
            while let action = actions.first, action.at <= stage.clock.now {
                try await action.act(stage)
                actions.removeFirst()
            }
            try await hear()
            try await stage.pass(options: { $0.waitSeconds = 0 }, rules: { rules in adjust(&rules) })
            guard stage.clock.now < end else { return }
            let times = [
                try await nextDue(),
                hearing == .poller ? nil : stage.sandbox.nextDeliveryDue.map { Instant(milliseconds: $0) }, end,
                actions.first?.at, stage.clock.now.adding(hours: 3),
            ].compactMap { $0 }
            stage.clock.set(max(times.min() ?? end, stage.clock.now.adding(seconds: 1)))
        }
    }

    private static func fault(_ request: WireRequest) -> WireFault? {
        (request.kind == .create && request.number == 3) || (request.kind == .confirm && request.number == 5)
            ? .lostAfter : nil
    }

    /// Without the poller a question that nobody asks for comes ten years later.
    private func adjust(_ rules: inout BillingRules) {
        if hearing == .webhooks { rules.dunning.settleDelaysSeconds = [10 * 366 * 86_400] }
    }

    private func hear() async throws {
        guard hearing != .poller else { return }
        let isStripe = stage.options.kind == .stripe
        for event in stage.takeEvents() where isStripe || Self.isOfWooshPay(event) { try await stage.deliver(event) }
    }

    /// The sandbox's cards were saved by Stripe's calls; WooshPay has no events about cards (wooshpay.md 3.3).
    private static func isOfWooshPay(_ event: GatewayEvent) -> Bool {
        !event.type.hasPrefix("payment_method.") && !event.type.hasPrefix("customer.")
    }

    private func nextDue() async throws -> Instant? {
        try await stage.database.read { tx in
            let times: [Instant?] = [
                try tx.value("SELECT MIN(run_at) FROM jobs WHERE state = 'ready'"),
                try tx.value("SELECT MIN(lease_until) FROM jobs WHERE state = 'running'"),
                try tx.value("SELECT MIN(next_boundary_at) FROM billing_state"),
            ]
            return times.compactMap { $0 }.min()
        }
    }

    // MARK: - The company

    private static let cards = [
        "visa": "pm_card_visa", "amex": "pm_card_amex", "jcb": "pm_card_jcb", "lost": "pm_card_sandbox_lost_card",
        "slow": "pm_card_sandbox_slow", "slowly-declined": "pm_card_sandbox_slow_decline",
        "third-try": "pm_card_sandbox_insufficient_funds_2", "never": "pm_card_sandbox_insufficient_funds",
        "authenticates": "pm_card_authenticationRequired", "refunded": "pm_card_pendingRefund",
    ]
    /// What somebody does at the gateway itself can be asked about at Stripe only: WooshPay lists no events, no refunds
    /// and no disputes (wooshpay.md 3.2).
    private static let cardsOfStripe = [
        "disputed": "pm_card_createDispute", "refund-fails": "pm_card_refundFail",
        "refunded-there": "pm_card_pendingRefund", "leaves": "pm_card_mastercard",
    ]

    private var customers: [String: String] {
        stage.options.kind == .stripe ? Self.cards.merging(Self.cardsOfStripe) { $1 } : Self.cards
    }

    private func open() async throws {
        for (id, token) in customers.sorted(by: { $0.key < $1.key }) {
            try await stage.customer(id, card: token)
            try await stage.subscribe(id, customer: id)
        }
    }

    private struct Action: Sendable {
        let at: Instant
        let act: @Sendable (Stage) async throws -> Void
    }

    private var actions: [Action] {
        let start = stage.clock.now
        func on(day: Int64, _ act: @escaping @Sendable (Stage) async throws -> Void) -> Action {
            Action(at: start.adding(days: day), act: act)
        }
        let everywhere = [
            on(day: 3) { try await $0.refund("refunded", "4.00") },
            on(day: 4) { try await $0.authenticate("authenticates") },
            on(day: 6) { try await $0.refund("refunded", nil) },
            on(day: 9) { try await $0.card("new", of: "lost") },
        ]
        guard stage.options.kind == .stripe else { return everywhere }
        return everywhere.dropLast() + [
            on(day: 7) { try $0.post("/v1/refunds", "payment_intent=\(try await $0.intentID("refund-fails"))") },
            on(day: 8) { stage in
                let intent = try await stage.intentID("refunded-there")
                try stage.post("/v1/refunds", "payment_intent=\(intent)&amount=250")
            },
            everywhere[3],
            on(day: 12) { stage in
                let dispute = try #require(try await stage.text("SELECT gateway_id FROM disputes").first)
                try stage.post(
                    "/v1/disputes/\(dispute)", "evidence[uncategorized_text]=winning_evidence&submit=true")
            },
            on(day: 14) { stage in
                let card = try await stage.text(
                    "SELECT gateway_payment_method_id FROM payment_methods WHERE customer_id = 'leaves'")
                try stage.post("/v1/payment_methods/\(try #require(card.first))/detach", "")
            },
        ]
    }

    // MARK: - The ledger

    /// Everything that the ledger says about money and about what may be charged, without times and row ids.
    func ledger() async throws -> [String] {
        try await stage.text(
            """
            SELECT 'invoice ' || subscription_id || ' ' || period_start || ' ' || state || ' '
                || COALESCE(waits_for, '-') || ' ' || amount_minor || ' collected ' || collected_minor || ' '
                || COALESCE(paid_reason, '-') || ' late ' || is_late || ' refunded ' || refunded_minor || ' disputed '
                || disputed_minor
            FROM invoices ORDER BY subscription_id, period_start
            """)
            + stage.text(
                """
                SELECT 'intent ' || i.subscription_id || ' ' || t.number || ' ' || t.status || ' ' || t.amount_minor
                FROM intents t JOIN invoices i ON i.id = t.invoice_id ORDER BY i.subscription_id, t.number
                """)
            + stage.text(
                """
                SELECT 'attempt ' || i.subscription_id || ' ' || a.number || ' ' || a.state || ' '
                    || COALESCE(a.decline_code, '-') || ' ' || COALESCE(a.decline_class, '-')
                FROM attempts a JOIN invoices i ON i.id = a.invoice_id ORDER BY i.subscription_id, a.number
                """)
            + stage.text(
                """
                SELECT 'refund ' || i.subscription_id || ' ' || r.amount_minor || ' ' || r.state || ' ours ' || r.is_ours
                FROM refunds r JOIN intents t ON t.id = r.intent_id JOIN invoices i ON i.id = t.invoice_id
                ORDER BY i.subscription_id, r.amount_minor, r.state
                """)
            + stage.text(
                "SELECT 'dispute ' || customer_id || ' ' || amount_minor || ' ' || status FROM disputes ORDER BY 1")
            + stage.text(
                "SELECT 'state ' || subscription_id || ' ' || state || ' ' || next_boundary_at FROM billing_state ORDER BY 1"
            )
            + stage.text("SELECT 'closed ' || COUNT(*) FROM retry_budget")
            + stage.text(
                """
                SELECT 'activity ' || COALESCE(subscription_id, '-') || ' ' || kind || ' ' || COUNT(*) FROM activity
                GROUP BY subscription_id, kind ORDER BY subscription_id, kind
                """)
    }
}

extension Stage {
    /// The id at the gateway of the newest intent of a subscription's only invoice.
    fileprivate func intentID(_ subscriptionID: String) async throws -> String {
        let invoice = try await invoice(subscriptionID)
        return try #require(try await intents(invoice.id).last?.gatewayID)
    }

    fileprivate func refund(_ subscriptionID: String, _ amount: String?) async throws {
        let (invoice, now) = (try await invoice(subscriptionID).id, clock.now)
        let (answer, _) = try await database.write { tx in
            try RefundInvoice.request(
                invoiceID: invoice, amount: amount, reason: "a test", actor: "somebody", now: now, tx)
        }
        guard case .planned = answer else { throw StageError("no refund: \(answer)") }
    }

    /// The customer opens the gateway's page and approves; where the intent is confirmed on session for it first.
    fileprivate func authenticate(_ subscriptionID: String) async throws {
        let id = try await intentID(subscriptionID)
        if try gatewayIntents().first(where: { $0.id == id })?.status == "requires_payment_method" {
            let method = try #require(try await attempts(try await invoice(subscriptionID).id).first)
            try post(
                "/v1/payment_intents/\(id)/confirm",
                "payment_method=\(method.gatewayPaymentMethodID)&return_url=https%3A%2F%2Fexample.com")
        }
        #expect(sandbox.authenticate(intentID: id, .approve))
    }
}
