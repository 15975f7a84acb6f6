import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// What a change of the owner's rows means for invoices that are open already: a pause holds them, its end lets them
/// go on, and a card that may be charged ends the wait for one.
struct OpenInvoices {
    let billing: Billing
    let now: Instant

    func reconsider(_ subscription: Subscription, isPaused: Bool, _ tx: Transaction) throws {
        for invoice in try Invoices.unended(ofSubscription: subscription.id, tx) where invoice.state == .open {
            if isPaused {
                try hold(invoice, tx)
            } else if invoice.waitsFor == .onHold, invoice.holdReason == Invoice.pausedHold {
                try goOn(invoice, tx)
            } else if invoice.waitsFor == .needsMethod,
                let method = try MethodChoice.choose(for: subscription, gateway: invoice.gateway, tx).method,
                try !isSpent(method, on: invoice, tx)
            {
                try goOn(invoice, tx)
            }
        }
    }

    /// The tries on this method are used up: only another one begins them anew.
    private func isSpent(_ method: PaymentMethod, on invoice: Invoice, _ tx: Transaction) throws -> Bool {
        let declined = try Attempts.of(invoice.id, tx).filter { $0.state == .declined }
        return declined.last?.declineClass?.mayRetry == true
            && declined.contains { $0.gatewayPaymentMethodID == method.gatewayPaymentMethodID }
    }

    private func hold(_ invoice: Invoice, _ tx: Transaction) throws {
        guard invoice.waitsFor == .scheduled || invoice.waitsFor == .retrying else { return }
        let isInFlight = try Attempts.of(invoice.id, tx).contains { $0.state.isInFlight }
        guard !isInFlight, !invoice.asksFirst else { return }
        try Invoices.wait(invoice.id, for: .onHold, holdReason: Invoice.pausedHold, tx)
        try JobQueue.withdraw(uniqueKey: "charge-invoice/\(invoice.id)", reason: Invoice.pausedHold, now: now, tx)
    }

    private func goOn(_ invoice: Invoice, _ tx: Transaction) throws {
        let wait: Invoice.Wait = invoice.firstFailedAt == nil ? .scheduled : .retrying
        try Invoices.wait(invoice.id, for: wait, nextAttemptAt: now, tx)
        try FollowUps.charge(invoice, at: now, now: now, tx)
    }
}
