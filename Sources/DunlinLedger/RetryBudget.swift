public import DunlinCalendar
public import DunlinDatabase

/// The table `retry_budget`: cards that a final decline closed (P6).
public enum RetryBudget {
    public static func close(
        gateway: String, cardKey: String, reason: String, now: Instant, _ tx: Transaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO retry_budget (gateway, card_key, closed_at, reason) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (gateway, card_key) DO NOTHING
            """, gateway, cardKey, now, reason)
    }

    public static func isClosed(gateway: String, cardKey: String, _ tx: Transaction) throws -> Bool {
        try closedReason(gateway: gateway, cardKey: cardKey, tx) != nil
    }

    /// Why the card is closed; nil when it is not.
    public static func closedReason(gateway: String, cardKey: String, _ tx: Transaction) throws -> String? {
        try tx.value("SELECT reason FROM retry_budget WHERE gateway = ?1 AND card_key = ?2", gateway, cardKey)
    }
}
