public import DunlinDatabase

/// Every statement on `subscriptions`.
public enum Subscriptions {
    public static func find(_ id: String, _ tx: Transaction) throws -> Subscription? {
        try tx.row("SELECT \(columns) FROM subscriptions WHERE id = ?1", id, read: Subscription.init(row:))
    }

    public static func exists(_ id: String, _ tx: Transaction) throws -> Bool {
        try tx.value("SELECT 1 FROM subscriptions WHERE id = ?1", id, as: Int.self) != nil
    }

    /// The ids of the customer's subscriptions, in their order.
    public static func ids(ofCustomer customerID: String, _ tx: Transaction) throws -> [String] {
        try tx.rows("SELECT id FROM subscriptions WHERE customer_id = ?1 ORDER BY id", customerID) { try $0.get(0) }
    }

    /// The customer's subscriptions, in the order of their ids.
    public static func ofCustomer(_ customerID: String, _ tx: Transaction) throws -> [Subscription] {
        try tx.rows(
            "SELECT \(columns) FROM subscriptions WHERE customer_id = ?1 ORDER BY id", customerID,
            read: Subscription.init(row:))
    }

    /// The ids of the subscriptions of `customerID` that name this payment method.
    public static func ids(
        ofCustomer customerID: String, paymentMethodID: String, _ tx: Transaction
    ) throws -> [String] {
        try tx.rows(
            "SELECT id FROM subscriptions WHERE customer_id = ?1 AND payment_method_id = ?2 ORDER BY id",
            customerID, paymentMethodID
        ) { try $0.get(0) }
    }

    /// At most `limit` subscriptions in the order of their ids, from the one after `id`; from the first when it is nil.
    public static func page(after id: String?, limit: Int, _ tx: Transaction) throws -> [Subscription] {
        try tx.rows(
            "SELECT \(columns) FROM subscriptions WHERE id > ?1 ORDER BY id LIMIT ?2", id ?? "", limit,
            read: Subscription.init(row:))
    }

    public static func count(_ tx: Transaction) throws -> Int {
        try tx.value("SELECT COUNT(*) FROM subscriptions") ?? 0
    }

    /// The currencies that subscriptions are billed in.
    public static func currencies(_ tx: Transaction) throws -> [String] {
        try tx.rows("SELECT DISTINCT currency FROM subscriptions ORDER BY currency") { try $0.get(0) }
    }

    /// Stores the subscription as it is wished. An equal row is left alone, so that no trigger fires.
    ///
    /// - Throws: `DatabaseError` when its customer or payment method is unknown.
    @discardableResult
    public static func upsert(_ subscription: Subscription, _ tx: Transaction) throws -> RowChange {
        try upsert(subscription, stored: try find(subscription.id, tx), tx)
    }

    /// The same for a caller that has just read the stored row.
    @discardableResult
    public static func upsert(
        _ subscription: Subscription, stored: Subscription?, _ tx: Transaction
    ) throws -> RowChange {
        guard stored != subscription else { return .unchanged }
        try tx.execute(upsertStatement, arguments: subscription.columnValues)
        return stored == nil ? .added : .changed
    }

    /// Stores each of the rows as it is wished.
    @discardableResult
    public static func upsert(_ rows: [Subscription], _ tx: Transaction) throws -> RowCounts {
        try rows.reduce(into: RowCounts()) { counts, row in counts.count(try upsert(row, tx)) }
    }

    private static let columns = """
        id, customer_id, payment_method_id, plan, amount_minor, currency, quantity, interval, interval_count, anchor, \
        time_zone, trial_end, bill_on, ends_at, cancel_at_period_end, status, bill_from, replaces, parallel, entity, \
        invoice_number, on_resume
        """

    /// The columns in the order in which a subscription is read, each of the table's name in the statement.
    static func prefixedColumns(_ table: String) -> String {
        columns.split(separator: ", ").map { "\(table).\($0)" }.joined(separator: ", ")
    }

    private static let upsertStatement = """
        INSERT INTO subscriptions (\(columns))
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)
        ON CONFLICT (id) DO UPDATE SET customer_id = excluded.customer_id,
            payment_method_id = excluded.payment_method_id, plan = excluded.plan,
            amount_minor = excluded.amount_minor, currency = excluded.currency, quantity = excluded.quantity,
            interval = excluded.interval, interval_count = excluded.interval_count, anchor = excluded.anchor,
            time_zone = excluded.time_zone, trial_end = excluded.trial_end, bill_on = excluded.bill_on,
            ends_at = excluded.ends_at, cancel_at_period_end = excluded.cancel_at_period_end,
            status = excluded.status, bill_from = excluded.bill_from, replaces = excluded.replaces,
            parallel = excluded.parallel, entity = excluded.entity, invoice_number = excluded.invoice_number,
            on_resume = excluded.on_resume
        """
}

extension Subscription.Status: ColumnValue {}

extension Subscription {
    init(row: Row) throws {
        self.init(
            id: try row.get(0), customerID: try row.get(1), paymentMethodID: try row.get(2), plan: try row.get(3),
            amountMinor: try row.get(4), currency: try row.get(5), quantity: try row.get(6), interval: try row.get(7),
            intervalCount: try row.get(8), anchor: try row.get(9), timeZone: try row.get(10),
            trialEnd: try row.get(11), billOn: try row.get(12), endsAt: try row.get(13),
            cancelAtPeriodEnd: try row.get(14), status: try row.get(15), billFrom: try row.get(16),
            replaces: try row.get(17), parallel: try row.get(18), entity: try row.get(19),
            invoiceNumber: try row.get(20), onResume: try row.get(21))
    }

    /// In the order of the columns.
    fileprivate var columnValues: [(any ColumnValue)?] {
        [
            id, customerID, paymentMethodID, plan, amountMinor, currency, quantity, interval, intervalCount, anchor,
            timeZone, trialEnd, billOn, endsAt, cancelAtPeriodEnd, status, billFrom, replaces, parallel, entity,
            invoiceNumber, onResume,
        ]
    }
}
