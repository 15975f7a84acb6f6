/// Failures planted by tests and simulations, so that what follows a failed commit or statement can be proved.
public struct DatabaseFaults: Sendable {
    public static let none = DatabaseFaults { _ in nil }

    /// Asked before each commit, with its number counted from 1 since the database was opened. A code makes that
    /// commit fail with it, as if the disk had said so; nil lets it pass.
    public let failureOfCommit: @Sendable (_ number: Int) -> DatabaseError.Code?
    /// Reached before each statement of a transaction that writes. A `DatabaseError` is what the disk would have said;
    /// any other error means that the process died there. Nil where nothing is planted.
    public let beforeStatement: (@Sendable (_ sql: String) throws -> Void)?

    public init(
        beforeStatement: (@Sendable (_ sql: String) throws -> Void)? = nil,
        failureOfCommit: @escaping @Sendable (_ number: Int) -> DatabaseError.Code?
    ) {
        self.failureOfCommit = failureOfCommit
        self.beforeStatement = beforeStatement
    }
}
