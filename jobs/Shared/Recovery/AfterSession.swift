import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// What follows when an attempt with the customer in session collected nothing: the debt goes on as it would have
/// without it. Only what the bank said about the card itself changes more.
struct AfterSession {
    let billing: Billing
    let now: Instant

    func follow(
        _ outcome: ChargeOutcome, _ classified: ClassifiedDecline?, _ frozen: FrozenRequest, _ invoice: Invoice,
        _ tx: Transaction
    ) throws {
        switch outcome {
        case .succeeded, .processing, .unknown: break
        case .refused:
            let step = billing.rules.dunning.nextStep(
                after: outcome, history: DunningPolicy.History(tries: 0), classified: nil, asks: frozen.attempt.asks,
                now: now)
            guard case .hold(let reason) = step else { return try goBack(frozen, invoice, failedAt: nil, tx) }
            try InvoiceRest.onHold(invoice.id, reason: reason, now: now, tx)
        case .needsCustomer: try goBack(frozen, invoice, failedAt: now, asksCustomer: true, tx)
        case .declined:
            let declineClass = classified?.declineClass
            let isFinal = declineClass == .never || declineClass == .needsMethod
            if isFinal, try Dunning(billing: billing, now: now).choice(for: invoice, tx)?.method == nil {
                try InvoiceRest.needsMethod(invoice.id, failedAt: now, now: now, tx)
                try beginGrace(invoice, .askMethod, declineClass ?? .needsMethod, tx)
            } else {
                try goBack(frozen, invoice, failedAt: now, asksCustomer: declineClass == .needsAuth, tx)
            }
        case .neverHappened: try goBack(frozen, invoice, failedAt: nil, tx)
        }
        try BillingStates.refreshStanding(invoice.subscriptionID, tx)
    }

    /// - Parameter asksCustomer: the bank wants the customer. A debt that has another try of its own ahead keeps it.
    private func goBack(
        _ frozen: FrozenRequest, _ invoice: Invoice, failedAt: Instant?, asksCustomer: Bool = false, _ tx: Transaction
    ) throws {
        let before = try SessionAttempts.find(frozen.attempt.id, tx)
        let wait = before?.waitedFor ?? .needsCustomer
        let isPlanned = wait == .scheduled || wait == .retrying
        if !isPlanned, asksCustomer {
            try InvoiceRest.needsCustomer(invoice.id, failedAt: failedAt, now: now, tx)
            return try beginGrace(invoice, .askCustomer, .needsAuth, tx)
        }
        guard isPlanned else {
            try Invoices.wait(invoice.id, for: wait, failedAt: failedAt, tx)
            return
        }
        // Another card was saved meanwhile, or the schedule goes on with the old one.
        let at = max(before?.nextAttemptAt ?? now, now)
        let failed = failedAt != nil || invoice.firstFailedAt != nil
        try Invoices.wait(
            invoice.id, for: failed ? .retrying : .scheduled, nextAttemptAt: at, failedAt: failedAt, tx)
        try FollowUps.charge(invoice, at: at, now: now, tx)
    }

    /// The customer's time begins to run, unless it runs already.
    private func beginGrace(
        _ invoice: Invoice, _ step: DunningPolicy.NextStep, _ declineClass: DeclineClass, _ tx: Transaction
    ) throws {
        guard invoice.finalActionAt == nil else { return }
        try Dunning(billing: billing, now: now).beginGrace(of: invoice, after: step, declineClass, tx)
    }
}
