public import DunlinDatabase

extension Story {
    /// A subscription: what its owner wants, what Dunlin makes of it, and every record of its periods.
    ///
    /// - Throws: `ReportError` when there is no such subscription.
    public static func subscription(_ id: String, _ tx: Transaction) throws -> Story {
        let fields = try tx.row(SubscriptionParts.sql, id) { row in
            try SubscriptionParts.columns.map { Field($0.name, try Cell(row, $0)) }
        }
        guard let fields else { throw ReportError(.notFound, "there is no subscription \(id)") }
        return Story(
            title: "subscription \(id)", fields: fields,
            parts: [
                try SubscriptionParts.periods.read(tx, id), try SubscriptionParts.adjustments.read(tx, id),
                try SubscriptionParts.activity.read(tx, id),
            ])
    }

    /// A customer, with the payment methods, subscriptions and open invoices.
    ///
    /// - Throws: `ReportError` when there is no such customer.
    public static func customer(_ id: String, _ tx: Transaction) throws -> Story {
        let columns = ["id", "name", "email", "country", "time_zone", "locale", "gateway", "gateway_customer_id"]
        let fields = try tx.row("SELECT * FROM customers WHERE id = ?1", id) { row in
            try columns.map { Field($0, try Cell(row, ReportColumn($0))) }
        }
        guard let fields else { throw ReportError(.notFound, "there is no customer \(id)") }
        let filter = ListFilter(customerID: id, limit: rowsMax)
        return Story(
            title: "customer \(id)", fields: fields,
            parts: [
                try part("payment_methods", ListReport.paymentMethods(filter), tx),
                try part("subscriptions", ListReport.subscriptions(filter), tx),
                try part("invoices", try ListReport.invoices(filter), tx),
            ])
    }

    /// A payment method, with the attempts on it.
    ///
    /// - Throws: `ReportError` when there is no such payment method.
    public static func paymentMethod(_ id: String, _ tx: Transaction) throws -> Story {
        let customerID: String? = try tx.value("SELECT customer_id FROM payment_methods WHERE id = ?1", id)
        guard let customerID else { throw ReportError(.notFound, "there is no payment method \(id)") }
        let list = ListReport.paymentMethods(ListFilter(customerID: customerID, limit: rowsMax))
        let methods = try part("payment_methods", list, tx)
        let cells = methods.rows.first { $0.first == .text(id) } ?? []
        let attempts = try tx.rows(
            "\(AttemptCells.select) WHERE a.payment_method_id = ?1 ORDER BY a.id DESC LIMIT \(rowsMax)", id,
            read: AttemptCells.cells)
        return Story(
            title: "payment method \(id)",
            fields: zip(methods.columns, cells).map { Field($0.name, $1) },
            parts: [Part(name: "attempts", columns: AttemptCells.columns, rows: attempts)])
    }

    private static func part(_ name: String, _ report: some Report, _ tx: Transaction) throws -> Part {
        var rows = RowCollector()
        try report.write(tx, to: &rows)
        return Part(name: name, columns: report.columns, rows: rows.rows)
    }
}

/// Keeps the rows of a short list.
struct RowCollector: RowSink {
    private(set) var rows: [[Cell]] = []

    func begin(_ columns: [ReportColumn]) {}
    mutating func write(_ cells: [Cell]) { rows.append(cells) }
    func end() {}
}

enum SubscriptionParts {
    static let columns = [
        ReportColumn("id"), ReportColumn("customer_id"), ReportColumn("payment_method_id"), ReportColumn("plan"),
        ReportColumn("amount", .money), ReportColumn("currency"), ReportColumn("quantity", .integer),
        ReportColumn("interval"), ReportColumn("interval_count", .integer), ReportColumn("anchor"),
        ReportColumn("time_zone"), ReportColumn("trial_end"), ReportColumn("bill_on", .integer),
        ReportColumn("ends_at"), ReportColumn("cancel_at_period_end", .integer), ReportColumn("status"),
        ReportColumn("bill_from"), ReportColumn("replaces"), ReportColumn("state"), ReportColumn("parked_reason"),
        ReportColumn("hold"), ReportColumn("hold_reason"), ReportColumn("first_seen_on", .date),
        ReportColumn("next_period_start", .date), ReportColumn("next_boundary_at", .time),
        ReportColumn("billed_through", .date), ReportColumn("on_resume"), ReportColumn("paused_on", .date),
        ReportColumn("shifted_anchor"),
    ]

    static let sql = """
        SELECT s.id AS id, s.customer_id AS customer_id, s.payment_method_id AS payment_method_id, s.plan AS plan,
            s.amount_minor AS amount, s.currency AS currency, s.quantity AS quantity, s.interval AS interval,
            s.interval_count AS interval_count, s.anchor AS anchor, s.time_zone AS time_zone,
            s.trial_end AS trial_end, s.bill_on AS bill_on, s.ends_at AS ends_at,
            s.cancel_at_period_end AS cancel_at_period_end, s.status AS status, s.bill_from AS bill_from,
            s.replaces AS replaces, COALESCE(b.state, 'new') AS state, b.parked_reason AS parked_reason,
            b.hold AS hold, b.hold_reason AS hold_reason, b.first_seen_on AS first_seen_on,
            b.next_period_start AS next_period_start, b.next_boundary_at AS next_boundary_at,
            b.billed_through AS billed_through, s.on_resume AS on_resume, b.paused_on AS paused_on,
            b.shifted_anchor AS shifted_anchor
        FROM subscriptions s LEFT JOIN billing_state b ON b.subscription_id = s.id WHERE s.id = ?1
        """

    /// The newest first.
    static let periods = PartQuery(
        name: "periods",
        columns: [
            ReportColumn("period_start", .date), ReportColumn("period_end", .date), ReportColumn("record"),
            ReportColumn("state"),
            ReportColumn("invoice_id", .integer), ReportColumn("periods", .integer), ReportColumn("reason"),
        ],
        sql: """
            SELECT period_start, period_end, 'invoice' AS record, COALESCE(waits_for, state) AS state,
                id AS invoice_id, 1 AS periods, COALESCE(hold_reason, closing_reason, paid_reason) AS reason
            FROM invoices WHERE subscription_id = ?1
            UNION ALL
            SELECT run_start, run_end, 'decision', kind, NULL, periods, reason FROM decisions
            WHERE subscription_id = ?1
            ORDER BY 1 DESC
            """)

    static let adjustments = PartQuery(
        name: "adjustments",
        columns: [
            ReportColumn("id"), ReportColumn("amount", .money), ReportColumn("currency"), ReportColumn("reason"),
            ReportColumn("apply_to_period"), ReportColumn("invoice_id", .integer),
        ],
        sql: """
            SELECT j.id AS id, j.amount_minor AS amount, j.currency AS currency, j.reason AS reason,
                j.apply_to_period AS apply_to_period, p.invoice_id AS invoice_id
            FROM adjustments j LEFT JOIN applied_adjustments p ON p.adjustment_id = j.id
            WHERE j.subscription_id = ?1 ORDER BY j.id
            """)

    static let activity = PartQuery(
        name: "activity",
        columns: [
            ReportColumn("recorded_at", .time), ReportColumn("kind"), ReportColumn("invoice_id", .integer),
            ReportColumn("reason"), ReportColumn("actor"),
        ],
        sql: """
            SELECT recorded_at, kind, invoice_id, reason, actor FROM activity WHERE subscription_id = ?1
            ORDER BY id DESC
            """)
}
