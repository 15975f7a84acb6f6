public import DunlinCalendar
import DunlinCore
public import DunlinDatabase
public import DunlinLedger
import DunlinQueue

/// What a person decides about an invoice. What would break a promise is refused (money.md 20).
public enum InvoiceVerb: HandVerb {
    public static let noun = "invoice"
    public static let filterKeys = Invoices.filterKeys
    public static let filterStates = Invoices.filterStates

    /// Try it now, or at its turn.
    case retry
    /// The same, once, although a network's budget of the card is used up. It counts like any try, and opens no card that
    /// was closed.
    case retryAboveNetworkLimit
    /// It was never owed.
    case void
    /// The money came another way.
    case markPaid
    /// It is given up.
    case markUncollectible
    /// Nothing is tried until it is released.
    case hold
    case release
    /// Keep a note.
    case note
    /// What was collected goes back: all that is left of it.
    case refund

    public func select(_ filter: RowFilter, limit: Int, _ tx: Transaction) throws -> [Int64] {
        try Invoices.ids(filter, limit: limit, tx)
    }

    public func carryOut(on id: Int64, _ order: HandOrder, at: Instant, _ tx: Transaction) throws -> HandDone {
        guard let invoice = try Invoices.find(id, tx) else {
            throw HandRefusal(id: String(id), reason: "there is no such invoice")
        }
        let hand = InvoiceByHand(invoice: invoice, order: order, at: at)
        switch self {
        case .retry: return try hand.retry(tx)
        case .retryAboveNetworkLimit: return try hand.retry(overridesNetworkLimit: true, tx)
        case .void: return try hand.void(tx)
        case .markPaid: return try hand.markPaid(tx)
        case .markUncollectible: return try hand.markUncollectible(tx)
        case .hold: return try hand.hold(tx)
        case .release: return try hand.release(tx)
        case .note: return try hand.note(tx)
        case .refund: return try hand.refund(tx)
        }
    }
}

/// One invoice in a person's hand.
struct InvoiceByHand {
    let invoice: Invoice
    let order: HandOrder
    let at: Instant

    // MARK: - Trying

    func retry(overridesNetworkLimit: Bool = false, _ tx: Transaction) throws -> HandDone {
        try mustBeOpen("to be tried")
        try mustBeAtRest(tx)
        if invoice.asksFirst { throw refusal("it is late: the gateway is asked about it first, by itself") }
        switch invoice.waitsFor {
        case .scheduled, .retrying, .needsMethod, nil: break
        case .needsCustomer:
            throw refusal("the bank wants the customer: only they can go on (dunlin invoices link \(invoice.id))")
        case .onHold: throw refusal("it is on hold (\(invoice.holdReason ?? "")): release it first")
        case .processing, .unknown: throw refusal("an attempt on it is in flight")
        }
        guard let subscription = try Subscriptions.find(invoice.subscriptionID, tx) else {
            throw refusal("its subscription is gone")
        }
        try mustBeWished(subscription, tx)
        let obstacle = try obstacle(subscription, overridesNetworkLimit: overridesNetworkLimit, tx)
        try goOn(tx)
        if obstacle?.code == .budgetUsedUp { try Invoices.overrideNetworkLimit(invoice.id, tx) }
        try keep("retried_by_hand", tx)
        return done("is tried", at: at, remark: obstacle?.text)
    }

    /// Canceled and paused subscriptions are not charged, and nobody is while a dispute is open.
    private func mustBeWished(_ subscription: Subscription, _ tx: Transaction) throws {
        switch subscription.status.under(try BillingStates.find(subscription.id, tx)?.hold) {
        case .active: break
        case .canceled: throw refusal("its subscription is canceled")
        case .paused: throw refusal("its subscription is paused: resume it first")
        }
        if let dispute = try Disputes.open(ofCustomer: invoice.customerID, tx) {
            throw refusal(DisputeHold.reason(dispute))
        }
    }

    /// - Returns: why the try will wait, when it will, or the limit that it passes.
    private func obstacle(
        _ subscription: Subscription, overridesNetworkLimit: Bool, _ tx: Transaction
    ) throws -> ChargeObstacle? {
        let outlook = try ChargeOutlook(
            of: subscription, gateway: invoice.gateway, at: at, on: subscription.localDate(of: at),
            sameAmountAs: invoice,
            after: Attempts.of(invoice.id, tx), tx)
        guard var obstacle = outlook.obstacle else { return nil }
        switch obstacle.code {
        case .chargingStopped: obstacle.text += ": it waits until charging is started"
        case .budgetUsedUp where overridesNetworkLimit:
            obstacle.text = "above the limit of the card's network, which may charge a fee for it"
        case .budgetUsedUp:
            throw refusal("\(obstacle.text) To try it all the same, once: --override-network-limit")
        default: throw refusal(obstacle.text)
        }
        return obstacle
    }

    func hold(_ tx: Transaction) throws -> HandDone {
        try mustBeOpen("to be held")
        try mustBeAtRest(tx)
        if invoice.waitsFor == .onHold, invoice.holdReason != Invoice.pausedHold {
            throw refusal("it is on hold already: \(invoice.holdReason ?? "")")
        }
        let reason = "held by \(order.actor): \(order.reason)"
        try Invoices.endOverride(invoice.id, tx)
        try InvoiceRest.onHold(invoice.id, reason: reason, now: order.now, tx)
        try keep("held", tx)
        return done("is on hold until it is released")
    }

    func release(_ tx: Transaction) throws -> HandDone {
        guard invoice.state == .open, invoice.waitsFor == .onHold else { throw refusal("it is not on hold") }
        try mustBeAtRest(tx)
        guard let subscription = try Subscriptions.find(invoice.subscriptionID, tx) else {
            throw refusal("its subscription is gone")
        }
        try mustBeWished(subscription, tx)
        try keep("released", tx)
        // What the bank wanted the customer for is not tried without them.
        if try Attempts.of(invoice.id, tx).last(where: { $0.state != .neverHappened })?.state == .needsCustomer {
            try InvoiceRest.needsCustomer(invoice.id, now: order.now, tx)
            return done("waits for the customer again")
        }
        try goOn(tx)
        return done("goes on", at: at)
    }

    /// Its next step is a job of its own: one that is dead would be a second.
    private func goOn(_ tx: Transaction) throws {
        let dead = JobFilter(state: .dead, uniqueKey: FollowUps.chargeKey(invoice.id))
        for job in try JobQueue.list(dead, limit: 100, tx) {
            try JobQueue.discard(job.id, reason: order.reason, now: order.now, tx)
        }
        try OpenInvoices.goOn(invoice, at: at, now: order.now, tx)
    }

    // MARK: - Ending

    func void(_ tx: Transaction) throws -> HandDone {
        switch invoice.state {
        case .open: break
        case .paid: throw refusal("it is paid: only a refund gives the money back")
        case .uncollectible: throw refusal("it was given up already: nothing is tried any more")
        case .closing: throw refusal("it is being ended already")
        case .void: throw refusal("it is void already")
        }
        // As with a canceled subscription: what is on the wire is settled, and a success is recorded.
        let isInFlight = try Attempts.of(invoice.id, tx).contains { $0.state.isInFlight }
        try end(.void, order.reason, tx)
        return done(
            "is void", remark: isInFlight ? "an attempt is in flight: money that it collects is recorded" : nil)
    }

    func markPaid(_ tx: Transaction) throws -> HandDone {
        switch invoice.state {
        case .open:
            try mustBeAtRest(tx)
            try end(.paid, "paid elsewhere: \(order.reason)", tx)
        case .uncollectible:
            try Invoices.pay(
                invoice.id, reason: "paid elsewhere: \(order.reason)", isLate: true, collectedMinor: 0, now: order.now,
                tx)
            try keep("marked_paid", tx)
            try BillingStates.refreshStanding(invoice.subscriptionID, tx)
        case .paid: throw refusal("it is paid already")
        case .void: throw refusal("it is void: nothing is owed")
        case .closing: throw refusal("it is being ended already")
        }
        return done("is paid, by other means")
    }

    func markUncollectible(_ tx: Transaction) throws -> HandDone {
        try mustBeOpen("to be given up")
        try mustBeAtRest(tx)
        try end(.uncollectible, order.reason, tx)
        return done("is given up")
    }

    private func end(_ state: Invoice.State, _ reason: String, _ tx: Transaction) throws {
        try EndingDebts.end(invoice, as: state, reason: reason, actor: order.actor, now: order.now, tx)
    }

    // MARK: - Beside

    func note(_ tx: Transaction) throws -> HandDone {
        try Invoices.setNote(invoice.id, order.reason, tx)
        try keep("noted", tx)
        return done("has the note")
    }

    func refund(_ tx: Transaction) throws -> HandDone {
        let (answer, _) = try RefundInvoice.request(
            invoiceID: invoice.id, amount: nil, reason: order.reason, actor: order.actor, now: order.now, tx)
        switch answer {
        case .notHere: throw refusal("there is no such invoice")
        case .refused(_, let why): throw refusal(why)
        case .planned(let plan):
            var done = done("goes back", remark: plan.waits)
            done.amount = Currency(plan.intent.currencyCode).map {
                Money(minorUnits: plan.amountMinor, currency: $0)
            }
            return done
        }
    }

    // MARK: - Parts

    private func mustBeOpen(_ what: String) throws {
        guard invoice.state == .open else {
            throw refusal("it is \(invoice.state.rawValue): only an open one is there \(what)")
        }
    }

    /// Nobody knows yet what became of an attempt in flight: the debt may be paid (money.md 20).
    private func mustBeAtRest(_ tx: Transaction) throws {
        guard let attempt = try Attempts.of(invoice.id, tx).first(where: { $0.state.isInFlight }) else { return }
        throw refusal("attempt \(attempt.number) is in flight (\(attempt.state.rawValue)): the gateway is asked first")
    }

    private func keep(_ kind: String, _ tx: Transaction) throws {
        try Activity.add(
            kind, subscriptionID: invoice.subscriptionID, invoiceID: invoice.id, amountMinor: invoice.amountMinor,
            currency: invoice.currencyCode, reason: order.reason, actor: order.actor, now: order.now, tx)
    }

    private func refusal(_ reason: String) -> HandRefusal { HandRefusal(id: String(invoice.id), reason: reason) }

    private func done(_ what: String, at: Instant? = nil, remark: String? = nil) -> HandDone {
        HandDone(
            id: String(invoice.id), subscriptionID: invoice.subscriptionID, what: what, amount: invoice.amount, at: at,
            remark: remark)
    }
}
