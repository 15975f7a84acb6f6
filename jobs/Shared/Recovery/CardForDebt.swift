import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// A card that was saved through a debt's recovery link: it becomes the customer's default, and the debt is tried on it.
enum CardForDebt {
    /// Called wherever a SetupIntent has proven a saved card, in the transaction that stores it; does nothing for one
    /// that no link asked for.
    static func note(
        _ paymentMethodID: String, savedBy intent: SetupIntentSnapshot, gateway: String, now: Instant,
        _ tx: Transaction
    ) throws {
        guard let customerID = intent.customerID,
            let invoiceID = try RecoveryCards.noteSaved(
                paymentMethodID, setupIntentID: intent.id, createdAt: intent.createdAt, gateway: gateway,
                gatewayCustomerID: customerID, now: now, tx)
        else { return }
        let invoice = try Invoices.get(invoiceID, tx)
        try PaymentMethods.set(.default, to: paymentMethodID, of: invoice.customerID, tx)
        guard invoice.state == .open, invoice.waitsFor != .onHold, !invoice.asksFirst else { return }
        try Activity.add(
            "card_saved_by_link", subscriptionID: invoice.subscriptionID, invoiceID: invoice.id,
            reason: paymentMethodID,
            actor: "customer", now: now, tx)
        if let inFlight = try Attempts.of(invoice.id, tx).first(where: { $0.state.isInFlight }) {
            return try SessionAttempts.goOnAfter(inFlight.id, now: now, tx)
        }
        // An intent that waits for a challenge on the old card would keep the new one from being charged.
        for intent in try Intents.of(invoice.id, tx) where intent.status == IntentStatus.requiresAction.text {
            try FollowUps.cancel(intent, of: invoice, now: now, tx)
        }
        try OpenInvoices.goOn(invoice, at: now, now: now, tx)
    }
}
