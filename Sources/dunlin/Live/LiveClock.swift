import DunlinCalendar
import Foundation

/// The only clock of the program: the system's, or one that `--now` has set, running on from there.
struct LiveClock: Sendable {
    /// Added to the system's clock.
    private let offsetMilliseconds: Int64

    /// - Parameter start: what the clock shows now; nil for the system's time.
    init(startingAt start: Instant? = nil) {
        offsetMilliseconds = start.map { $0.milliseconds(since: Instant(Date())) } ?? 0
    }

    var isShifted: Bool { offsetMilliseconds != 0 }

    func now() -> Instant { Instant(Date()).adding(milliseconds: offsetMilliseconds) }

    /// Milliseconds of a clock that never jumps and counts the time in which the machine slept.
    func elapsedMilliseconds() -> Int64 {
        let (seconds, attoseconds) = (ContinuousClock.now - Self.origin).components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }

    /// Counted from the first question: the readings are compared with each other only.
    private static let origin = ContinuousClock.now

    /// - Throws: `CancellationError` when the task is canceled meanwhile.
    func sleep(milliseconds: Int64) async throws {
        if milliseconds > 0 { try await Task.sleep(for: .milliseconds(milliseconds)) }
    }
}
