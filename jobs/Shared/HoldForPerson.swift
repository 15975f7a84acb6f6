import DunlinCalendar
import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// Something does not add up: the invoice waits for a person, and what would have been tried goes (P2: one next step).
enum HoldForPerson {
    static func hold(_ invoice: Invoice, reason: String, now: Instant, _ tx: Transaction) throws {
        guard try Invoices.wait(invoice.id, for: .onHold, holdReason: reason, tx) else { return }
        try JobQueue.withdraw(uniqueKey: FollowUps.chargeKey(invoice.id), reason: reason, now: now, tx)
    }
}
