import DunlinCalendar
import DunlinDatabase
import DunlinLedger

/// What people hold by hand, and since when at the latest: nothing of it may be charged.
///
/// Used on the simulator's thread only.
final class HandHolds: @unchecked Sendable {
    private(set) var subscriptions: [String: Instant] = [:]
    private(set) var invoices: [Int64: Instant] = [:]

    /// Reads what is held now.
    ///
    /// - Parameter isAfresh: nothing is known from before, as after the data file was replaced.
    func read(_ world: World, isAfresh: Bool = false) async {
        let held = try? await world.office().read { tx in
            (
                try tx.rows("SELECT subscription_id AS id FROM billing_state WHERE hold IS NOT NULL") {
                    try $0.get("id", as: String.self)
                },
                try tx.rows(
                    "SELECT id FROM invoices WHERE waits_for = 'on_hold' AND hold_reason LIKE 'held by \(HandAtWork.actor)%'"
                ) { try $0.get("id", as: Int64.self) }
            )
        }
        guard let held else { return }
        let now = world.now
        let (oldSubscriptions, oldInvoices) = (isAfresh ? [:] : subscriptions, isAfresh ? [:] : invoices)
        subscriptions = Dictionary(uniqueKeysWithValues: held.0.map { ($0, oldSubscriptions[$0] ?? now) })
        invoices = Dictionary(uniqueKeysWithValues: held.1.map { ($0, oldInvoices[$0] ?? now) })
    }
}
