public import DunlinDatabase

/// A change of which nobody was told yet.
public struct StateChange: Hashable, Sendable {
    public var id: Int64
    public var subscriptionID: String
    /// nil for the state of the subscription itself.
    public var invoiceID: Int64?
    public var fromState: String?
    public var toState: String
}

/// The table `state_changes`: written by triggers, with every change; read and emptied by each pass.
public enum StateChanges {
    /// The oldest ones.
    public static func take(limit: Int, _ tx: Transaction) throws -> [StateChange] {
        try tx.rows(
            "SELECT id, subscription_id, invoice_id, from_state, to_state FROM state_changes ORDER BY id LIMIT ?1",
            limit
        ) { row in
            StateChange(
                id: try row.get("id"), subscriptionID: try row.get("subscription_id"),
                invoiceID: try row.get("invoice_id"), fromState: try row.get("from_state"),
                toState: try row.get("to_state"))
        }
    }

    public static func clear(through id: Int64, _ tx: Transaction) throws {
        try tx.execute("DELETE FROM state_changes WHERE id <= ?1", id)
    }

    public static func isEmpty(_ tx: Transaction) throws -> Bool {
        try tx.value("SELECT MIN(id) FROM state_changes", as: Int64.self) == nil
    }
}
