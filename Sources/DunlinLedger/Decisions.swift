public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

extension BillingPlanner.DecisionKind: ColumnValue {}

/// The table `decisions`: why a run of periods is not billed by itself.
public enum Decisions {
    public static func insert(
        _ decision: BillingPlanner.Decision, subscriptionID: String, actor: String, now: Instant, _ tx: Transaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO decisions (subscription_id, kind, reason, run_start, run_end, periods, decided_at, decided_by)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """, subscriptionID, decision.kind, decision.reason, decision.start.description, decision.end.description,
            decision.periods, now, actor)
    }

    /// The id of the decision that was noted last; 0 when there is none.
    public static func newestID(_ tx: Transaction) throws -> Int64 {
        try tx.value("SELECT MAX(id) FROM decisions") ?? 0
    }

    /// What was decided after the one with this id, by kind and reason.
    public static func after(
        _ id: Int64, _ tx: Transaction
    ) throws -> [(kind: BillingPlanner.DecisionKind, reason: String, periods: Int)] {
        try tx.rows(
            """
            SELECT kind, reason, SUM(periods) AS periods FROM decisions WHERE id > ?1 GROUP BY kind, reason
            ORDER BY kind, reason
            """, id
        ) { (kind: try $0.get("kind"), reason: try $0.get("reason"), periods: try $0.get("periods")) }
    }

    /// A period `d` that waited for a debt of its subscription `b`, which is settled now.
    static let isSettledHold = """
        d.kind = 'waiting' AND d.reason = 'past_due' AND b.state NOT IN ('paused', 'parked', 'canceled')
            AND NOT EXISTS (SELECT 1 FROM invoices f WHERE f.subscription_id = d.subscription_id
                AND f.state = 'open' AND f.first_failed_at IS NOT NULL)
        """

    /// The next page of subscriptions with periods that waited for a debt which is settled now, by id.
    ///
    /// - Parameter after: the last id of the page before; empty for the first page.
    public static func settledHolds(after id: String, limit: Int, _ tx: Transaction) throws -> [String] {
        try tx.rows(
            """
            SELECT DISTINCT d.subscription_id AS id FROM decisions d
            JOIN billing_state b ON b.subscription_id = d.subscription_id
            WHERE d.subscription_id > ?1 AND \(isSettledHold) ORDER BY d.subscription_id LIMIT ?2
            """, id, limit
        ) { try $0.get("id") }
    }

    /// How many periods wait for a decision.
    public static func waiting(_ tx: Transaction) throws -> Int {
        try tx.value("SELECT COALESCE(SUM(periods), 0) FROM decisions WHERE kind = 'waiting'") ?? 0
    }
}
