public import DunlinCalendar
public import DunlinDatabase

/// What a backfill reads beside the rows of planning.
public enum BackfillRows {
    /// The next page of subscriptions, by id.
    ///
    /// - Parameters:
    ///   - after: the last id of the page before; empty for the first page.
    ///   - plan: only those of this plan.
    public static func subscriptions(
        after: String, plan: String?, limit: Int, _ tx: Transaction
    ) throws -> [String] {
        try tx.rows(
            """
            SELECT id FROM subscriptions WHERE id > ?1 AND (?2 IS NULL OR plan = ?2) ORDER BY id LIMIT ?3
            """, after, plan, limit
        ) { try $0.get(0) }
    }

    public static func hasPlan(_ plan: String, _ tx: Transaction) throws -> Bool {
        try tx.value("SELECT 1 FROM subscriptions WHERE plan = ?1 LIMIT 1", plan, as: Int.self) != nil
    }

    /// An invoice of a subscription, as far as a backfill asks for it.
    public struct Invoiced: Hashable, Sendable {
        public var start: LocalDate
        public var end: LocalDate
        public var state: Invoice.State
    }

    /// Invoices whose periods start within these days, both included, oldest first.
    public static func invoices(
        of subscriptionID: String, from: LocalDate, through: LocalDate, _ tx: Transaction
    ) throws -> [Invoiced] {
        try tx.rows(
            """
            SELECT period_start, period_end, state FROM invoices
            WHERE subscription_id = ?1 AND period_start >= ?2 AND period_start <= ?3 ORDER BY period_start
            """, subscriptionID, from.description, through.description
        ) { row in
            guard let start = LocalDate(try row.get(0, as: String.self)),
                let end = LocalDate(try row.get(1, as: String.self))
            else { throw LedgerError(.wrongState, "an invoice of \(subscriptionID) has no dates") }
            return Invoiced(start: start, end: end, state: try row.get(2))
        }
    }
}
