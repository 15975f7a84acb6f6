import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// What a change of the owner's rows means for invoices that are open already: a pause holds them, its end lets them
/// go on, a card that was not tried yet is tried at once, and where none is left one is asked for.
struct OpenInvoices {
    let billing: Billing
    let now: Instant

    func reconsider(_ subscription: Subscription, isPaused: Bool, _ tx: Transaction) throws {
        for invoice in try Invoices.unended(ofSubscription: subscription.id, tx) where invoice.state == .open {
            if isPaused {
                try Self.hold(invoice, now: now, tx)
            } else if invoice.waitsFor == .onHold, invoice.holdReason == Invoice.pausedHold {
                try Self.goOn(invoice, at: now, now: now, tx)
            } else {
                try reconsiderMethod(of: invoice, subscription, tx)
            }
        }
    }

    /// Lets a pause rest what would be tried; what is asked about first finds the pause by itself.
    static func hold(_ invoice: Invoice, now: Instant, _ tx: Transaction) throws {
        if !invoice.asksFirst { try rest(invoice, reason: Invoice.pausedHold, now: now, tx) }
    }

    /// Puts on hold what would be tried; what is in flight is left to its settling, which finds the reason by itself.
    static func rest(_ invoice: Invoice, reason: String, now: Instant, _ tx: Transaction) throws {
        guard invoice.waitsFor == .scheduled || invoice.waitsFor == .retrying else { return }
        guard try !Attempts.of(invoice.id, tx).contains(where: { $0.state.isInFlight }) else { return }
        try InvoiceRest.onHold(invoice.id, reason: reason, now: now, tx)
    }

    /// Has the invoice tried, at once or at a later time.
    static func goOn(_ invoice: Invoice, at: Instant, now: Instant, _ tx: Transaction) throws {
        let wait: Invoice.Wait = invoice.firstFailedAt == nil ? .scheduled : .retrying
        try Invoices.wait(invoice.id, for: wait, nextAttemptAt: at, tx)
        // A job that waits for another time is replaced: it may have to wait longer.
        try FollowUps.chargeIsOver(invoice.id, reason: "its time changed", now: now, tx)
        try FollowUps.charge(invoice, at: at, now: now, tx)
    }

    // MARK: - Methods

    private enum Step {
        case leave, tryNow, askMethod
    }

    private func reconsiderMethod(of invoice: Invoice, _ subscription: Subscription, _ tx: Transaction) throws {
        // One that was never tried has its job now, which finds the same out.
        guard invoice.waitsFor == .needsMethod || invoice.waitsFor == .retrying, !invoice.asksFirst else { return }
        let attempts = try Attempts.of(invoice.id, tx)
        guard !attempts.contains(where: { $0.state.isInFlight }) else { return }
        let choice = try MethodChoice.choose(
            for: subscription, gateway: invoice.gateway, on: subscription.localDate(of: now), tx)
        switch try step(invoice, choice.method, after: attempts, tx) {
        case .leave: break
        case .tryNow:
            try Activity.add(
                "method_changed", subscriptionID: invoice.subscriptionID, invoiceID: invoice.id,
                reason: "\(choice.method?.id ?? "") is tried at once", now: now, tx)
            try Self.goOn(invoice, at: now, now: now, tx)
        case .askMethod: try Dunning(billing: billing, now: now).askMethod(for: invoice, choice.reason, tx)
        }
    }

    /// A method is news to an invoice that was never tried on it, as it is known now: so a change leads to one try. One
    /// that comes back goes on where the policy has tries left.
    private func step(
        _ invoice: Invoice, _ method: PaymentMethod?, after attempts: [Attempt], _ tx: Transaction
    ) throws -> Step {
        guard let method else { return invoice.waitsFor == .needsMethod ? .leave : .askMethod }
        let isNews = !attempts.contains { $0.isOf(method) }
        let last = attempts.last { $0.state == .declined }?.declineClass
        if invoice.waitsFor == .needsMethod {
            return try isNews || !isSpent(invoice, last, after: attempts, tx) ? .tryNow : .leave
        }
        return isNews && (last == .funds || last == .issuerSoft) ? .tryNow : .leave
    }

    /// The tries are used up: only another card is tried any more.
    private func isSpent(
        _ invoice: Invoice, _ last: DeclineClass?, after attempts: [Attempt], _ tx: Transaction
    ) throws -> Bool {
        guard let last, last.mayRetry else { return false }
        let history = DunningPolicy.History(
            tries: attempts.count { $0.state == .declined || $0.state == .needsCustomer },
            triesOfClass: attempts.count { $0.state == .declined && $0.declineClass == last })
        return try !Dunning(billing: billing, now: now).policy(of: invoice, tx).hasTryLeft(history, last)
    }
}
