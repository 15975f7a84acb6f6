import DunlinCalendar
import DunlinDatabase
import DunlinLedger

/// Puts an invoice on hold: it waits for what the reason names, and what would have been tried goes (P2: one next step).
enum InvoiceHold {
    static func begin(_ invoice: Invoice, reason: String, now: Instant, _ tx: Transaction) throws {
        guard try Invoices.wait(invoice.id, for: .onHold, holdReason: reason, tx) else { return }
        try FollowUps.chargeIsOver(invoice.id, reason: reason, now: now, tx)
    }
}
