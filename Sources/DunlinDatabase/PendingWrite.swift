import Synchronization

/// A write that waits for its transaction: the closure, and the way back to its caller.
struct PendingWrite: Sendable {
    let run: @Sendable (Transaction) throws -> Void
    let finish: @Sendable (Result<Void, any Error>) -> Void
}

/// Holds what a closure returned until its transaction is committed.
///
/// A closure may run twice (together with others, then alone), so the last value counts.
final class ResultBox<T: Sendable>: Sendable {
    private let value = Mutex<T?>(nil)

    func set(_ new: T) { value.withLock { $0 = new } }

    /// What the closure returned.
    ///
    /// - Throws: `DatabaseError` when it never came to its end, which `finish` has then already said.
    func get() throws -> T {
        guard let value = value.withLock({ $0 }) else {
            throw DatabaseError(.transactionLost, "the transaction ended without a result")
        }
        return value
    }
}
