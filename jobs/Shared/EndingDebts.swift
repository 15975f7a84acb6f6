import DunlinCalendar
import DunlinDatabase
import DunlinLedger

/// Ends a debt in the caller's transaction (money.md 20): what was to be tried goes, what is in flight is still
/// settled, and each intent that is open at the gateway gets a job that cancels it.
enum EndingDebts {
    /// - Parameter state: what the invoice becomes: uncollectible, void, or paid (elsewhere).
    static func end(
        _ invoice: Invoice, as state: Invoice.State, reason: String, actor: String = Activity.dunlin, now: Instant,
        _ tx: Transaction
    ) throws {
        guard try Invoices.beginClosing(invoice.id, to: state, reason: reason, tx) else { return }
        try FollowUps.chargeIsOver(invoice.id, reason: "the debt has ended", now: now, tx)
        if invoice.finalActionAt != nil { try FollowUps.dunningIsOver(invoice.id, now: now, tx) }
        // The newest attempt then: by it `prove` tells what came later, whatever the clocks say.
        let last = try Attempts.of(invoice.id, tx).map(\.number).max()
        try Activity.add(
            "debt_ended", subscriptionID: invoice.subscriptionID, invoiceID: invoice.id, attemptNumber: last,
            amountMinor: invoice.amountMinor, currency: invoice.currencyCode, reason: "\(state.rawValue): \(reason)",
            actor: actor, now: now, tx)
        try cancelOpenIntents(of: invoice, now: now, tx)
        try finishIfNothingIsOpen(invoice.id, now: now, tx)
        try BillingStates.refreshStanding(invoice.subscriptionID, tx)
    }

    /// Nothing of the debt may be paid any more (P7).
    static func cancelOpenIntents(of invoice: Invoice, now: Instant, _ tx: Transaction) throws {
        for intent in try Intents.of(invoice.id, tx) where intent.isOpen {
            try FollowUps.cancel(intent, of: invoice, now: now, tx)
        }
    }

    /// A closing invoice ends once no intent of it is open and no attempt is in flight.
    static func finishIfNothingIsOpen(_ invoiceID: Int64, now: Instant, _ tx: Transaction) throws {
        let isOpen = try Intents.of(invoiceID, tx).contains { $0.isOpen }
        let isInFlight = try Attempts.of(invoiceID, tx).contains { $0.state.isInFlight }
        guard !isOpen, !isInFlight else { return }
        guard try Invoices.finishClosing(invoiceID, now: now, tx) else { return }
        let invoice = try Invoices.get(invoiceID, tx)
        try BillingStates.refreshStanding(invoice.subscriptionID, tx)
        if invoice.state == .paid { try Dunning.resumeIfPaid(invoice, now: now, tx) }
    }
}
