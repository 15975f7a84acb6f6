import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// An intent that was read while no attempt on it is in flight: what it says counts towards money that moved, and
/// towards an end. Everything else that a read shows is only noted (P5).
struct ObservedIntent {
    let billing: Billing
    let now: Instant

    func apply(_ snapshot: IntentSnapshot, _ id: Int64, askedAt: Instant, _ tx: Transaction) throws {
        let intent = try Intents.get(id, tx)
        guard MoneyTransition.isAllowed(intent: intent.status, to: snapshot.status) else { return }
        let invoice = try Invoices.get(intent.invoiceID, tx)
        if snapshot.status == .succeeded {
            // What the bank wanted of the customer was done: the attempt that asked for it has collected.
            let last = try Attempts.of(invoice.id, tx).last { $0.intentID == id }
            let asked = last.flatMap { $0.state == .needsCustomer ? $0 : nil }
            return try Collected(billing: billing, now: now).record(invoice, intentID: id, attempt: asked, tx)
        }
        try Intents.note(snapshot, of: id, askedAt: askedAt, tx)
        guard snapshot.status == .canceled, !intent.isCanceled else { return }
        try EndingDebts.finishIfNothingIsOpen(invoice.id, now: now, tx)
    }
}
