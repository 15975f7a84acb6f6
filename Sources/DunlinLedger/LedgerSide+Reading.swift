public import DunlinCalendar
public import DunlinDatabase

/// The ledger's side of a comparison with a gateway: only read.
public enum LedgerSide {
    // MARK: - Payments

    public static func payment(
        gateway: String, gatewayID: String, _ tx: Transaction
    ) throws -> LedgerPayment? {
        try tx.row(
            payments + " WHERE t.gateway = ?1 AND t.gateway_id = ?2", gateway, gatewayID, read: LedgerPayment.init)
    }

    public static func payment(gateway: String, reference: String, _ tx: Transaction) throws -> LedgerPayment? {
        try tx.row(
            payments + " WHERE t.gateway = ?1 AND t.reference = ?2", gateway, reference, read: LedgerPayment.init)
    }

    /// The newest payment of a period: one that collected it, where there is one.
    public static func payment(
        gateway: String, subscriptionID: String, periodStart: String, _ tx: Transaction
    ) throws -> LedgerPayment? {
        try tx.row(
            payments + """
                 WHERE t.gateway = ?1 AND i.subscription_id = ?2 AND i.period_start = ?3
                ORDER BY CASE WHEN t.status = 'succeeded' THEN 0 ELSE 1 END, t.id DESC LIMIT 1
                """, gateway, subscriptionID, periodStart, read: LedgerPayment.init)
    }

    /// Payments that are not final, or may have ended since: by row, a page at a time. Those that the gateway does not
    /// know by id yet are left out.
    public static func payments(
        gateway: String, since: Instant, afterID: Int64, limit: Int, _ tx: Transaction
    ) throws -> [LedgerPayment] {
        try tx.rows(
            payments + """
                 WHERE t.gateway = ?1 AND t.id > ?3 AND t.gateway_id IS NOT NULL
                    AND (t.status NOT IN ('succeeded', 'canceled') OR t.created_at >= ?2 OR t.observed_at >= ?2
                        OR i.paid_at >= ?2 OR i.closed_at >= ?2)
                ORDER BY t.id LIMIT ?4
                """, gateway, since, afterID, limit, read: LedgerPayment.init)
    }

    /// The number of the newest intent of an invoice.
    public static func newestNumber(invoiceID: Int64, _ tx: Transaction) throws -> Int {
        try tx.value("SELECT MAX(number) FROM intents WHERE invoice_id = ?1", invoiceID) ?? 0
    }

    // MARK: - Refunds and disputes

    public static func moneyBack(
        _ kind: LedgerMoneyBack.Kind, gateway: String, gatewayID: String, _ tx: Transaction
    ) throws -> LedgerMoneyBack? {
        let found =
            switch kind {
            case .refund: refunds + " WHERE r.gateway_id = ?2 AND t.gateway = ?1"
            case .dispute: disputes + " WHERE d.gateway = ?1 AND d.gateway_id = ?2"
            }
        return try tx.row(found, gateway, gatewayID, read: LedgerMoneyBack.init)
    }

    /// Refunds and disputes that are not over, or may have ended since, a page at a time.
    ///
    /// - Parameter cursor: of the last one of the page before; nil for the first page.
    public static func moneyBack(
        _ kind: LedgerMoneyBack.Kind, gateway: String, since: Instant, after cursor: String?, limit: Int,
        _ tx: Transaction
    ) throws -> [LedgerMoneyBack] {
        switch kind {
        case .refund:
            try tx.rows(
                refunds + """
                     WHERE t.gateway = ?1 AND r.id > ?3 AND r.gateway_id IS NOT NULL
                        AND (r.ended_at IS NULL OR r.ended_at >= ?2 OR r.written_at >= ?2)
                    ORDER BY r.id LIMIT ?4
                    """, gateway, since, cursor.flatMap { Int64($0) } ?? 0, limit, read: LedgerMoneyBack.init)
        case .dispute:
            try tx.rows(
                disputes + """
                     WHERE d.gateway = ?1 AND d.gateway_id > ?3 AND (d.is_open = 1 OR d.updated_at >= ?2)
                    ORDER BY d.gateway_id LIMIT ?4
                    """, gateway, since, cursor ?? "", limit, read: LedgerMoneyBack.init)
        }
    }

    // MARK: - Whose money

    /// The newest instant at which a change of money was recorded; a clock that is behind it is not to be believed.
    public static func newestChange(_ tx: Transaction) throws -> Instant? {
        try tx.value("SELECT recorded_at FROM activity ORDER BY id DESC LIMIT 1")
    }

    /// Payments that webhooks told of and that no debt of this database knows, a page at a time.
    public static func foreignIntents(
        gateway: String, since: Instant, after id: String, limit: Int, _ tx: Transaction
    ) throws -> [String] {
        try tx.rows(
            """
            SELECT DISTINCT object_id FROM events
            WHERE gateway = ?1 AND is_foreign = 1 AND object_type = 'payment_intent' AND object_id > ?3
                AND last_received_at >= ?2
            ORDER BY object_id LIMIT ?4
            """, gateway, since, id, limit
        ) { try $0.get(0) }
    }

    /// The payment that a charge belongs to, where the ledger knows the charge.
    public static func payment(gateway: String, chargeID: String, _ tx: Transaction) throws -> LedgerPayment? {
        try tx.row(
            payments + " WHERE t.gateway = ?1 AND t.latest_charge = ?2 LIMIT 1", gateway, chargeID,
            read: LedgerPayment.init)
    }

    private static let payments = """
        SELECT t.id AS id, t.gateway_id AS gateway_id, t.reference AS reference, t.number AS number,
            t.amount_minor AS amount_minor, t.currency AS currency, t.status AS status,
            t.gateway_customer_id AS gateway_customer_id, t.created_at AS created_at, t.observed_at AS observed_at,
            i.id AS invoice_id, i.subscription_id AS subscription_id, i.customer_id AS customer_id,
            i.period_start AS period_start, i.paid_at AS paid_at, i.closed_at AS closed_at,
            (SELECT COALESCE(SUM(r.amount_minor), 0) FROM refunds r WHERE r.intent_id = t.id
                AND r.gateway_id IS NOT NULL AND r.state NOT IN ('failed', 'refused')) AS refunded_minor,
            (SELECT COUNT(*) FROM refunds r WHERE r.intent_id = t.id AND r.gateway_id IS NULL
                AND r.state IN ('sending', 'unknown')) AS refunds_on_the_wire,
            (SELECT COUNT(*) FROM disputes d WHERE d.intent_id = t.id) AS disputes,
            (SELECT MAX(a.send_by) FROM attempts a WHERE a.intent_id = t.id AND a.ended_at IS NULL) AS in_flight_until,
            (SELECT MAX(a.id) FROM attempts a WHERE a.intent_id = t.id AND a.ended_at IS NULL) AS attempt_in_flight,
            (SELECT MAX(COALESCE(a.ended_at, a.written_at)) FROM attempts a WHERE a.intent_id = t.id)
                AS attempt_changed_at,
            (SELECT MAX(COALESCE(r.ended_at, r.observed_at, r.written_at)) FROM refunds r WHERE r.intent_id = t.id)
                AS refund_changed_at,
            (SELECT MAX(d.updated_at) FROM disputes d WHERE d.intent_id = t.id) AS dispute_changed_at,
            (SELECT MIN(o.gateway_id) FROM intents o WHERE o.invoice_id = t.invoice_id AND o.id <> t.id
                AND o.status = 'succeeded' AND o.amount_minor > (SELECT COALESCE(SUM(g.amount_minor), 0) FROM refunds g
                    WHERE g.intent_id = o.id AND g.state NOT IN ('failed', 'refused'))) AS other_success
        FROM intents t JOIN invoices i ON i.id = t.invoice_id
        """

    private static let refunds = """
        SELECT r.gateway_id AS gateway_id, r.amount_minor AS amount_minor, r.currency AS currency, r.state AS status,
            r.written_at AS changed_at, r.observed_at AS observed_at, r.ended_at AS ended_at,
            CAST(r.id AS TEXT) AS page_cursor, t.gateway_id AS intent_gateway_id, i.id AS invoice_id,
            i.subscription_id AS subscription_id
        FROM refunds r JOIN intents t ON t.id = r.intent_id JOIN invoices i ON i.id = t.invoice_id
        """

    private static let disputes = """
        SELECT d.gateway_id AS gateway_id, d.amount_minor AS amount_minor, d.currency AS currency,
            d.status AS status, d.updated_at AS changed_at, NULL AS observed_at, NULL AS ended_at,
            d.gateway_id AS page_cursor, t.gateway_id AS intent_gateway_id, i.id AS invoice_id,
            i.subscription_id AS subscription_id
        FROM disputes d JOIN intents t ON t.id = d.intent_id JOIN invoices i ON i.id = t.invoice_id
        """
}
