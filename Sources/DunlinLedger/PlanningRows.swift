public import DunlinCalendar
public import DunlinDatabase

/// A subscription with everything that planning it has to know, read at once.
public struct PlanningRow: Sendable {
    /// The subscription's own payment method, where the row that it names exists.
    public struct Method: Hashable, Sendable {
        public var customerID: String
        public var type: String
    }

    public var subscription: Subscription
    /// nil for one that was never seen.
    public var state: BillingState?
    /// The customer's gateway; nil when there is no such customer.
    public var gateway: String?
    public var method: Method?
    /// The subscription has adjustments, used up or not.
    public var hasAdjustments: Bool
    /// Some of an earlier invoice is carried over.
    public var hasCarriedAmounts: Bool
    /// What is wrong with the row, or with those it names, in the owner's own tables.
    public var sourceProblem: String?
}

/// What planning reads, from all the tables it is in: one statement for a page of subscriptions.
public enum PlanningRows {
    public static func find(_ subscriptionID: String, _ tx: Transaction) throws -> PlanningRow? {
        try tx.row(
            """
            SELECT \(columns) FROM subscriptions s LEFT JOIN billing_state b ON b.subscription_id = s.id \(joins)
            WHERE s.id = ?1
            """, subscriptionID, read: PlanningRow.init(row:))
    }

    /// The next page of subscriptions with a boundary at or before `now`, oldest boundary first.
    ///
    /// - Parameter after: the last row of the page before; nil for the first page.
    public static func due(
        now: Instant, after: (at: Instant, id: String)?, limit: Int, _ tx: Transaction
    ) throws -> [PlanningRow] {
        try tx.rows(
            """
            SELECT \(columns) FROM billing_state b JOIN subscriptions s ON s.id = b.subscription_id \(joins)
            WHERE b.next_boundary_at IS NOT NULL AND b.next_boundary_at <= ?1
                AND (b.next_boundary_at > ?2 OR (b.next_boundary_at = ?2 AND b.subscription_id > ?3))
            ORDER BY b.next_boundary_at, b.subscription_id LIMIT ?4
            """, now, after?.at ?? Instant(milliseconds: .min), after?.id ?? "", limit,
            read: PlanningRow.init(row:))
    }

    /// At most `limit` subscriptions in the order of their ids, from the one after `id`.
    public static func page(after id: String, limit: Int, _ tx: Transaction) throws -> [PlanningRow] {
        try tx.rows(
            """
            SELECT \(columns) FROM subscriptions s LEFT JOIN billing_state b ON b.subscription_id = s.id \(joins)
            WHERE s.id > ?1 ORDER BY s.id LIMIT ?2
            """, id, limit, read: PlanningRow.init(row:))
    }

    /// The subscription's columns come first, because they are read by place; then those read by name.
    private static let columns = """
        \(Subscriptions.prefixedColumns("s")), b.*, c.gateway AS customer_gateway,
            m.customer_id AS method_customer_id, m.type AS method_type,
            CASE WHEN EXISTS (SELECT 1 FROM adjustments a WHERE a.subscription_id = s.id) THEN 1 ELSE 0 END
                AS has_adjustments,
            CASE WHEN EXISTS (SELECT 1 FROM carried_amounts k WHERE k.subscription_id = s.id
                AND k.to_invoice_id IS NULL) THEN 1 ELSE 0 END AS has_carried_amounts,
            COALESCE(
                (SELECT r.problem FROM source_rows r WHERE r.kind = 'subscriptions' AND r.row_id = s.id),
                (SELECT r.problem FROM source_rows r WHERE r.kind = 'customers' AND r.row_id = s.customer_id),
                (SELECT r.problem FROM source_rows r WHERE r.kind = 'payment_methods'
                    AND r.row_id = s.payment_method_id)) AS source_problem
        """

    private static let joins = """
        LEFT JOIN customers c ON c.id = s.customer_id LEFT JOIN payment_methods m ON m.id = s.payment_method_id
        """
}

extension PlanningRow {
    fileprivate init(row: Row) throws {
        let isSeen = try row.get("subscription_id", as: String?.self) != nil
        let methodCustomerID: String? = try row.get("method_customer_id")
        self.init(
            subscription: try Subscription(row: row), state: isSeen ? try BillingStates.read(row) : nil,
            gateway: try row.get("customer_gateway"),
            method: try methodCustomerID.map { Method(customerID: $0, type: try row.get("method_type")) },
            hasAdjustments: try row.get("has_adjustments"), hasCarriedAmounts: try row.get("has_carried_amounts"),
            sourceProblem: try row.get("source_problem"))
    }
}
