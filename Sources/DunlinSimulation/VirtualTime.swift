public import DunlinCalendar
public import DunlinJobs
import Synchronization

/// A clock that stands still until somebody waits on it or moves it. Never goes back.
public final class VirtualTime: Sendable {
    private let instant: Mutex<Instant>

    public init(startingAt start: Instant) { instant = Mutex(start) }

    public var now: Instant { instant.withLock { $0 } }

    /// Moves the clock forward; an instant in the past changes nothing.
    public func advance(to target: Instant) { instant.withLock { $0 = max($0, target) } }

    /// The clock as the jobs see it: waiting moves it on at once.
    ///
    /// - Parameter seed: of what the jobs draw.
    public func billingClock(seed: UInt64) -> BillingClock {
        let start = now
        let chance = SharedChance(seed: seed)
        return BillingClock(
            now: { self.now },
            monotonicMilliseconds: { self.now.milliseconds(since: start) },
            randomBits: chance.next,
            sleep: { wait in self.advance(to: self.now.adding(milliseconds: max(wait, 0))) })
    }
}

/// A seeded generator that several tasks draw from.
private final class SharedChance: Sendable {
    private let generator: Mutex<SeededGenerator>

    init(seed: UInt64) { generator = Mutex(SeededGenerator(seed: seed)) }

    @Sendable func next() -> UInt64 { generator.withLock { $0.next() } }
}
