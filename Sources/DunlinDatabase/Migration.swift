/// One step of the schema, applied once per database in the order given to `Database.open`.
///
/// Modules export their own lists; the program joins them. What was released is never edited: a change is a new one.
public struct Migration: Sendable {
    /// Unique among all migrations of the program, such as `queue-001`.
    public let id: String
    let steps: @Sendable (Transaction) throws -> Void

    /// A migration of plain SQL; several statements are allowed.
    public init(id: String, sql: String) {
        self.init(id: id) { tx in try tx.executeScript(sql) }
    }

    /// A migration that needs more than SQL.
    public init(id: String, steps: @escaping @Sendable (Transaction) throws -> Void) {
        self.id = id
        self.steps = steps
    }
}

extension Migration {
    /// The condition of a CHECK that a column has one of a few values: `state = 'open' OR state = 'paid' OR …`.
    ///
    /// Spelled out, since for `IN` with three values or more SQLite builds a table of its own with every row that is
    /// written, and drops it again: a third of what an insert costs. NULL passes, as with `IN`.
    public static func isOne(_ column: String, of values: String...) -> String {
        values.map { "\(column) = '\($0)'" }.joined(separator: " OR ")
    }
}
