import DunlinCalendar
import DunlinDatabase
import DunlinLedger
import Logging

/// Records that money moved: always, whatever the ledger thought before (P5, money.md 25).
struct Collected {
    let billing: Billing
    let now: Instant

    /// - Parameter attempt: the attempt that collected it; nil when the intent was found at the gateway.
    func record(
        _ invoice: Invoice, intentID: Int64, attempt: Attempt?, requestID: String? = nil, _ tx: Transaction
    ) throws {
        let intent = try Intents.get(intentID, tx)
        let isNews = try Intents.noteSucceeded(intentID, tx)
        if let attempt {
            let ended = try Attempts.end(attempt.id, as: .succeeded, requestID: requestID, now: now, tx)
            if ended { billing.tally.noteEnded(attempt.id, as: .succeeded) }
            try FollowUps.settleIsOver(attemptID: attempt.id, now: now, tx)
        }
        guard isNews else { return }
        let isLate = invoice.state != .open
        let reason = attempt == nil ? "found_at_gateway" : "charged"
        try Invoices.pay(
            invoice.id, reason: reason, isLate: isLate, collectedMinor: intent.amountMinor, now: now, tx)
        try FollowUps.chargeIsOver(invoice.id, reason: "paid", now: now, tx)
        if invoice.finalActionAt != nil { try FollowUps.dunningIsOver(invoice.id, now: now, tx) }
        try Activity.add(
            isLate ? "collected_after_cancel" : "collected", subscriptionID: invoice.subscriptionID,
            invoiceID: invoice.id, attemptNumber: attempt?.number, amountMinor: intent.amountMinor,
            currency: intent.currencyCode, reason: isLate ? "the debt was \(invoice.state.rawValue) already" : reason,
            now: now, tx)
        if isLate, billing.rules.refundsCollectedAfterCancel, invoice.isOwedNoMore {
            try giveBack(intent, of: invoice, tx)
        }
        if isLate {
            billing.logger.error(
                "money came for a debt that was not open",
                metadata: ["invoice": "\(invoice.id)", "state": "\(invoice.state.rawValue)"])
        }
        if invoice.firstFailedAt != nil || isLate {
            try BillingStates.refreshStanding(invoice.subscriptionID, tx)
            try Dunning.resumeIfPaid(invoice, now: now, tx)
        }
    }

    /// All of it, as a refund like one that a person asked for: a row before a request, one in flight.
    private func giveBack(_ intent: Intent, of invoice: Invoice, _ tx: Transaction) throws {
        guard try Refunds.leftMinor(of: intent, tx) == intent.amountMinor else { return }
        let refund = try Refunds.insert(
            of: intent, amountMinor: intent.amountMinor, reason: "collected after the debt had ended", now: now, tx)
        try Activity.add(
            "refund_asked_for", subscriptionID: invoice.subscriptionID, invoiceID: invoice.id,
            amountMinor: intent.amountMinor, currency: intent.currencyCode,
            reason: "refund_collected_after_cancel: the debt was \(invoice.state.rawValue) already", now: now, tx)
        try FollowUps.refund(refund.id, of: invoice, now: now, tx)
    }
}

extension Invoice {
    /// Void, or paid in another way. What was given up on is still owed, and money for it is kept.
    fileprivate var isOwedNoMore: Bool {
        let end = state == .closing ? closingTo : state
        return end == .void || end == .paid
    }
}
