/// The wait before a job's next run: doubled after each, half of it fixed and half of it chance.
///
/// The chance keeps jobs that failed together from coming back together.
public struct Backoff: Sendable, Equatable {
    public let firstSeconds: Int64
    public let maxSeconds: Int64

    public init(firstSeconds: Int64, maxSeconds: Int64) {
        precondition(firstSeconds > 0 && maxSeconds >= firstSeconds, "a backoff waits, and longer as it goes on")
        self.firstSeconds = firstSeconds
        self.maxSeconds = maxSeconds
    }

    /// The wait after run number `run`, counted from 1.
    public func seconds(afterRun run: Int, using generator: inout some RandomNumberGenerator) -> Int64 {
        let doublings = min(max(run, 1) - 1, 62)
        let (doubled, overflows) = firstSeconds.multipliedReportingOverflow(by: Int64(1) << Int64(doublings))
        let whole = overflows ? maxSeconds : min(doubled, maxSeconds)
        let half = whole / 2
        return whole - half + Int64.random(in: 0...half, using: &generator)
    }
}
