import DunlinCalendar
import DunlinLedger
import Synchronization

/// What one pass did: each attempt is counted once, however often a transaction that counts it has to run again.
public final class Tally: Sendable {
    public struct Counts: Hashable, Sendable {
        public var attempted = 0
        public var succeeded = 0
        public var declined = 0
        public var needsCustomer = 0
        public var refused = 0

        public init() {}
    }

    private struct Attempts {
        var written: Set<Int64> = []
        var ended: [Attempt.State: Set<Int64>] = [:]
        var startedAt: Instant?
    }

    private let attempts = Mutex(Attempts())

    public init() {}

    public var current: Counts {
        attempts.withLock { attempts in
            var counts = Counts()
            counts.attempted = attempts.written.count
            counts.succeeded = attempts.ended[.succeeded]?.count ?? 0
            counts.declined = attempts.ended[.declined]?.count ?? 0
            counts.needsCustomer = attempts.ended[.needsCustomer]?.count ?? 0
            counts.refused = attempts.ended[.refused]?.count ?? 0
            return counts
        }
    }

    /// When the pass began: its ceilings count from here, over all processes.
    var startedAt: Instant? { attempts.withLock { $0.startedAt } }

    func reset(at now: Instant) { attempts.withLock { $0 = Attempts(startedAt: now) } }

    func noteWritten(_ attemptID: Int64) { attempts.withLock { _ = $0.written.insert(attemptID) } }

    func noteEnded(_ attemptID: Int64, as state: Attempt.State) {
        attempts.withLock { _ = $0.ended[state, default: []].insert(attemptID) }
    }
}
