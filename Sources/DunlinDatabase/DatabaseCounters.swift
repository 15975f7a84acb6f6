import Synchronization

/// What a database has done since it was opened; for benches, metrics and tests.
public struct DatabaseCounters: Sendable, Equatable {
    /// Statements of closures; those that begin, mark and end transactions are not counted.
    public var statements = 0
    /// Write closures that were run to their end, the ones that threw included.
    public var writes = 0
    public var reads = 0
    /// Transactions that were committed.
    public var commits = 0
    /// Commits that changed something, so that the disk had to flush: the ones that cost.
    public var flushingCommits = 0
    /// Tries of about a millisecond that were spent waiting for another process.
    public var busyWaits = 0
    /// Batches whose transaction was lost, so that each closure ran again alone.
    public var batchesLost = 0
    public var largestBatch = 0
    /// Times the connection was closed and opened again after the store failed.
    public var reopenings = 0

    public init() {}
}

/// The counters behind their lock.
final class CounterBoard: Sendable {
    private let counters = Mutex(DatabaseCounters())

    var current: DatabaseCounters { counters.withLock { $0 } }

    func update(_ change: (inout DatabaseCounters) -> Void) { counters.withLock { change(&$0) } }
}
