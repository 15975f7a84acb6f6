import Foundation
import Synchronization

/// The data file: opened, checked, brought to its schema; transactions on it.
///
/// Concurrent writes are committed together (see `Writer`). A closure given to `write` or `read` is synchronous, so
/// nothing can wait inside a transaction; it must have no effect but SQL, because it may run twice. Cancelling the
/// calling task does not interrupt a transaction.
public final class Database: Sendable {
    /// The id the database was given when it was created.
    public let databaseID: String?
    public let options: DatabaseOptions
    private let counterBoard: CounterBoard
    private let health: Health
    private let engine: any Engine

    /// Opens the database, creates it when the options say so, and applies missing migrations.
    ///
    /// - Throws: `DatabaseError`: notFound, exists, foreign, newer, older, networkFileSystem, cannotOpen, corrupt, ….
    public static func open(_ options: DatabaseOptions) throws -> Database { try Database(options) }

    private init(_ options: DatabaseOptions) throws {
        let counters = CounterBoard()
        let health = Health()
        let opened = try Opening(options: options, counters: counters).open()
        self.options = options
        counterBoard = counters
        self.health = health
        databaseID = opened.databaseID
        engine = try makeEngine(opened, options: options, counters: counters, health: health)
    }

    deinit { engine.shutDown(waits: false) }

    /// Runs `body` in a write transaction and returns once it is durable.
    ///
    /// - Parameter step: the name under which `options.steps` is reached before the transaction.
    /// - Throws: what `body` throws (its changes are then taken back), or `DatabaseError`.
    @discardableResult
    public func write<T: Sendable>(
        step: String = "write", _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws -> T {
        try await options.steps.reach(step)
        guard !options.isReadOnly else { throw DatabaseError(.readOnly, "the database was opened for reading only") }
        return try await engine.write(body)
    }

    /// Runs `body` in a write transaction, takes all of it back, and gives what it found out: what writing would come to.
    ///
    /// - Throws: as `write`.
    public func rehearse<T: Sendable>(
        step: String, _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws -> T {
        do {
            return try await write(step: step) { tx in throw TakenBack(found: try body(tx)) }
        } catch let taken as TakenBack<T> {
            return taken.found
        }
    }

    /// Carries out of a transaction what is not to be stored.
    private struct TakenBack<Found: Sendable>: Error {
        let found: Found
    }

    /// Runs `body` on a snapshot of the database; it may not write, and waits for no writer.
    ///
    /// - Throws: what `body` throws, or `DatabaseError`; after the store has failed, that failure, until a write has
    ///   succeeded.
    public func read<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T {
        if let failure = health.failure { throw failure }
        counterBoard.update { $0.reads += 1 }
        return try await engine.read(body)
    }

    /// Lets the writes that wait finish, then closes; transactions after it are refused as `closed`.
    public func close() { engine.shutDown(waits: true) }

    /// What was done since the opening.
    public var counters: DatabaseCounters { counterBoard.current }

    /// How many writes wait for their transaction.
    public var waitingWrites: Int { engine.waitingWrites }

    /// The failure of the store that no successful write has followed yet.
    public var storeFailure: DatabaseError? { health.failure }

    /// What SQLite finds wrong with the file; empty when nothing.
    public func quickCheck() async throws -> [String] {
        try await read { tx in try tx.quickCheck() }
    }
}
