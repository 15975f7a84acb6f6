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
