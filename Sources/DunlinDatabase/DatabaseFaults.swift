/// Failures planted by tests, so that what follows a failed commit can be proved.
public struct DatabaseFaults: Sendable {
    public static let none = DatabaseFaults { _ in nil }

    /// Asked before each commit, with its number counted from 1 since the database was opened. A code makes that
    /// commit fail with it, as if the disk had said so; nil lets it pass.
    public let failureOfCommit: @Sendable (_ number: Int) -> DatabaseError.Code?

    public init(failureOfCommit: @escaping @Sendable (_ number: Int) -> DatabaseError.Code?) {
        self.failureOfCommit = failureOfCommit
    }
}
