import Logging
import Synchronization

/// The one connection that writes, and the rules of group commit.
///
/// Closures that wait together are committed together, so that one flush of the disk serves many. Each stands in its
/// own savepoint: one that throws takes only its own changes back. Results, thrown errors included, are given out
/// after the commit, because a closure may have decided on what another of the same commit had written. When the
/// transaction is lost on the way (`RAISE(ROLLBACK)`, a full disk, a failed COMMIT), nothing of it holds, and each
/// closure runs again alone. After the store failed, the connection is closed and opened again, and every transaction
/// writes a probe of its own until one was committed: until then no caller hears of a success.
///
/// Used by one thread at a time: the writing thread, or in inline mode whoever holds the database's lock.
final class Writer: @unchecked Sendable {
    /// Opens the connection with all its settings.
    typealias Opener = @Sendable () throws -> Connection

    private let open: Opener
    private var connection: Connection?
    private let isInMemory: Bool
    private let options: DatabaseOptions
    private let counters: CounterBoard
    private let health: Health
    private var commitCount = 0

    init(
        connection: Connection, options: DatabaseOptions, counters: CounterBoard, health: Health, open: @escaping Opener
    ) {
        self.connection = connection
        self.options = options
        self.counters = counters
        self.health = health
        self.open = open
        isInMemory = options.location == .memory
    }

    /// Runs the writes in as few transactions as the rules allow, and finishes each exactly once.
    func run(_ batch: [PendingWrite]) {
        counters.update { $0.largestBatch = max($0.largestBatch, batch.count) }
        guard batch.count > 1, health.failure == nil else {
            for write in batch { runAlone(write) }
            return
        }
        switch runTogether(batch) {
        case .committed(let results):
            for (write, result) in zip(batch, results) { write.finish(result) }
        case .notBegun(let error):
            for write in batch { write.finish(.failure(error)) }
        case .lost(let error):
            counters.update { $0.batchesLost += 1 }
            options.logger?.warning(
                "a batch of writes was lost, each runs again alone", metadata: ["error": "\(error)"])
            recover(from: error)
            for write in batch { runAlone(write) }
        }
    }

    /// Reads on this connection; only for a database in memory, which no other connection can see.
    func read<T>(_ body: (Transaction) throws -> T) throws -> T {
        try openConnection().use { session in
            session.refusesWrites = true
            session.beforeStatement = nil
            defer {
                session.refusesWrites = false
                counters.update { $0.statements += session.takeStatementCount() }
            }
            return try session.reading(body)
        }
    }

    func close() {
        connection?.close()
        connection = nil
    }

    // MARK: - Together

    private enum BatchOutcome {
        case committed([Result<Void, any Error>])
        /// The lock was not to be had; nothing was run.
        case notBegun(any Error)
        case lost(any Error)
    }

    private func runTogether(_ batch: [PendingWrite]) -> BatchOutcome {
        do {
            return try openConnection().use { session in
                defer { counters.update { $0.statements += session.takeStatementCount() } }
                do { try begin(session) } catch { return .notBegun(error) }
                do {
                    let results = try batch.map { try runInSavepoint($0, session) }
                    try commit(session)
                    counters.update { $0.writes += batch.count }
                    return .committed(results)
                } catch {
                    rollBack(session)
                    return .lost(error)
                }
            }
        } catch {
            return .notBegun(error)
        }
    }

    /// - Throws: when the transaction around the savepoint is no more, or the store failed.
    private func runInSavepoint(_ write: PendingWrite, _ session: Session) throws -> Result<Void, any Error> {
        try session.control("SAVEPOINT one_write")
        let result = session.running(write)
        try session.requireIntact()
        if case .failure = result { try session.control("ROLLBACK TO SAVEPOINT one_write") }
        try session.control("RELEASE SAVEPOINT one_write")
        return result
    }

    // MARK: - Alone

    private func runAlone(_ write: PendingWrite) {
        do {
            let result = try openConnection().use { session in
                defer { counters.update { $0.statements += session.takeStatementCount() } }
                return try runAlone(write, session)
            }
            write.finish(result)
        } catch {
            recover(from: error)
            write.finish(.failure(error))
        }
    }

    /// - Throws: when the transaction failed as such; what the closure itself threw is in the result.
    private func runAlone(_ write: PendingWrite, _ session: Session) throws -> Result<Void, any Error> {
        try begin(session)
        do {
            if health.failure != nil { try probe(session) }
            let result = session.running(write)
            counters.update { $0.writes += 1 }
            try session.requireIntact(orThrow: result)
            guard case .success = result else {
                rollBack(session)
                return result
            }
            try commit(session)
            return result
        } catch {
            rollBack(session)
            throw error
        }
    }

    /// Makes the transaction change something, so that its commit proves that the store takes writes.
    private func probe(_ session: Session) throws { try session.countProbe() }

    // MARK: - Parts

    private func begin(_ session: Session) throws {
        session.storeFailure = nil
        session.beforeStatement = options.faults.beforeStatement
        try session.control(Session.begin)
        changesAtBegin = session.totalChanges
    }

    private var changesAtBegin = 0

    private func commit(_ session: Session) throws {
        commitCount += 1
        if let code = options.faults.failureOfCommit(commitCount) {
            throw DatabaseError(code, "a planted fault made the commit fail")
        }
        try session.control("COMMIT")
        let changed = session.totalChanges != changesAtBegin
        counters.update {
            $0.commits += 1
            if changed { $0.flushingCommits += 1 }
        }
        if changed { health.clear() }
    }

    private func rollBack(_ session: Session) {
        guard session.isInsideTransaction else { return }
        do {
            try session.control("ROLLBACK")
        } catch {
            // Closing the connection rolls back as well.
            options.logger?.error("a rollback failed", metadata: ["error": "\(error)"])
            health.record(.init(.ioError, "a rollback failed, so the connection is opened again: \(error)"))
        }
    }

    /// Closes the connection after a failure of the store; the next transaction opens it again.
    private func recover(from error: any Error) {
        if let failure = error as? DatabaseError, failure.isStoreFailure { health.record(failure) }
        guard health.failure != nil, !isInMemory else { return }
        close()
    }

    private func openConnection() throws -> Connection {
        if let connection { return connection }
        let opened = try open()
        counters.update { $0.reopenings += 1 }
        connection = opened
        return opened
    }
}

extension Session {
    /// Runs the closure of a write and gives back what it threw.
    fileprivate func running(_ write: PendingWrite) -> Result<Void, any Error> {
        let tx = Transaction(self)
        defer { tx.end() }
        return Result { try write.run(tx) }
    }

    /// Runs a closure that reads, on one snapshot.
    func reading<T>(_ body: (Transaction) throws -> T) throws -> T {
        try control(Session.beginReading)
        let tx = Transaction(self)
        let result = Result { try body(tx) }
        tx.end()
        if isInsideTransaction { try control("ROLLBACK") }
        return try result.get()
    }

    /// Throws when the transaction is no longer what the closure believed it to be.
    fileprivate func requireIntact(orThrow result: Result<Void, any Error> = .success(())) throws {
        if let storeFailure { throw storeFailure }
        guard !isInsideTransaction else { return }
        // A closure that let the reason through gets it back; one that swallowed it must still hear of the loss.
        if case .failure(let reason) = result { throw reason }
        throw DatabaseError(.transactionLost, "the transaction was ended in the middle; nothing of it was kept")
    }
}

/// Whether the store is known to have failed since the last write that was committed.
final class Health: Sendable {
    private let state = Mutex<DatabaseError?>(nil)

    var failure: DatabaseError? { state.withLock { $0 } }

    func record(_ error: DatabaseError) { state.withLock { $0 = error } }

    func clear() { state.withLock { $0 = nil } }
}
