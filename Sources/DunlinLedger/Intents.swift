public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// One debt's object at the gateway: at most one that is not canceled (money.md 5).
public struct Intent: Hashable, Sendable {
    public var id: Int64
    public var invoiceID: Int64
    public var number: Int
    public var gateway: String
    public var account: String
    public var mode: GatewayMode
    public var gatewayCustomerID: String
    public var amountMinor: Int64
    public var currencyCode: String
    public var reference: String
    /// nil until the gateway's answer to the create is stored.
    public var gatewayID: String?
    /// `created` until the gateway has answered, then the gateway's own word.
    public var status: String
    public var latestCharge: String?
    public var createdAt: Instant

    public static let created = "created"
    public var isCanceled: Bool { status == IntentStatus.canceled.text }
    public var hasSucceeded: Bool { status == IntentStatus.succeeded.text }
    /// The gateway could still be paid on it, or is being.
    public var isOpen: Bool { !isCanceled && !hasSucceeded }

    init(_ row: Row) throws {
        id = try row.get("id")
        invoiceID = try row.get("invoice_id")
        number = try row.get("number")
        gateway = try row.get("gateway")
        account = try row.get("account")
        mode = try row.get("mode")
        gatewayCustomerID = try row.get("gateway_customer_id")
        amountMinor = try row.get("amount_minor")
        currencyCode = try row.get("currency")
        reference = try row.get("reference")
        gatewayID = try row.get("gateway_id")
        status = try row.get("status")
        latestCharge = try row.get("latest_charge")
        createdAt = try row.get("created_at")
    }
}

extension GatewayMode: ColumnValue {}

/// An intent to be named before it is created at the gateway, or adopted from it.
public struct NewIntent: Sendable {
    public var invoiceID: Int64
    public var number: Int
    public var gateway: String
    public var account: String
    public var mode: GatewayMode
    public var gatewayCustomerID: String
    public var amount: Money
    /// The debt's reference; for a second intent of the same name, that and the gateway's id.
    public var reference: String
    /// Set when it is adopted.
    public var gatewayID: String?
    public var status: String

    public init(
        invoiceID: Int64, number: Int, gateway: String, account: String, mode: GatewayMode, gatewayCustomerID: String,
        amount: Money, reference: String, gatewayID: String? = nil, status: String = Intent.created
    ) {
        self.invoiceID = invoiceID
        self.number = number
        self.gateway = gateway
        self.account = account
        self.mode = mode
        self.gatewayCustomerID = gatewayCustomerID
        self.amount = amount
        self.reference = reference
        self.gatewayID = gatewayID
        self.status = status
    }
}

/// The table `intents`.
public enum Intents {
    public static func insert(_ new: NewIntent, now: Instant, _ tx: Transaction) throws -> Int64 {
        try tx.execute(
            """
            INSERT INTO intents (invoice_id, number, gateway, account, mode, gateway_customer_id, amount_minor,
                currency, reference, gateway_id, status, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
            """, new.invoiceID, new.number, new.gateway, new.account, new.mode, new.gatewayCustomerID,
            new.amount.minorUnits, new.amount.currency.code, new.reference, new.gatewayID, new.status, now)
        return tx.lastInsertedID
    }

    public static func get(_ id: Int64, _ tx: Transaction) throws -> Intent {
        guard let intent = try tx.row("SELECT * FROM intents WHERE id = ?1", id, read: Intent.init) else {
            throw LedgerError(.missingRow, "no intent \(id)")
        }
        return intent
    }

    /// All intents of an invoice, by number.
    public static func of(_ invoiceID: Int64, _ tx: Transaction) throws -> [Intent] {
        try tx.rows("SELECT * FROM intents WHERE invoice_id = ?1 ORDER BY number", invoiceID, read: Intent.init)
    }

    public static func find(gateway: String, gatewayID: String, _ tx: Transaction) throws -> Intent? {
        try tx.row(
            "SELECT * FROM intents WHERE gateway = ?1 AND gateway_id = ?2", gateway, gatewayID, read: Intent.init)
    }

    /// The intent that was named so before it was created at the gateway.
    public static func find(reference: String, _ tx: Transaction) throws -> Intent? {
        try tx.row("SELECT * FROM intents WHERE reference = ?1", reference, read: Intent.init)
    }

    /// Stores the gateway's id, unless one is stored: the first one wins.
    ///
    /// - Returns: the id that is stored.
    public static func store(gatewayID: String, _ id: Int64, _ tx: Transaction) throws -> String {
        let stored: String? = try tx.value(
            "UPDATE intents SET gateway_id = COALESCE(gateway_id, ?2) WHERE id = ?1 RETURNING gateway_id", id, gatewayID
        )
        guard let stored else {
            throw LedgerError(.missingRow, "no intent \(id)")
        }
        return stored
    }

    /// Notes what the gateway showed. An older look, asked for before the newest one noted, changes nothing; nor does
    /// any look change an intent that has succeeded.
    ///
    /// - Parameter askedAt: when the request whose answer this is began.
    public static func note(_ snapshot: IntentSnapshot, of id: Int64, askedAt: Instant, _ tx: Transaction) throws {
        try tx.execute(
            """
            UPDATE intents SET status = ?2, latest_charge = COALESCE(?3, latest_charge), observed_at = ?4
            WHERE id = ?1 AND status <> 'succeeded' AND (?2 = 'succeeded' OR observed_at IS NULL OR observed_at <= ?4)
                AND (status <> 'canceled' OR ?2 = 'succeeded')
            """, id, snapshot.status.text, snapshot.latestCharge, askedAt)
    }

    /// As `note`, but leaves a success to `noteSucceeded`, which also counts the money.
    public static func noteUnlessSucceeded(
        _ snapshot: IntentSnapshot, of id: Int64, askedAt: Instant, _ tx: Transaction
    ) throws {
        if snapshot.status != .succeeded { try note(snapshot, of: id, askedAt: askedAt, tx) }
    }

    /// Marks an intent succeeded.
    ///
    /// - Returns: false when it was already: its money is counted once.
    public static func noteSucceeded(_ id: Int64, _ tx: Transaction) throws -> Bool {
        try tx.execute("UPDATE intents SET status = 'succeeded' WHERE id = ?1 AND status <> 'succeeded'", id) == 1
    }

    /// Marks an intent canceled that the gateway confirmed to be so, or that never came to be there.
    public static func noteCanceled(_ id: Int64, _ tx: Transaction) throws {
        try tx.execute("UPDATE intents SET status = 'canceled' WHERE id = ?1 AND status <> 'succeeded'", id)
    }
}
