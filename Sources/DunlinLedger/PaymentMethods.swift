public import DunlinDatabase

/// Every statement on `payment_methods`.
public enum PaymentMethods {
    public static func find(_ id: String, _ tx: Transaction) throws -> PaymentMethod? {
        try tx.row("SELECT \(columns) FROM payment_methods WHERE id = ?1", id, read: PaymentMethod.init(row:))
    }

    /// The customer's methods in the order in which they are tried: the default first, then the backups, then the
    /// others, each by id.
    public static func ofCustomer(_ customerID: String, _ tx: Transaction) throws -> [PaymentMethod] {
        try tx.rows(
            """
            SELECT \(columns) FROM payment_methods WHERE customer_id = ?1
            ORDER BY is_default DESC, is_backup DESC, id
            """, customerID, read: PaymentMethod.init(row:))
    }

    /// The same methods, with what is known against charging them at this gateway.
    static func candidates(
        ofCustomer customerID: String, gateway: String, _ tx: Transaction
    ) throws -> [MethodChoice.Candidate] {
        try tx.rows(
            """
            SELECT \(prefixedColumns("m")), a.brand AS agreed_brand, k.cause AS card_cause, k.reason AS card_reason,
                k.fingerprint AS card_fingerprint, k.card_expiry AS card_expiry, g.cause AS method_cause,
                g.reason AS method_reason, g.fingerprint AS method_fingerprint, g.card_expiry AS method_expiry
            FROM payment_methods m
            LEFT JOIN method_agreements a ON a.payment_method_id = m.id
            LEFT JOIN retry_budget k ON k.gateway = ?2 AND k.card_key = m.fingerprint
            LEFT JOIN retry_budget g ON g.gateway = ?2 AND g.card_key = m.gateway_payment_method_id
            WHERE m.customer_id = ?1 ORDER BY m.is_default DESC, m.is_backup DESC, m.id
            """, customerID, gateway
        ) { row in
            MethodChoice.Candidate(
                method: try PaymentMethod(row: row), agreedBrand: try row.get("agreed_brand"),
                closings: try ["card", "method"].compactMap { try closing(row, $0) })
        }
    }

    private static func closing(_ row: Row, _ prefix: String) throws -> RetryBudget.Closing? {
        guard let cause: RetryBudget.Cause = try row.get("\(prefix)_cause") else { return nil }
        return RetryBudget.Closing(
            cause: cause, reason: try row.get("\(prefix)_reason"), fingerprint: try row.get("\(prefix)_fingerprint"),
            cardExpiry: try row.get("\(prefix)_expiry"))
    }

    /// The brand under which the customer agreed to be charged on this method; nil where none is known.
    static func agreedBrand(_ id: String, _ tx: Transaction) throws -> String? {
        try tx.value("SELECT brand FROM method_agreements WHERE payment_method_id = ?1", id)
    }

    private static func prefixedColumns(_ table: String) -> String {
        columns.split(separator: ", ").map { "\(table).\($0)" }.joined(separator: ", ")
    }

    /// The row that holds this method of a gateway for this customer; there is at most one.
    public static func id(
        customerID: String, gatewayPaymentMethodID: String, _ tx: Transaction
    ) throws -> String? {
        try tx.value(
            "SELECT id FROM payment_methods WHERE customer_id = ?1 AND gateway_payment_method_id = ?2",
            customerID, gatewayPaymentMethodID)
    }

    /// The rows with this method of a gateway; ids of two gateways may be the same.
    public static func of(gatewayPaymentMethodID: String, _ tx: Transaction) throws -> [PaymentMethod] {
        try tx.rows(
            "SELECT \(columns) FROM payment_methods WHERE gateway_payment_method_id = ?1 ORDER BY id",
            gatewayPaymentMethodID, read: PaymentMethod.init(row:))
    }

    /// At most `limit` methods in the order of their ids, from the one after `id`; from the first when it is nil.
    public static func page(after id: String?, limit: Int, _ tx: Transaction) throws -> [PaymentMethod] {
        try tx.rows(
            "SELECT \(columns) FROM payment_methods WHERE id > ?1 ORDER BY id LIMIT ?2", id ?? "", limit,
            read: PaymentMethod.init(row:))
    }

    public static func count(_ tx: Transaction) throws -> Int {
        try tx.value("SELECT COUNT(*) FROM payment_methods") ?? 0
    }

    /// Stores the method as it is wished. An equal row is left alone, so that no trigger fires.
    ///
    /// - Throws: `DatabaseError` when the customer is unknown or has the gateway's method in another row.
    @discardableResult
    public static func upsert(_ method: PaymentMethod, _ tx: Transaction) throws -> RowChange {
        try upsert(method, stored: try find(method.id, tx), tx)
    }

    /// The same for a caller that has just read the stored row.
    @discardableResult
    public static func upsert(_ method: PaymentMethod, stored: PaymentMethod?, _ tx: Transaction) throws -> RowChange {
        guard stored != method else { return .unchanged }
        try tx.execute(
            """
            INSERT INTO payment_methods (\(columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
                ?14)
            ON CONFLICT (id) DO UPDATE SET customer_id = excluded.customer_id,
                gateway_payment_method_id = excluded.gateway_payment_method_id, type = excluded.type,
                brand = excluded.brand, last4 = excluded.last4, exp_month = excluded.exp_month,
                exp_year = excluded.exp_year, is_default = excluded.is_default, is_backup = excluded.is_backup,
                consent_at = excluded.consent_at, fingerprint = excluded.fingerprint, country = excluded.country,
                funding = excluded.funding
            """, method.id, method.customerID, method.gatewayPaymentMethodID, method.type, method.brand, method.last4,
            method.expMonth, method.expYear, method.isDefault, method.isBackup, method.consentAt, method.fingerprint,
            method.country, method.funding)
        return stored == nil ? .added : .changed
    }

    /// Makes the method the customer's default one, or its backup; the one that was it before is it no more.
    public static func set(_ role: PaymentMethod.Role, to id: String, of customerID: String, _ tx: Transaction) throws {
        let column = role == .default ? "is_default" : "is_backup"
        try tx.execute(
            "UPDATE payment_methods SET \(column) = 0 WHERE customer_id = ?1 AND id <> ?2 AND \(column) = 1",
            customerID, id)
        try tx.execute(
            "UPDATE payment_methods SET \(column) = 1 WHERE customer_id = ?1 AND id = ?2 AND \(column) = 0",
            customerID, id)
    }

    /// Stores each of the rows as it is wished.
    @discardableResult
    public static func upsert(_ rows: [PaymentMethod], _ tx: Transaction) throws -> RowCounts {
        try rows.reduce(into: RowCounts()) { counts, row in counts.count(try upsert(row, tx)) }
    }

    private static let columns = """
        id, customer_id, gateway_payment_method_id, type, brand, last4, exp_month, exp_year, is_default, is_backup, \
        consent_at, fingerprint, country, funding
        """
}

extension PaymentMethod {
    init(row: Row) throws {
        self.init(
            id: try row.get(0), customerID: try row.get(1), gatewayPaymentMethodID: try row.get(2),
            type: try row.get(3), brand: try row.get(4), last4: try row.get(5), expMonth: try row.get(6),
            expYear: try row.get(7), isDefault: try row.get(8), isBackup: try row.get(9), consentAt: try row.get(10),
            fingerprint: try row.get(11), country: try row.get(12), funding: try row.get(13))
    }
}
