public import DunlinCalendar
import DunlinCore
public import DunlinDatabase
public import DunlinLedger

/// What a person decides about a subscription: a hold of our own, which no import lifts (money.md 18). The owner's row
/// stays as it is, and the stricter of the two applies.
public enum SubscriptionVerb: HandVerb {
    public static let noun = "subscription"
    public static let filterKeys = Subscriptions.filterKeys
    public static let filterStates = Subscriptions.filterStates

    /// - Parameter shifts: its end moves what follows by its length; nil for what the owner's row says.
    case pause(shifts: Bool?)
    case resume
    case cancel
    /// Bill a row that is parked although it looks like a second import of another one.
    case unpark(PlanningJudge)

    public func select(_ filter: RowFilter, limit: Int, _ tx: Transaction) throws -> [String] {
        try Subscriptions.ids(filter, limit: limit, tx)
    }

    public func carryOut(on id: String, _ order: HandOrder, at: Instant, _ tx: Transaction) throws -> HandDone {
        guard let row = try PlanningRows.find(id, tx) else {
            throw HandRefusal(id: id, reason: "there is no such subscription")
        }
        guard let state = row.state else {
            throw HandRefusal(id: id, reason: "no pass has seen it yet: set the status in its own row")
        }
        let hand = SubscriptionByHand(row: row, state: state, order: order)
        switch self {
        case .pause(let shifts): return try hand.pause(shifts: shifts, tx)
        case .resume: return try hand.resume(tx)
        case .cancel: return try hand.cancel(tx)
        case .unpark(let judge): return try hand.unpark(judge, tx)
        }
    }
}

/// One subscription in a person's hand.
struct SubscriptionByHand {
    let row: PlanningRow
    let state: BillingState
    let order: HandOrder

    private var subscription: Subscription { row.subscription }

    func pause(shifts: Bool?, _ tx: Transaction) throws -> HandDone {
        try mustGoOn()
        if state.hold == .pause { throw refusal("it is paused already: \(state.holdReason ?? "")") }
        if shifts == true, subscription.billOn != nil {
            throw refusal("bill_on names a day of the calendar, which does not move: pause it with --keep")
        }
        try BillingStates.setHold(.pause, reason: order.reason, shifts: shifts, of: subscription.id, tx)
        for invoice in try Invoices.open(ofCustomer: subscription.customerID, tx)
        where invoice.subscriptionID == subscription.id {
            try OpenInvoices.hold(invoice, now: order.now, tx)
        }
        try keep("paused_by_hand", tx)
        return done("is paused", remark: subscription.status == .paused ? "its own row says so too" : nil)
    }

    func resume(_ tx: Transaction) throws -> HandDone {
        try mustGoOn()
        guard let hold = state.hold else {
            let isItsWish = subscription.status == .paused
            throw refusal(isItsWish ? "its own row says paused: set its status there" : "it is not paused")
        }
        try BillingStates.setHold(nil, reason: nil, of: subscription.id, tx)
        try keep("resumed_by_hand", tx)
        if subscription.status == .paused {
            return done("is held no more", remark: "its own row still says paused: set its status there")
        }
        return done(hold == .pause ? "goes on with the next pass" : "is billed again from the next pass on")
    }

    func cancel(_ tx: Transaction) throws -> HandDone {
        try mustGoOn()
        try BillingStates.setHold(.cancel, reason: order.reason, of: subscription.id, tx)
        let open = try Invoices.unended(ofSubscription: subscription.id, tx).filter { $0.state == .open }
        for invoice in open {
            try EndingDebts.end(
                invoice, as: .void, reason: "the subscription was canceled: \(order.reason)", actor: order.actor,
                now: order.now, tx)
        }
        try keep("canceled_by_hand", tx)
        return done(
            "is canceled",
            remark: open.isEmpty
                ? nil : open.count.counted("open invoice of it ends", "open invoices of it end") + " as void")
    }

    func unpark(_ judge: PlanningJudge, _ tx: Transaction) throws -> HandDone {
        guard state.state == .parked else { throw refusal("it is not parked") }
        try BillingStates.allowTwin(subscription.id, tx)
        guard let again = try PlanningRows.find(subscription.id, tx) else { throw refusal("it is gone") }
        do {
            _ = try judge.terms(of: again, now: order.now, tx)
        } catch let problem as SubscriptionTerms.Problem {
            throw refusal("its row cannot be billed: \(problem.description). Put the row right; it goes on by itself")
        }
        try keep("unparked_by_hand", tx)
        return done("is billed from the next pass on", remark: "was parked: \(state.parkedReason ?? "")")
    }

    // MARK: - Parts

    /// A canceled subscription stays so, whoever canceled it.
    private func mustGoOn() throws {
        if row.isCanceled { throw refusal("it is canceled, which is final") }
    }

    private func keep(_ kind: String, _ tx: Transaction) throws {
        try Activity.add(
            kind, subscriptionID: subscription.id, reason: order.reason, actor: order.actor, now: order.now, tx)
    }

    private func refusal(_ reason: String) -> HandRefusal { HandRefusal(id: subscription.id, reason: reason) }

    private func done(_ what: String, remark: String? = nil) -> HandDone {
        let price = Currency(subscription.currency).flatMap {
            Money(minorUnits: subscription.amountMinor, currency: $0).multiplied(by: subscription.quantity)
        }
        return HandDone(
            id: subscription.id, subscriptionID: subscription.id, what: what, amount: price, remark: remark)
    }
}
