public import DunlinCalendar
import Synchronization

/// The signs of life of this process's worker.
public final class WorkerProgress: Sendable {
    struct Signs: Hashable, Sendable {
        /// When the worker was last seen to go on, in the middle of a pass too.
        var lastSignAt: Instant
        var lastPassEndedAt: Instant?
    }

    private let signs: Mutex<Signs>

    /// - Parameter now: when the worker starts.
    public init(now: Instant) { signs = Mutex(Signs(lastSignAt: now)) }

    /// The worker goes on: a long pass is not a stuck one.
    public func noteSign(at now: Instant) { signs.withLock { $0.lastSignAt = now } }

    public func notePassEnded(at now: Instant) {
        signs.withLock { signs in
            signs.lastSignAt = now
            signs.lastPassEndedAt = now
        }
    }

    var current: Signs { signs.withLock { $0 } }
}
