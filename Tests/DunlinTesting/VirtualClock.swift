public import DunlinCalendar
import Synchronization

/// A clock that stands still until a test moves it.
public final class VirtualClock: Sendable {
    private let instant: Mutex<Instant>

    /// - Parameter start: 2026-01-01T00:00:00Z when a test does not care.
    public init(start: Instant = Instant(seconds: 1_767_225_600)) { instant = Mutex(start) }

    public var now: Instant { instant.withLock { $0 } }

    /// Moves the clock forward and returns the new instant.
    @discardableResult
    public func advance(seconds: Int64) -> Instant {
        instant.withLock { instant in
            instant = instant.adding(seconds: seconds)
            return instant
        }
    }

    /// Sets the clock, backwards too: some tests are about a clock that was wrong.
    public func set(_ new: Instant) { instant.withLock { $0 = new } }
}
