/// What a line has to do now, after a time in which nobody looked.
public struct DueTicks: Hashable, Sendable {
    /// To be fired, oldest first.
    public let ticks: [Tick]
    /// Ticks that came before them and are not made up. At most `CronLine.missedCountMax` are counted.
    public let missedCount: Int
}

extension CronLine {
    /// How many missed ticks are counted at most.
    public static let missedCountMax = 100_000

    /// What is due: the newest tick in any case, and before it those of the catch-up window.
    ///
    /// - Parameters:
    ///   - last: up to when the line is dealt with.
    ///   - now: the ticks up to and including this instant are due.
    ///   - limit: the most ticks to give. Where there are more, the oldest are given, and asking again with the instant
    ///     of the last of them gives the rest.
    public func due(after last: Instant, through now: Instant, limit: Int) -> DueTicks {
        let windowStart = Swift.max(last, now.adding(seconds: -catchupSeconds))
        let recent = ticks(after: windowStart, through: now, limit: limit)
        if !recent.isEmpty {
            return DueTicks(ticks: recent, missedCount: count(after: last, through: windowStart))
        }
        guard limit > 0, let newest = newestTick(after: last, through: windowStart) else {
            return DueTicks(ticks: [], missedCount: 0)
        }
        let before = newest.instant.adding(milliseconds: -1)
        return DueTicks(ticks: [newest], missedCount: count(after: last, through: before))
    }

    private func count(after: Instant, through: Instant) -> Int {
        var (count, cursor) = (0, after)
        while count < CronLine.missedCountMax {
            let batch = ticks(after: cursor, through: through, limit: 10_000)
            count += batch.count
            guard batch.count == 10_000, let last = batch.last else { break }
            cursor = last.instant
        }
        return Swift.min(count, CronLine.missedCountMax)
    }
}
