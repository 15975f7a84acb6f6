public import DunlinCalendar
public import DunlinDatabase

/// The table `activity`: every change of money state, with its reason; only ever added to.
public enum Activity {
    /// Who did it: Dunlin by itself, or a person.
    public static let dunlin = "dunlin"

    /// - Parameters:
    ///   - effectiveAt: when it took effect; `now` when it is recorded.
    public static func add(
        _ kind: String, subscriptionID: String? = nil, invoiceID: Int64? = nil, attemptNumber: Int? = nil,
        amountMinor: Int64? = nil, currency: String? = nil, reason: String? = nil, actor: String = dunlin,
        effectiveAt: Instant? = nil, now: Instant, _ tx: Transaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO activity (recorded_at, effective_at, kind, subscription_id, invoice_id, attempt_number,
                amount_minor, currency, reason, actor)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            """, now, effectiveAt ?? now, kind, subscriptionID, invoiceID, attemptNumber, amountMinor, currency, reason,
            actor)
    }
}
