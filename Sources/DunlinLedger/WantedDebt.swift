public import DunlinDatabase

extension Invoices {
    /// Nothing forbids that this debt is charged now: asked again in the transaction before each confirm, since what an
    /// earlier one allowed may have been taken back while the gateway was silent (money.md 19, P7).
    public static func isWanted(_ id: Int64, _ tx: Transaction) throws -> Bool {
        let debt = try tx.row(
            """
            SELECT s.status AS status, b.hold AS hold, EXISTS (SELECT 1 FROM disputes d
                WHERE d.customer_id = i.customer_id AND d.is_open = 1) AS is_disputed
            FROM invoices i JOIN subscriptions s ON s.id = i.subscription_id
            LEFT JOIN billing_state b ON b.subscription_id = s.id
            WHERE i.id = ?1 AND i.state = 'open'
            """, id
        ) { row in
            (
                status: try row.get("status", as: Subscription.Status.self),
                hold: try row.get("hold", as: BillingState.Hold?.self),
                isDisputed: try row.get("is_disputed", as: Bool.self)
            )
        }
        guard let debt, !debt.isDisputed else { return false }
        return debt.status.under(debt.hold) == .active
    }
}
