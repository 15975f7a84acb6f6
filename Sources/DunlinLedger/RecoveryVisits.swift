public import DunlinCalendar
public import DunlinDatabase

/// The table `recovery_visits`: how often something was asked of a gateway through a link.
public enum RecoveryVisits {
    public enum Kind: String, Hashable, Sendable, ColumnValue {
        /// A button of the page was pressed.
        case act
        /// The browser came back from the bank or the gateway.
        case `return`
    }

    /// Notes one more, unless there were too many within the last hour.
    ///
    /// - Returns: when the next one is let in; nil when this one is.
    public static func admit(
        _ kind: Kind, invoiceID: Int64, hourlyMax: Int, now: Instant, _ tx: Transaction
    ) throws -> Instant? {
        let hourAgo = now.adding(hours: -1)
        let earlier: Instant? = try tx.value(
            """
            SELECT visited_at FROM recovery_visits WHERE invoice_id = ?1 AND kind = ?2 AND visited_at > ?3
            ORDER BY visited_at DESC LIMIT 1 OFFSET ?4
            """, invoiceID, kind, hourAgo, hourlyMax - 1)
        if let earlier { return earlier.adding(hours: 1) }
        try tx.execute(
            "DELETE FROM recovery_visits WHERE invoice_id = ?1 AND visited_at <= ?2", invoiceID, now.adding(days: -1))
        try tx.execute(
            "INSERT INTO recovery_visits (invoice_id, kind, visited_at) VALUES (?1, ?2, ?3)", invoiceID, kind, now)
        return nil
    }
}
