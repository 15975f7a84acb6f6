import DunlinCore
import DunlinDatabase

extension ListReport {
    /// The subscriptions, with what Dunlin makes of them.
    public static func subscriptions(_ filter: ListFilter) -> ListReport {
        var query = ListQuery(
            """
            SELECT s.id AS id, s.customer_id AS customer_id, s.plan AS plan, s.amount_minor AS amount_minor,
                s.quantity AS quantity, s.currency AS currency, s.interval AS interval,
                s.interval_count AS interval_count, s.status AS wish, COALESCE(b.state, 'new') AS state,
                b.parked_reason AS parked_reason, b.hold AS hold, b.next_period_start AS next_period_start,
                b.billed_through AS billed_through
            FROM subscriptions s LEFT JOIN billing_state b ON b.subscription_id = s.id
            """, order: "s.id", limit: filter.limit)
        query.require("COALESCE(b.state, 'new')", is: filter.state)
        query.require("s.customer_id", is: filter.customerID)
        query.require("s.id", isAfter: filter.after)
        return ListReport(
            name: "subscriptions",
            columns: [
                ReportColumn("id"), ReportColumn("customer_id"), ReportColumn("plan"),
                ReportColumn("amount_minor", .integer), ReportColumn("quantity", .integer), ReportColumn("currency"),
                ReportColumn("interval"), ReportColumn("wish"), ReportColumn("state"),
                ReportColumn("next_period_start", .date), ReportColumn("billed_through", .date), ReportColumn("hold"),
                ReportColumn("parked_reason"),
            ], shortColumns: nil, query: query
        ) { row in
            [
                .text(try row.get("id")), .text(try row.get("customer_id")), .text(try row.get("plan")),
                .integer(try row.get("amount_minor")), .integer(try row.get("quantity")),
                .text(try row.get("currency")), .text(try intervalText(row)), .text(try row.get("wish")),
                .text(try row.get("state")), Cell(try row.optionalDate("next_period_start")),
                Cell(try row.optionalDate("billed_through")), Cell(try row.get("hold", as: String?.self)),
                Cell(try row.get("parked_reason", as: String?.self)),
            ]
        }
    }

    /// `month`, or `3 months`.
    static func intervalText(_ row: Row) throws -> String {
        let unit: String = try row.get("interval")
        let count: Int64 = try row.get("interval_count")
        return count == 1 ? unit : count.counted(unit)
    }

    /// The customers, with how much is going on for each.
    public static func customers(_ filter: ListFilter) -> ListReport {
        var query = ListQuery(
            """
            SELECT c.id AS id, c.name AS name, c.email AS email, c.country AS country, c.gateway AS gateway,
                c.gateway_customer_id AS gateway_customer_id,
                (SELECT COUNT(*) FROM subscriptions s WHERE s.customer_id = c.id) AS subscriptions,
                (SELECT COUNT(*) FROM invoices i WHERE i.customer_id = c.id AND i.state IN ('open', 'closing'))
                    AS open_invoices
            FROM customers c
            """, order: "c.id", limit: filter.limit)
        query.require("c.id", is: filter.customerID)
        query.require("c.id", isAfter: filter.after)
        return ListReport(
            name: "customers",
            columns: [
                ReportColumn("id"), ReportColumn("name"), ReportColumn("email"), ReportColumn("country"),
                ReportColumn("gateway"), ReportColumn("gateway_customer_id"),
                ReportColumn("subscriptions", .integer), ReportColumn("open_invoices", .integer),
            ], shortColumns: nil, query: query
        ) { row in
            [
                .text(try row.get("id")), Cell(try row.get("name", as: String?.self)),
                Cell(try row.get("email", as: String?.self)), Cell(try row.get("country", as: String?.self)),
                .text(try row.get("gateway")), .text(try row.get("gateway_customer_id")),
                .integer(try row.get("subscriptions")), .integer(try row.get("open_invoices")),
            ]
        }
    }

    /// The saved payment methods, and whether a final decline closed them.
    public static func paymentMethods(_ filter: ListFilter) -> ListReport {
        var query = ListQuery(
            """
            SELECT m.id AS id, m.customer_id AS customer_id,
                m.gateway_payment_method_id AS gateway_payment_method_id, m.type AS type, m.brand AS brand,
                m.last4 AS last4, m.exp_month AS exp_month, m.exp_year AS exp_year, m.is_default AS is_default,
                m.is_backup AS is_backup, m.country AS country, m.funding AS funding, m.fingerprint AS fingerprint,
                r.reason AS closed_reason
            FROM payment_methods m JOIN customers c ON c.id = m.customer_id
            LEFT JOIN retry_budget r ON r.gateway = c.gateway
                AND r.card_key = COALESCE(NULLIF(m.fingerprint, ''), m.gateway_payment_method_id)
            """, order: "m.id", limit: filter.limit)
        query.require("m.customer_id", is: filter.customerID)
        query.require("CASE WHEN r.card_key IS NULL THEN 'usable' ELSE 'closed' END", is: filter.state)
        query.require("m.id", isAfter: filter.after)
        return ListReport(
            name: "payment-methods",
            columns: [
                ReportColumn("id"), ReportColumn("customer_id"), ReportColumn("gateway_payment_method_id"),
                ReportColumn("type"), ReportColumn("method"), ReportColumn("expires"), ReportColumn("is_default"),
                ReportColumn("is_backup"), ReportColumn("state"), ReportColumn("closed_reason"),
                ReportColumn("country"),
                ReportColumn("funding"), ReportColumn("fingerprint"),
            ],
            shortColumns: [
                "id", "customer_id", "gateway_payment_method_id", "type", "method", "expires", "is_default",
                "is_backup",
                "state", "closed_reason",
            ], query: query, cells: methodCells)
    }

    private static let methodCells: @Sendable (Row) throws -> [Cell] = { row in
        let reason: String? = try row.get("closed_reason")
        let type: String = try row.get("type")
        let method = MethodWords.text(name: try row.get("brand", as: String?.self) ?? type, last4: try row.get("last4"))
        return [
            .text(try row.get("id")), .text(try row.get("customer_id")),
            .text(try row.get("gateway_payment_method_id")), .text(type), Cell(method),
            Cell(MethodWords.expiry(year: try row.get("exp_year"), month: try row.get("exp_month"))),
            .text(try row.get("is_default", as: Bool.self) ? "yes" : "no"),
            .text(try row.get("is_backup", as: Bool.self) ? "yes" : "no"),
            .text(reason == nil ? "usable" : "closed"), Cell(reason), Cell(try row.get("country", as: String?.self)),
            Cell(try row.get("funding", as: String?.self)), Cell(try row.get("fingerprint", as: String?.self)),
        ]
    }
}
