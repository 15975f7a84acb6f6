import DunlinCalendar
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

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
        var time = timespec()
        #if os(Linux)
            clock_gettime(CLOCK_BOOTTIME, &time)
        #else
            clock_gettime(CLOCK_MONOTONIC, &time)
        #endif
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// - Throws: `CancellationError` when the task is canceled meanwhile.
    func sleep(milliseconds: Int64) async throws {
        if milliseconds > 0 { try await Task.sleep(for: .milliseconds(milliseconds)) }
    }
}
