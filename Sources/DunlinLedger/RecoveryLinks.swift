public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// Which links of a debt are good, and until when.
public struct RecoveryLink: Hashable, Sendable {
    public var generation: Int
    public var expiresAt: Instant

    /// - Parameter issuedAt: from when its days are counted.
    public init(generation: Int, issuedAt: Instant, days: Int) {
        self.generation = generation
        expiresAt = issuedAt.adding(days: Int64(days))
    }
}

/// The table `recovery_links`. A debt without a row has links of generation 1, counted from the day it was invoiced.
public enum RecoveryLinks {
    /// - Parameter days: for how long a link is good.
    public static func find(_ invoice: Invoice, days: Int, _ tx: Transaction) throws -> RecoveryLink {
        let row = try tx.row(
            "SELECT generation, issued_at FROM recovery_links WHERE invoice_id = ?1", invoice.id
        ) { row in
            (generation: try row.get("generation", as: Int.self), issuedAt: try row.get("issued_at", as: Instant.self))
        }
        return RecoveryLink(
            generation: row?.generation ?? 1, issuedAt: row?.issuedAt ?? max(invoice.dueAt, invoice.invoicedAt),
            days: days)
    }

    /// The link to send to the customer now: the one that is good already, or a new one where that has expired.
    public static func issue(_ invoice: Invoice, days: Int, now: Instant, _ tx: Transaction) throws -> RecoveryLink {
        let known = try find(invoice, days: days, tx)
        guard known.expiresAt <= now else { return known }
        try store(invoice.id, generation: known.generation + 1, now: now, tx)
        return try find(invoice, days: days, tx)
    }

    /// No link that was printed so far opens anything any more.
    ///
    /// - Returns: the generation of the next one.
    @discardableResult
    public static func revoke(_ invoice: Invoice, now: Instant, _ tx: Transaction) throws -> Int {
        let next = try find(invoice, days: 0, tx).generation + 1
        try store(invoice.id, generation: next, now: now, tx)
        return next
    }

    private static func store(_ invoiceID: Int64, generation: Int, now: Instant, _ tx: Transaction) throws {
        try tx.execute(
            """
            INSERT INTO recovery_links (invoice_id, generation, issued_at) VALUES (?1, ?2, ?3)
            ON CONFLICT (invoice_id) DO UPDATE SET generation = excluded.generation, issued_at = excluded.issued_at
            """, invoiceID, generation, now)
    }
}

extension Invoice {
    /// The debt as a recovery link names it.
    public var recoveryDebt: RecoveryDebt {
        RecoveryDebt(invoiceID: id, subscriptionID: subscriptionID, period: periodStart)
    }
}
