import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinJobs
import DunlinLedger
import DunlinSandbox

/// What people do while Dunlin works: the owner's application, an operator, customers, and somebody at the gateway's own
/// pages. Some of it happens on any day, some at the worst moment: while a request for that very debt is on its way.
struct People: Sendable {
    let world: World

    init(_ world: World) { self.world = world }

    private enum Act: CaseIterable {
        case newCard, cancel, comeBack, pause, resume, refund, newPrice, newSchedule, stop, start, cancelIntent,
            authenticate

        var kind: FaultKind {
            switch self {
            case .newCard, .authenticate: .newCards
            case .cancel, .comeBack: .cancels
            case .pause, .resume: .pauses
            case .refund: .refunds
            case .newPrice, .newSchedule: .changedTerms
            case .stop, .start: .stops
            case .cancelIntent: .dashboard
            }
        }
    }

    // MARK: - When

    /// At the worst moment: the gateway has the request, and the answer is on its way.
    func meddle(after wire: WireRequest) async {
        guard wire.operation.isCharge, !world.isAtRest, let debt = wire.debt else { return }
        await sendSomebody(to: debt.reference)
        let kinds = Act.allCases.filter { world.plan.has($0.kind) && $0 != .start && $0 != .comeBack }
        guard world.chance.happens(25_000, "meddle"), let act = world.chance.pick(kinds, "meddle") else { return }
        let subscription = try? await world.office().read { tx in
            try tx.value(
                """
                SELECT i.subscription_id FROM invoices i JOIN intents t ON t.invoice_id = i.id WHERE t.reference = ?1
                """, debt.reference, as: String.self)
        }
        if let subscription { await perform(act, subscription) }
    }

    /// What happens on any day.
    func live(_ subscriptions: [String]) async {
        for act in Act.allCases where world.strikes(act.kind) {
            if let id = world.chance.pick(subscriptions, "people") { await perform(act, id) }
        }
        await reactToDebts()
        await sendEverybody()
    }

    /// A customer at the link of this very debt, or an operator at work on it, while its request is on its way.
    private func sendSomebody(to reference: String) async {
        let pays = world.plan.has(.payLinks) && world.chance.happens(40_000, "meddle-link")
        let decides = world.plan.has(.handVerbs) && world.chance.happens(40_000, "meddle-hand")
        guard pays || decides else { return }
        let invoice = try? await world.office().read { tx in
            try tx.value("SELECT invoice_id FROM intents WHERE reference = ?1", reference, as: Int64.self)
        }
        guard let invoice else { return }
        if pays {
            world.strike(.payLinks)
            world.send(.visit(invoiceID: invoice))
        }
        if decides {
            world.strike(.handVerbs)
            world.send(.byHand(invoiceID: invoice))
        }
    }

    /// Links that are opened and decisions that are made on any day: about debts that wait for somebody, and now and
    /// then about any other.
    private func sendEverybody() async {
        guard world.plan.has(.payLinks) || world.plan.has(.handVerbs) else { return }
        let debts = try? await world.office().read { tx in
            try tx.rows(
                """
                SELECT id, state = 'open' AND waits_for IN ('needs_customer', 'needs_method', 'retrying', 'on_hold')
                    AS waits FROM invoices ORDER BY state = 'open' DESC, id DESC LIMIT 200
                """
            ) { (id: try $0.get("id", as: Int64.self), waits: try $0.get("waits", as: Int64.self) == 1) }
        }
        guard let debts, !debts.isEmpty else { return }
        if world.strikes(.payLinks) {
            for debt in debts where debt.waits && world.chance.happens(250_000, "payers") {
                world.send(.visit(invoiceID: debt.id))
            }
            if let any = world.chance.pick(debts, "payers") { world.send(.visit(invoiceID: any.id)) }
        }
        if world.strikes(.handVerbs) {
            let waiting = debts.filter(\.waits)
            let chosen = world.chance.happens(600_000, "hands") && !waiting.isEmpty ? waiting : debts
            if let debt = world.chance.pick(chosen, "hands") { world.send(.byHand(invoiceID: debt.id)) }
        }
    }

    private func perform(_ act: Act, _ id: String) async {
        world.note("people: \(act) \(id)")
        do {
            try await carryOut(act, id)
        } catch {
            world.note("people: \(act) \(id) came to nothing: \(error)")
        }
    }

    private func carryOut(_ act: Act, _ id: String) async throws {
        switch act {
        case .newCard: try await bringCard(id)
        case .authenticate: try await authenticate()
        case .cancel: try await wish(id, .canceled)
        case .comeBack, .resume: try await wish(id, .active)
        case .pause: try await wish(id, .paused)
        case .refund: try await refund(id)
        case .newPrice: try await change(id) { $0.amountMinor += 100 }
        case .newSchedule:
            // In a restored file the period of this name would come due later than it did, and only keys tell (docs/proof.md).
            // In one call they do so with the money itself, which the judge of requests takes for a second try.
            if world.plan.has(.restore), world.plan.ignoresKeys || world.plan.stripeSending == .oneCall { return }
            let day = world.chance.number(1...28, "people")
            try await change(id) { $0.anchor = "2025-12-\(day < 10 ? "0" : "")\(day)" }
        case .stop, .start: try await charging(isStopped: act == .stop)
        case .cancelIntent: try await cancelAtGateway(id)
        }
    }

    // MARK: - The owner's application

    private func change(_ id: String, _ body: @escaping @Sendable (inout Subscription) -> Void) async throws {
        try await world.office().write(step: "owner") { tx in
            guard var subscription = try Subscriptions.find(id, tx) else { return }
            body(&subscription)
            _ = try Subscriptions.upsert(subscription, tx)
        }
    }

    private func wish(_ id: String, _ status: Subscription.Status) async throws {
        try await change(id) { $0.status = status }
        if status == .active {
            world.unwished[id] = nil
        } else if world.unwished[id] == nil {
            world.unwished[id] = world.now
        }
    }

    /// What the data file says now, after it was replaced by an earlier copy.
    func readWishes() async throws {
        let now = world.now
        let wishes = try await world.office().read { tx in
            try tx.rows("SELECT id FROM subscriptions WHERE status <> 'active'") { row in
                try row.get("id", as: String.self)
            }
        }
        world.unwished = Dictionary(uniqueKeysWithValues: wishes.map { ($0, now) })
        let stopped = try await world.office().read { tx in try GatewayStates.all(tx).filter(\.isStopped) }
        world.stoppedSince = Dictionary(uniqueKeysWithValues: stopped.map { ($0.gateway, now) })
    }

    // MARK: - Customers

    /// Somebody whose debt waits for a card or for himself does something about it.
    private func reactToDebts() async {
        guard world.plan.has(.newCards) else { return }
        let waiting = try? await world.office().read { tx in
            try tx.rows(
                """
                SELECT DISTINCT subscription_id AS id FROM invoices
                WHERE state = 'open' AND waits_for IN ('needs_method', 'needs_customer') ORDER BY subscription_id
                """
            ) { try $0.get("id", as: String.self) }
        }
        for id in waiting ?? [] where world.chance.happens(150_000, "customers") { await perform(.newCard, id) }
        if world.chance.happens(300_000, "customers") { await perform(.authenticate, "") }
    }

    private func bringCard(_ id: String) async throws {
        let token = world.chance.pick(SimulatedSample.cards, "cards") ?? "pm_card_visa"
        // A data file that was replaced by an earlier copy counts its cards again.
        let mark = "-\(world.chance.number(0...999_999, "cards"))"
        try await NewCard(world.office(), world.sandbox).bring(token, to: id, mark: mark)
    }

    /// A customer passes, or does not pass, what the bank wants.
    private func authenticate() async throws {
        let waiting = try await world.office().read { tx in
            try tx.rows(
                """
                SELECT gateway_id FROM intents WHERE status = 'requires_action' AND gateway_id IS NOT NULL ORDER BY id
                """
            ) { try $0.get(0, as: String.self) }
        }
        guard let intent = world.chance.pick(waiting, "customers") else { return }
        world.sandbox.authenticate(
            intentID: intent, world.chance.happens(700_000, "customers") ? .approve : .fail)
    }

    // MARK: - The operator

    private func refund(_ id: String) async throws {
        let now = world.now
        let invoices = try await world.office().read { tx in
            try tx.rows("SELECT id FROM invoices WHERE subscription_id = ?1 AND state = 'paid' ORDER BY id", id) {
                try $0.get("id", as: Int64.self)
            }
        }
        guard let invoice = world.chance.pick(invoices, "people") else { return }
        try await world.office().write(step: "refund") { tx in
            _ = try RefundInvoice.request(
                invoiceID: invoice, amount: nil, reason: "requested_by_customer", actor: "simulated", now: now, tx)
        }
    }

    private func charging(isStopped: Bool) async throws {
        let now = world.now
        let name = world.chance.happens(500_000, "people") ? "stripe" : "wooshpay"
        try await world.office().write(step: "charging") { tx in
            if isStopped {
                _ = try GatewayStates.stop(name, reason: "simulated", by: "simulated", now: now, tx)
            } else {
                _ = try GatewayStates.start(name, now: now, tx)
            }
        }
        if !isStopped {
            world.stoppedSince[name] = nil
        } else if world.stoppedSince[name] == nil {
            world.stoppedSince[name] = now
        }
    }

    /// At rest somebody has started everything again.
    func startCharging() async throws {
        let now = world.now
        try await world.office().write(step: "charging") { tx in
            for state in try GatewayStates.all(tx) where state.isStopped {
                _ = try GatewayStates.start(state.gateway, now: now, tx)
                try RefundInvoice.goOn(gateway: state.gateway, now: now, tx)
            }
        }
        world.stoppedSince = [:]
    }

    // MARK: - At the gateway's own pages

    private func cancelAtGateway(_ id: String) async throws {
        let intent: (String, String)? = try await world.office().read { tx in
            try tx.row(
                """
                SELECT t.gateway_id AS id, t.gateway AS gateway FROM intents t JOIN invoices i ON i.id = t.invoice_id
                WHERE i.subscription_id = ?1 AND t.gateway_id IS NOT NULL AND t.status NOT IN ('canceled', 'succeeded')
                ORDER BY t.id LIMIT 1
                """, id
            ) { (try $0.get("id"), try $0.get("gateway")) }
        }
        guard let intent else { return }
        let isStripe = intent.1 == "stripe"
        _ = world.sandbox.handle(
            SandboxRequest(
                method: "POST", path: "/v1/payment_intents/\(intent.0)/cancel",
                headers: [
                    "authorization": "Bearer \(SampleRegistration.key)",
                    "content-type": isStripe ? "application/x-www-form-urlencoded" : "application/json",
                ], body: Array((isStripe ? "" : #"{"cancellation_reason":"abandoned"}"#).utf8),
                receivedAt: world.now.milliseconds, dialect: isStripe ? .stripe : .wooshpay))
    }
}
