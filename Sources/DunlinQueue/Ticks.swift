public import DunlinCalendar
public import DunlinDatabase

/// The moments at which schedules have fired: each nominal moment at most once, however many processes look at the
/// clock, because the tick's row and the job's row are one commit.
public enum Ticks {
    public enum Outcome: String, Sendable, ColumnValue {
        case fired
        /// Missed while nothing ran, and not made up for.
        case skipped
    }

    /// Which of the moments that were missed while nothing ran are made up for. The newest one always is.
    public enum CatchUp: Sendable, Equatable {
        case newestOnly
        /// Up to `max` of them, the newest ones.
        case all(max: Int)

        var limit: Int {
            switch self {
            case .newestOnly: 1
            case .all(let max): Swift.max(1, max)
            }
        }
    }

    /// What looking at a schedule came to.
    public struct Fired: Sendable, Equatable {
        /// The moments that fired, in order.
        public let moments: [Instant]
        /// Missed moments before them that are not made up for.
        public let skippedCount: Int

        public init(moments: [Instant], skippedCount: Int) {
            self.moments = moments
            self.skippedCount = skippedCount
        }
    }

    /// The most missed moments that one look walks through; a line for every minute has 525,600 in a year.
    public static let missedMax = 1_000_000

    /// Fires what a schedule names between its last recorded moment, or its first sight, and now.
    ///
    /// - Parameters:
    ///   - next: the first moment of the schedule after the given one; nil when there is none.
    ///   - job: the job that a moment adds.
    public static func fireMissed(
        _ schedule: String, catchUp: CatchUp, now: Instant, next: (Instant) throws -> Instant?,
        job: (Instant) -> NewJob, _ tx: Transaction
    ) throws -> Fired {
        let firstSeen = try firstSeen(schedule, now: now, tx)
        var missed: [Instant] = []
        var missedCount = 0
        var moment = try next(try last(schedule, tx) ?? firstSeen)
        while let due = moment, due <= now, missedCount < missedMax {
            missed.append(due)
            missedCount += 1
            if missed.count > 2 * catchUp.limit { missed.removeFirst(missed.count - catchUp.limit) }
            moment = try next(due)
        }
        let moments = Array(missed.suffix(catchUp.limit))
        for moment in moments { _ = try fire(schedule, at: moment, job(moment), now: now, tx) }
        return Fired(moments: moments, skippedCount: missedCount - moments.count)
    }

    /// Notes a schedule and returns since when it is known; ticks before that never were.
    public static func firstSeen(_ schedule: String, now: Instant, _ tx: Transaction) throws -> Instant {
        try tx.execute(
            "INSERT INTO schedules (name, first_seen_at) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING", schedule, now)
        return try tx.value("SELECT first_seen_at FROM schedules WHERE name = ?1", schedule) ?? now
    }

    /// The latest moment that was recorded for a schedule; nil when none was.
    public static func last(_ schedule: String, _ tx: Transaction) throws -> Instant? {
        try tx.value("SELECT max(tick_at) FROM ticks WHERE schedule = ?1", schedule)
    }

    /// Records a moment and adds its job, unless the moment was recorded before.
    ///
    /// - Returns: what became of the job; nil when the moment had been recorded already.
    public static func fire(
        _ schedule: String, at tick: Instant, _ job: NewJob, now: Instant, _ tx: Transaction
    ) throws -> Enqueued? {
        guard try record(schedule, at: tick, .fired, now: now, tx) else { return nil }
        return try JobQueue.enqueue(job, now: now, tx)
    }

    /// Records a moment that is not made up for; false when it had been recorded already.
    @discardableResult
    public static func skip(_ schedule: String, at tick: Instant, now: Instant, _ tx: Transaction) throws -> Bool {
        try record(schedule, at: tick, .skipped, now: now, tx)
    }

    /// Deletes up to `limit` moments before `instant`, the last one of each schedule excepted.
    public static func prune(before instant: Instant, limit: Int, _ tx: Transaction) throws -> Int {
        try tx.execute(
            """
            DELETE FROM ticks WHERE (schedule, tick_at) IN (
                SELECT schedule, tick_at FROM ticks AS old
                WHERE tick_at < ?1
                    AND tick_at < (SELECT max(tick_at) FROM ticks AS newest WHERE newest.schedule = old.schedule)
                LIMIT ?2)
            """, instant, limit)
    }

    private static func record(
        _ schedule: String, at tick: Instant, _ outcome: Outcome, now: Instant, _ tx: Transaction
    ) throws -> Bool {
        _ = try firstSeen(schedule, now: now, tx)
        let changed = try tx.execute(
            """
            INSERT INTO ticks (schedule, tick_at, outcome, recorded_at) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (schedule, tick_at) DO NOTHING
            """, schedule, tick, outcome, now)
        return changed == 1
    }
}
