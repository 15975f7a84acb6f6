/// A row that refers to one that is not there.
public struct BrokenReference: Hashable, Sendable {
    public let table: String
    /// The table that should hold the row referred to.
    public let parent: String
}

extension Transaction {
    /// Rows whose foreign key leads nowhere; only a connection with foreign keys off can have made them.
    public func brokenReferences() throws -> [BrokenReference] {
        try rows("PRAGMA foreign_key_check") { row in
            BrokenReference(table: try row.get("table"), parent: try row.get("parent"))
        }
    }

    /// What the engine finds wrong with the file; empty when nothing.
    public func integrityFindings() throws -> [String] { try quickCheck() }
}
