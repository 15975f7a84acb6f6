import DunlinCalendar
import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// Carries out the final action of a debt's dunning policy once the customer's time is over.
///
/// Everything is read again: who paid, gave another card or has an attempt in flight is not written off.
struct EndDunning {
    static let kind = "end-dunning"

    let billing: Billing

    func run(_ claimed: ClaimedJob) async throws {
        let invoiceID: Int64 = try JobArguments(of: claimed.job).required(\.invoice, kind: Self.kind)
        let now = billing.clock.now()
        try await billing.database.write(step: "end-dunning") { tx in
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            let invoice = try Invoices.get(invoiceID, tx)
            if let later = try postponed(invoice, now: now, tx) {
                return try JobQueue.snooze(claimed.lease, at: later, tx)
            }
            try JobQueue.finish(claimed.lease, now: now, tx)
            guard invoice.state == .open, invoice.finalActionAt != nil else { return }
            let dunning = Dunning(billing: billing, now: now)
            try dunning.carryOutFinalAction(of: invoice, try dunning.policy(of: invoice, tx), tx)
        }
    }

    /// When to look again; nil when it is time, or there is nothing left to do.
    private func postponed(_ invoice: Invoice, now: Instant, _ tx: Transaction) throws -> Instant? {
        guard invoice.state == .open, let end = invoice.finalActionAt else { return nil }
        if end > now { return end }
        if try Attempts.of(invoice.id, tx).contains(where: { $0.state.isInFlight }) { return now.adding(hours: 1) }
        switch invoice.waitsFor {
        case .needsCustomer, .needsMethod: return nil
        // Somebody decides first, or an answer comes first.
        case .onHold, .unknown, .processing: return now.adding(days: 1)
        case .scheduled, .retrying, nil: return nil
        }
    }
}
