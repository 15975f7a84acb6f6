public import DunlinCalendar
public import DunlinDatabase

/// A row of the owner's own tables as it was read last.
public struct SourceRow: Hashable, Sendable {
    public var id: String
    /// Of all its columns.
    public var hash: String
    /// Why it could not be taken over.
    public var problem: String?
    public var hasVanished: Bool
}

/// The tables `source_rows` and `source_columns`. A kind is the name of a query.
public enum SourceRows {
    public static func find(_ kind: String, _ id: String, _ tx: Transaction) throws -> SourceRow? {
        try tx.row(
            "SELECT row_id, hash, problem, vanished_at FROM source_rows WHERE kind = ?1 AND row_id = ?2", kind, id,
            read: read)
    }

    public static func forEach(_ kind: String, _ tx: Transaction, body: (SourceRow) throws -> Void) throws {
        try tx.forEach("SELECT row_id, hash, problem, vanished_at FROM source_rows WHERE kind = ?1", kind) { row in
            try body(try read(row))
        }
    }

    public static func save(_ kind: String, _ id: String, hash: String, problem: String?, _ tx: Transaction) throws {
        try tx.execute(
            """
            INSERT INTO source_rows (kind, row_id, hash, problem) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (kind, row_id) DO UPDATE SET hash = excluded.hash, problem = excluded.problem,
                vanished_at = NULL
            """, kind, id, hash, problem)
    }

    /// The row is gone; should it come back, it counts as changed.
    public static func noteVanished(_ kind: String, _ id: String, now: Instant, _ tx: Transaction) throws {
        try tx.execute(
            """
            UPDATE source_rows SET hash = '', problem = NULL, vanished_at = ?3 WHERE kind = ?1 AND row_id = ?2
            """, kind, id, now)
    }

    /// The kinds of values of each column, by its name.
    public static func types(_ kind: String, _ tx: Transaction) throws -> [String: Set<String>] {
        let rows: [(String, String)] = try tx.rows("SELECT name, types FROM source_columns WHERE kind = ?1", kind) {
            (try $0.get(0), try $0.get(1))
        }
        return Dictionary(
            rows.map { ($0, Set($1.split(separator: ",").map(String.init))) }, uniquingKeysWith: { first, _ in first })
    }

    public static func save(_ kind: String, column: String, types: Set<String>, _ tx: Transaction) throws {
        try tx.execute(
            """
            INSERT INTO source_columns (kind, name, types) VALUES (?1, ?2, ?3)
            ON CONFLICT (kind, name) DO UPDATE SET types = excluded.types
            """, kind, column, types.sorted().joined(separator: ","))
    }

    private static func read(_ row: Row) throws -> SourceRow {
        SourceRow(
            id: try row.get(0), hash: try row.get(1), problem: try row.get(2),
            hasVanished: try row.get(3, as: Instant?.self) != nil)
    }
}

extension Adjustments {
    /// Withdraws an adjustment that no invoice has taken.
    public static func withdraw(_ id: String, _ tx: Transaction) throws {
        try tx.execute(
            """
            DELETE FROM adjustments WHERE id = ?1
                AND NOT EXISTS (SELECT 1 FROM applied_adjustments WHERE adjustment_id = ?1)
            """, id)
    }
}
