public import DunlinDatabase

/// The billing tables. Each table has a file of its own here, with every statement on it.
public enum Ledger {
    public static let migrations = [Migration(id: "ledger-001", sql: LedgerSchema.first)]

    /// Only what a comparison with a gateway writes: for a database in memory beside a ledger that is only read.
    public static let reconciling = [Migration(id: "reconcile-in-memory", sql: ReconcileSchema.tables)]
}

/// A fault of the ledger's own: a row that must exist does not, or a state that must hold does not.
public struct LedgerError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case missingRow = "missing_row"
        case wrongState = "wrong_state"
    }

    public let code: Code
    public let description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
