public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// Every statement on `adjustments`.
public enum Adjustments {
    public static func find(_ id: String, _ tx: Transaction) throws -> Adjustment? {
        try tx.row("SELECT \(columns) FROM adjustments WHERE id = ?1", id, read: Adjustment.init(row:))
    }

    /// The subscription's adjustments that no invoice has taken yet, by id. Those for one period are among them.
    public static func open(subscriptionID: String, _ tx: Transaction) throws -> [Adjustment] {
        try tx.rows(
            """
            SELECT \(columns) FROM adjustments WHERE subscription_id = ?1
                AND NOT EXISTS (SELECT 1 FROM applied_adjustments WHERE adjustment_id = adjustments.id)
            ORDER BY id
            """, subscriptionID, read: Adjustment.init(row:))
    }

    /// What the invoice of a period takes: those for it or an earlier one, and those for whichever comes next.
    ///
    /// - Throws: a `SubscriptionTerms.Problem` when one of them is in another currency.
    public static func taken(
        _ open: [Adjustment], byPeriodFrom start: LocalDate, currency: Currency
    ) throws(SubscriptionTerms.Problem) -> [Adjustment] {
        let taken = open.filter { adjustment in
            guard let period = adjustment.applyToPeriod, !period.isEmpty else { return true }
            return period <= start.description
        }
        if let other = taken.first(where: { $0.currency.uppercased() != currency.code }) {
            throw SubscriptionTerms.Problem("adjustment \(other.id) is in \(other.currency), the price in \(currency)")
        }
        return taken
    }

    /// Their sum and what is carried over.
    public static func sum(_ taken: [Adjustment], carried: Int64) throws(SubscriptionTerms.Problem) -> Int64 {
        var sum = carried
        for adjustment in taken {
            let (next, overflow) = sum.addingReportingOverflow(adjustment.amountMinor)
            if overflow { throw SubscriptionTerms.Problem("the sum of the adjustments does not fit") }
            sum = next
        }
        return sum
    }

    /// True once an invoice has taken the adjustment: from then on it cannot change.
    public static func isApplied(_ id: String, _ tx: Transaction) throws -> Bool {
        try tx.value("SELECT 1 FROM applied_adjustments WHERE adjustment_id = ?1 LIMIT 1", id, as: Int.self) != nil
    }

    /// At most `limit` adjustments in the order of their ids, from the one after `id`; from the first when it is nil.
    public static func page(after id: String?, limit: Int, _ tx: Transaction) throws -> [Adjustment] {
        try tx.rows(
            "SELECT \(columns) FROM adjustments WHERE id > ?1 ORDER BY id LIMIT ?2", id ?? "", limit,
            read: Adjustment.init(row:))
    }

    /// Stores the adjustment as it is wished. An equal row is left alone, so that no trigger fires.
    ///
    /// - Throws: `DatabaseError` when the subscription is unknown, or an invoice has taken the adjustment.
    @discardableResult
    public static func upsert(_ adjustment: Adjustment, _ tx: Transaction) throws -> RowChange {
        try upsert(adjustment, stored: try find(adjustment.id, tx), tx)
    }

    /// The same for a caller that has just read the stored row.
    @discardableResult
    public static func upsert(_ adjustment: Adjustment, stored: Adjustment?, _ tx: Transaction) throws -> RowChange {
        guard stored != adjustment else { return .unchanged }
        try tx.execute(
            """
            INSERT INTO adjustments (\(columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (id) DO UPDATE SET subscription_id = excluded.subscription_id,
                amount_minor = excluded.amount_minor, currency = excluded.currency, reason = excluded.reason,
                apply_to_period = excluded.apply_to_period
            """, adjustment.id, adjustment.subscriptionID, adjustment.amountMinor, adjustment.currency,
            adjustment.reason, adjustment.applyToPeriod)
        return stored == nil ? .added : .changed
    }

    /// Stores each of the rows as it is wished.
    @discardableResult
    public static func upsert(_ rows: [Adjustment], _ tx: Transaction) throws -> RowCounts {
        try rows.reduce(into: RowCounts()) { counts, row in counts.count(try upsert(row, tx)) }
    }

    private static let columns = "id, subscription_id, amount_minor, currency, reason, apply_to_period"
}

extension Adjustment {
    init(row: Row) throws {
        self.init(
            id: try row.get(0), subscriptionID: try row.get(1), amountMinor: try row.get(2),
            currency: try row.get(3), reason: try row.get(4), applyToPeriod: try row.get(5))
    }
}
