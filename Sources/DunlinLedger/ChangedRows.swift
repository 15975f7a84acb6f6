public import DunlinDatabase

/// One entry of the dirty list: a row of the owner's that was added, changed or deleted on whatever connection.
public struct ChangedRow: Hashable, Sendable, Identifiable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case customer, subscription, adjustment
        case paymentMethod = "payment_method"
    }

    public let id: Int64
    public let kind: Kind
    /// The id of the row in its own table; the row may be gone.
    public let rowID: String

    public init(id: Int64, kind: Kind, rowID: String) {
        self.id = id
        self.kind = kind
        self.rowID = rowID
    }
}

extension ChangedRow.Kind: ColumnValue {}

/// Every statement on `changed_rows`. The rows are written by triggers alone.
public enum ChangedRows {
    /// The oldest `limit` entries. A row changed twice is there twice.
    public static func take(limit: Int, _ tx: Transaction) throws -> [ChangedRow] {
        try tx.rows("SELECT id, kind, row_id FROM changed_rows ORDER BY id LIMIT ?1", limit) { row in
            ChangedRow(id: try row.get(0), kind: try row.get(1), rowID: try row.get(2))
        }
    }

    /// The newest entry's id; nil when there is none.
    public static func newest(_ tx: Transaction) throws -> Int64? {
        try tx.value("SELECT MAX(id) FROM changed_rows")
    }

    /// Puts a row on the list again: it could not be looked at yet.
    public static func add(_ kind: ChangedRow.Kind, _ rowID: String, _ tx: Transaction) throws {
        try tx.execute("INSERT INTO changed_rows (kind, row_id) VALUES (?1, ?2)", kind, rowID)
    }

    /// Forgets the entries up to and with `id`, in the transaction that planned what they name.
    public static func clear(through id: Int64, _ tx: Transaction) throws {
        try tx.execute("DELETE FROM changed_rows WHERE id <= ?1", id)
    }

    public static func count(_ tx: Transaction) throws -> Int {
        try tx.value("SELECT COUNT(*) FROM changed_rows") ?? 0
    }
}
