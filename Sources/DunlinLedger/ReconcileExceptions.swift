public import DunlinCore
public import DunlinDatabase

/// One thing that ledger and gateway tell differently, with the ids to look it up by on both sides.
public struct ReconcileException: Hashable, Sendable {
    /// Which of the four lists (money.md 33).
    public enum List: String, Hashable, Sendable, CaseIterable, ColumnValue {
        case gatewayOnly = "gateway_only"
        case ledgerOnly = "ledger_only"
        case differing
        case twoSuccesses = "two_successes"
    }

    public enum Object: String, Hashable, Sendable, ColumnValue {
        case intent = "payment_intent"
        case refund, dispute, charge, payout
    }

    public var list: List
    public var object: Object
    /// The gateway's id.
    public var objectID: String
    /// What differs; empty where the whole object does.
    public var field = ""
    public var ledgerValue: String?
    public var gatewayValue: String?
    public var amount: Money?
    public var gatewayCustomerID: String?
    public var subscriptionID: String?
    /// The local start date of the period.
    public var periodStart: String?
    public var invoiceID: Int64?
    /// False where no money has moved because of it.
    public var movesMoney = true
    /// One sentence for a person.
    public var text: String

    public init(_ list: List, _ object: Object, _ objectID: String, text: String) {
        self.list = list
        self.object = object
        self.objectID = objectID
        self.text = text
    }

    /// Something that both sides have, and tell differently.
    public init(_ difference: MoneyDifference, of object: Object, _ objectID: String, text: String) {
        self.init(.differing, object, objectID, text: text)
        field = difference.field.rawValue
        ledgerValue = difference.ledger
        gatewayValue = difference.gateway
    }
}

/// The table `reconcile_exceptions`.
public enum ReconcileExceptions {
    /// Notes one; a page that is read twice notes it once.
    public static func add(_ new: ReconcileException, runID: Int64, _ tx: Transaction) throws {
        try tx.execute(
            """
            INSERT INTO reconcile_exceptions (run_id, list, object_type, object_id, field, ledger_value, gateway_value,
                amount_minor, currency, gateway_customer_id, subscription_id, period_start, invoice_id, moves_money, text)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
            ON CONFLICT (run_id, list, object_type, object_id, field) DO NOTHING
            """, runID, new.list, new.object, new.objectID, new.field, new.ledgerValue, new.gatewayValue,
            new.amount?.minorUnits, new.amount?.currency.code, new.gatewayCustomerID, new.subscriptionID,
            new.periodStart, new.invoiceID, new.movesMoney, new.text)
    }

    /// Those of a run, in the order in which they were found.
    public static func of(
        runID: Int64, afterID: Int64 = 0, limit: Int, _ tx: Transaction
    ) throws -> [(id: Int64, exception: ReconcileException)] {
        try tx.rows(
            "SELECT * FROM reconcile_exceptions WHERE run_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3", runID, afterID,
            limit
        ) { (id: try $0.get("id"), exception: try ReconcileException($0)) }
    }

    /// It is no difference any more.
    public static func remove(_ id: Int64, _ tx: Transaction) throws {
        try tx.execute("DELETE FROM reconcile_exceptions WHERE id = ?1", id)
    }

    /// How many there are in each list.
    public static func counts(runID: Int64, _ tx: Transaction) throws -> [ReconcileException.List: Int64] {
        let rows = try tx.rows(
            "SELECT list, COUNT(*) AS count FROM reconcile_exceptions WHERE run_id = ?1 GROUP BY list", runID
        ) { (try $0.get("list", as: ReconcileException.List.self), try $0.get("count", as: Int64.self)) }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    /// Payments that the ledger does not have and that collected a period that another one of them collected too.
    public static func sharedPeriods(
        runID: Int64, _ tx: Transaction
    ) throws -> [ReconcileException] {
        try tx.rows(
            """
            SELECT e.* FROM reconcile_exceptions e
            WHERE e.run_id = ?1 AND e.list = 'gateway_only' AND e.object_type = 'payment_intent' AND e.moves_money = 1
                AND e.subscription_id IS NOT NULL AND e.period_start IS NOT NULL AND EXISTS (
                    SELECT 1 FROM reconcile_exceptions o WHERE o.run_id = e.run_id AND o.list = 'gateway_only'
                        AND o.object_type = 'payment_intent' AND o.moves_money = 1
                        AND o.subscription_id = e.subscription_id AND o.period_start = e.period_start AND o.id <> e.id)
            ORDER BY e.id
            """, runID, read: ReconcileException.init)
    }
}

extension ReconcileException {
    init(_ row: Row) throws {
        self.init(
            try row.get("list"), try row.get("object_type"), try row.get("object_id"), text: try row.get("text"))
        field = try row.get("field")
        ledgerValue = try row.get("ledger_value")
        gatewayValue = try row.get("gateway_value")
        let currency: String? = try row.get("currency")
        if let minor = try row.get("amount_minor", as: Int64?.self), let currency = currency.flatMap({ Currency($0) }) {
            amount = Money(minorUnits: minor, currency: currency)
        }
        gatewayCustomerID = try row.get("gateway_customer_id")
        subscriptionID = try row.get("subscription_id")
        periodStart = try row.get("period_start")
        invoiceID = try row.get("invoice_id")
        movesMoney = try row.get("moves_money")
    }
}
