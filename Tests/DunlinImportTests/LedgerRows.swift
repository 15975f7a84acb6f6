import DunlinCalendar
import DunlinDatabase
import DunlinImport
import DunlinLedger
import Synchronization

extension BillingState {
    static func sample(_ subscriptionID: String, state: State = .active, hold: Hold? = nil) -> BillingState {
        BillingState(
            subscriptionID: subscriptionID, state: state, parkedReason: nil, hold: hold,
            holdReason: hold.map { _ in "asked" }, firstSeenOn: "2026-03-01", firstSeenAt: Instant(seconds: 0),
            nextPeriodStart: nil, billedThrough: nil, nextBoundaryAt: nil, scheduleHash: "h",
            plannedAt: Instant(seconds: 0))
    }
}

/// Makes an invoice of the adjustment's subscription that took it.
func putOnAnInvoice(_ adjustmentID: String, _ tx: Transaction) throws {
    guard let adjustment = try Adjustments.find(adjustmentID, tx) else { return }
    try tx.execute(
        """
        INSERT INTO invoices (subscription_id, customer_id, period_start, period_end, due_at, invoiced_at, plan,
            gateway, unit_amount_minor, quantity, adjustments_minor, amount_minor, currency, state, waits_for)
        VALUES (?1, 'c-1', '2026-01-01', '2026-02-01', 0, 0, 'p', 'stripe', 1200, 1, -200, 1000, 'EUR', 'open',
            'scheduled')
        """, adjustment.subscriptionID)
    try CarriedAmounts.apply(adjustment, to: tx.lastInsertedID, tx)
}

extension ImportFixture {
    func putOnAnInvoice(_ adjustmentID: String) async throws {
        try await database.write { tx in try DunlinImportTests.putOnAnInvoice(adjustmentID, tx) }
    }

    /// Holds the subscription as our own verbs do.
    func hold(_ id: String, _ hold: BillingState.Hold, state: BillingState.State) async throws {
        try await database.write { tx in
            try tx.execute("DELETE FROM billing_state WHERE subscription_id = ?1", id)
            try BillingStates.save(.sample(id, state: state, hold: hold), timeZoneData: "t", tx)
        }
    }
}

/// A flag that a test turns while others look at it.
final class Switch: Sendable {
    private let state = Mutex(false)
    var isOn: Bool { state.withLock { $0 } }
    func turn(on: Bool) { state.withLock { $0 = on } }
}
