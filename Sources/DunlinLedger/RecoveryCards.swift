public import DunlinCalendar
public import DunlinDatabase

/// A page of the gateway's own on which a customer was sent to save another card for a debt.
public struct RecoveryCard: Hashable, Sendable {
    public var id: Int64
    public var invoiceID: Int64
    public var gateway: String
    public var gatewayCustomerID: String
    public var setupIntentID: String?
    public var startedAt: Instant
    /// Set once a card was saved there.
    public var paymentMethodID: String?

    init(_ row: Row) throws {
        id = try row.get("id")
        invoiceID = try row.get("invoice_id")
        gateway = try row.get("gateway")
        gatewayCustomerID = try row.get("gateway_customer_id")
        setupIntentID = try row.get("setup_intent_id")
        startedAt = try row.get("started_at")
        paymentMethodID = try row.get("payment_method_id")
    }
}

/// The table `recovery_cards`.
public enum RecoveryCards {
    public static func insert(
        invoiceID: Int64, gateway: String, gatewayCustomerID: String, sessionID: String, setupIntentID: String?,
        now: Instant, _ tx: Transaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO recovery_cards (invoice_id, gateway, gateway_customer_id, session_id, setup_intent_id, started_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (gateway, session_id) DO NOTHING
            """, invoiceID, gateway, gatewayCustomerID, sessionID, setupIntentID, now)
    }

    /// Pages that were opened for this debt and saved nothing so far, newest first.
    public static func awaited(ofInvoice invoiceID: Int64, _ tx: Transaction) throws -> [RecoveryCard] {
        try tx.rows(
            "SELECT * FROM recovery_cards WHERE invoice_id = ?1 AND saved_at IS NULL ORDER BY id DESC LIMIT 6",
            invoiceID,
            read: RecoveryCard.init)
    }

    /// The card that the customer saved last for this debt.
    public static func saved(ofInvoice invoiceID: Int64, _ tx: Transaction) throws -> PaymentMethod? {
        let id: String? = try tx.value(
            """
            SELECT payment_method_id FROM recovery_cards WHERE invoice_id = ?1 AND saved_at IS NOT NULL
            ORDER BY saved_at DESC, id DESC LIMIT 1
            """, invoiceID)
        return try id.flatMap { try PaymentMethods.find($0, tx) }
    }

    /// A SetupIntent has saved a card: if a page for a debt made it, the card is that debt's. Once for each page.
    ///
    /// - Parameter createdAt: when the SetupIntent was made, for pages whose SetupIntent was not known beforehand.
    /// - Returns: the debt; nil when no page was waiting for it.
    public static func noteSaved(
        _ paymentMethodID: String, setupIntentID: String, createdAt: Instant?, gateway: String,
        gatewayCustomerID: String, now: Instant, _ tx: Transaction
    ) throws -> Int64? {
        let page: Int64? = try tx.value(
            """
            SELECT id FROM recovery_cards
            WHERE gateway = ?1 AND gateway_customer_id = ?2 AND saved_at IS NULL
                AND (setup_intent_id = ?3 OR (setup_intent_id IS NULL AND ?4 IS NOT NULL AND started_at <= ?4))
                AND NOT EXISTS (SELECT 1 FROM recovery_cards AS other WHERE other.gateway = ?1
                    AND other.setup_intent_id = ?3 AND other.saved_at IS NOT NULL)
            ORDER BY setup_intent_id IS NULL, id DESC LIMIT 1
            """, gateway, gatewayCustomerID, setupIntentID, createdAt?.adding(minutes: 5))
        guard let page else { return nil }
        return try tx.value(
            """
            UPDATE recovery_cards SET payment_method_id = ?2, saved_at = ?3, setup_intent_id = ?4
            WHERE id = ?1 AND saved_at IS NULL RETURNING invoice_id
            """, page, paymentMethodID, now, setupIntentID)
    }
}
