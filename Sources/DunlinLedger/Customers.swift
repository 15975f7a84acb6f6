public import DunlinDatabase

/// Every statement on `customers`.
public enum Customers {
    public static func find(_ id: String, _ tx: Transaction) throws -> Customer? {
        try tx.row("SELECT \(columns) FROM customers WHERE id = ?1", id, read: Customer.init(row:))
    }

    /// The customer that holds this customer of a gateway; there is at most one.
    public static func id(gateway: String, gatewayCustomerID: String, _ tx: Transaction) throws -> String? {
        try tx.value(
            "SELECT id FROM customers WHERE gateway = ?1 AND gateway_customer_id = ?2", gateway, gatewayCustomerID)
    }

    /// At most `limit` customers in the order of their ids, from the one after `id`; from the first when it is nil.
    public static func page(after id: String?, limit: Int, _ tx: Transaction) throws -> [Customer] {
        try tx.rows(
            "SELECT \(columns) FROM customers WHERE id > ?1 ORDER BY id LIMIT ?2", id ?? "", limit,
            read: Customer.init(row:))
    }

    public static func count(_ tx: Transaction) throws -> Int {
        try tx.value("SELECT COUNT(*) FROM customers") ?? 0
    }

    /// The names of all gateways that customers are at.
    public static func gateways(_ tx: Transaction) throws -> [String] {
        try tx.rows("SELECT DISTINCT gateway FROM customers ORDER BY gateway") { try $0.get(0) }
    }

    /// Stores the customer as it is wished. An equal row is left alone, so that no trigger fires.
    ///
    /// - Throws: `DatabaseError` when the gateway's customer belongs to another row.
    @discardableResult
    public static func upsert(_ customer: Customer, _ tx: Transaction) throws -> RowChange {
        try upsert(customer, stored: try find(customer.id, tx), tx)
    }

    /// The same for a caller that has just read the stored row.
    @discardableResult
    public static func upsert(_ customer: Customer, stored: Customer?, _ tx: Transaction) throws -> RowChange {
        guard stored != customer else { return .unchanged }
        try tx.execute(
            """
            INSERT INTO customers (\(columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (id) DO UPDATE SET gateway = excluded.gateway,
                gateway_customer_id = excluded.gateway_customer_id, email = excluded.email, name = excluded.name,
                country = excluded.country, time_zone = excluded.time_zone, locale = excluded.locale
            """, customer.id, customer.gateway, customer.gatewayCustomerID, customer.email, customer.name,
            customer.country, customer.timeZone, customer.locale)
        return stored == nil ? .added : .changed
    }

    /// Stores each of the rows as it is wished.
    @discardableResult
    public static func upsert(_ rows: [Customer], _ tx: Transaction) throws -> RowCounts {
        try rows.reduce(into: RowCounts()) { counts, row in counts.count(try upsert(row, tx)) }
    }

    private static let columns = "id, gateway, gateway_customer_id, email, name, country, time_zone, locale"
}

extension Customer {
    init(row: Row) throws {
        self.init(
            id: try row.get(0), gateway: try row.get(1), gatewayCustomerID: try row.get(2), email: try row.get(3),
            name: try row.get(4), country: try row.get(5), timeZone: try row.get(6), locale: try row.get(7))
    }
}
