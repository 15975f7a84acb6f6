public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// The table `disputes`: charges that a card holder contests.
public enum Disputes {
    /// What an observation changed.
    public enum Change: Hashable, Sendable {
        case none, noted, opened
        /// With the gateway's word for how.
        case closed(String)
    }

    /// Notes a dispute that was just read. A closed one opens no more, and an older look changes nothing.
    ///
    /// - Parameter askedAt: when the request whose answer this is began.
    public static func note(
        _ snapshot: DisputeSnapshot, of intent: Intent, customerID: String, askedAt: Instant, now: Instant,
        _ tx: Transaction
    ) throws -> Change {
        let known = try tx.row(
            "SELECT status, updated_at FROM disputes WHERE gateway = ?1 AND gateway_id = ?2", intent.gateway,
            snapshot.id
        ) { row in
            (status: try row.get("status", as: String.self), updatedAt: try row.get("updated_at", as: Instant.self))
        }
        if let known {
            guard known.updatedAt <= askedAt,
                MoneyTransition.isAllowed(dispute: known.status, to: snapshot.status)
            else { return .none }
        }
        let isOpen = DisputeStatus.isOpen(snapshot.status)
        try tx.execute(
            """
            INSERT INTO disputes (gateway, gateway_id, intent_id, customer_id, amount_minor, currency, reason, status,
                is_open, opened_at, updated_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            ON CONFLICT (gateway, gateway_id) DO UPDATE SET amount_minor = excluded.amount_minor,
                reason = COALESCE(excluded.reason, disputes.reason), status = excluded.status,
                is_open = excluded.is_open, updated_at = excluded.updated_at
            """, intent.gateway, snapshot.id, intent.id, customerID, snapshot.amount?.minorUnits ?? intent.amountMinor,
            snapshot.amount?.currency.code ?? intent.currencyCode, snapshot.reason, snapshot.status, isOpen, now,
            askedAt)
        let wasOpen = known.map { DisputeStatus.isOpen($0.status) }
        switch (wasOpen, isOpen) {
        case (nil, true): return .opened
        case (nil, false), (true?, false): return .closed(snapshot.status)
        default: return .noted
        }
    }

    public static func isOpen(gatewayID: String, gateway: String, _ tx: Transaction) throws -> Bool {
        let found: Int? = try tx.value(
            "SELECT 1 FROM disputes WHERE gateway = ?1 AND gateway_id = ?2 AND is_open = 1", gateway, gatewayID)
        return found != nil
    }

    /// An open dispute of the customer's; nil when there is none.
    public static func open(ofCustomer customerID: String, _ tx: Transaction) throws -> String? {
        try tx.value(
            "SELECT gateway_id FROM disputes WHERE customer_id = ?1 AND is_open = 1 ORDER BY opened_at LIMIT 1",
            customerID)
    }

    /// A dispute about the invoice's money is open, or was lost.
    public static func isInDispute(invoiceID: Int64, _ tx: Transaction) throws -> Bool {
        let statuses = try tx.rows(
            "SELECT d.status AS status FROM disputes d JOIN intents t ON t.id = d.intent_id WHERE t.invoice_id = ?1",
            invoiceID
        ) { try $0.get("status", as: String.self) }
        return statuses.contains { DisputeStatus.isOpen($0) || DisputeStatus.takesMoney($0) }
    }

    /// What of an invoice's money is contested or gone, in minor units.
    public static func disputedMinor(invoiceID: Int64, _ tx: Transaction) throws -> Int64 {
        let rows = try tx.rows(
            """
            SELECT d.status AS status, d.amount_minor AS amount_minor FROM disputes d
            JOIN intents t ON t.id = d.intent_id WHERE t.invoice_id = ?1
            """, invoiceID
        ) { (status: try $0.get("status", as: String.self), amount: try $0.get("amount_minor", as: Int64.self)) }
        return rows.filter { DisputeStatus.takesMoney($0.status) }.reduce(0) { $0 + $1.amount }
    }
}
