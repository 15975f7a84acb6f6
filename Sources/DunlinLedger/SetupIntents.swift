public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// The mirror of one SetupIntent: what was last read of it.
public struct SetupIntentRow: Hashable, Sendable {
    public var gateway: String
    public var gatewayID: String
    public var gatewayCustomerID: String?
    public var gatewayPaymentMethodID: String?
    /// The gateway's own word.
    public var status: String
    public var usage: String?
    /// When the request began whose answer this is.
    public var updatedAt: Instant

    init(_ row: Row) throws {
        gateway = try row.get("gateway")
        gatewayID = try row.get("gateway_id")
        gatewayCustomerID = try row.get("gateway_customer_id")
        gatewayPaymentMethodID = try row.get("gateway_payment_method_id")
        status = try row.get("status")
        usage = try row.get("usage")
        updatedAt = try row.get("updated_at")
    }
}

/// The table `setup_intents`.
public enum SetupIntents {
    public static func find(gateway: String, gatewayID: String, _ tx: Transaction) throws -> SetupIntentRow? {
        try tx.row(
            "SELECT * FROM setup_intents WHERE gateway = ?1 AND gateway_id = ?2", gateway, gatewayID,
            read: SetupIntentRow.init)
    }

    /// Notes what the gateway showed. An older look changes nothing, and a SetupIntent that has ended stays so; a status
    /// that no dossier names is not noted, as it proves nothing.
    ///
    /// - Parameter askedAt: when the request whose answer this is began.
    public static func note(
        _ snapshot: SetupIntentSnapshot, gateway: String, askedAt: Instant, _ tx: Transaction
    ) throws {
        if case .other = snapshot.status { return }
        try tx.execute(
            """
            INSERT INTO setup_intents (gateway, gateway_id, gateway_customer_id, gateway_payment_method_id, status,
                usage, updated_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (gateway, gateway_id) DO UPDATE SET gateway_customer_id = excluded.gateway_customer_id,
                gateway_payment_method_id = excluded.gateway_payment_method_id, status = excluded.status,
                usage = COALESCE(excluded.usage, setup_intents.usage), updated_at = excluded.updated_at
            WHERE setup_intents.status NOT IN ('succeeded', 'canceled')
                AND setup_intents.updated_at <= excluded.updated_at
            """, gateway, snapshot.id, snapshot.customerID, snapshot.paymentMethodID, snapshot.status.text,
            snapshot.usage?.rawValue, askedAt)
    }
}
