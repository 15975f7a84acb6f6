import DunlinCalendar
import DunlinDatabase
import DunlinLedger

/// Lays an invoice to rest until a person acts. What the schedule would have tried goes in the same transaction (P2: one next
/// step), whoever found out that there is nothing to try. Does nothing to an invoice that is not open any more.
enum InvoiceRest {
    /// The bank wants the customer.
    static func needsCustomer(_ invoiceID: Int64, failedAt: Instant? = nil, now: Instant, _ tx: Transaction) throws {
        try begin(
            invoiceID, .needsCustomer, reason: "the bank wants the customer", failedAt: failedAt, now: now, tx)
    }

    /// There is no card to charge.
    static func needsMethod(
        _ invoiceID: Int64, reason: String = "there is no card to charge", failedAt: Instant?, now: Instant,
        _ tx: Transaction
    ) throws {
        try begin(invoiceID, .needsMethod, reason: reason, failedAt: failedAt, now: now, tx)
    }

    /// It waits for what the reason names.
    static func onHold(
        _ invoiceID: Int64, reason: String, failedAt: Instant? = nil, now: Instant, _ tx: Transaction
    ) throws {
        try begin(invoiceID, .onHold, reason: reason, failedAt: failedAt, now: now, tx)
    }

    private static func begin(
        _ invoiceID: Int64, _ wait: Invoice.Wait, reason: String, failedAt: Instant?, now: Instant, _ tx: Transaction
    ) throws {
        let holdReason = wait == .onHold ? reason : nil
        guard try Invoices.wait(invoiceID, for: wait, holdReason: holdReason, failedAt: failedAt, tx) else { return }
        try FollowUps.chargeIsOver(invoiceID, reason: reason, now: now, tx)
    }
}
