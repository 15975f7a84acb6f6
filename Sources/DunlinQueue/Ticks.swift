public import DunlinCalendar
public import DunlinDatabase

/// The moments at which lines of the schedule have fired: each nominal moment at most once, however many processes
/// look at the clock and whatever zone data they have, because the tick's row and the job's row are one commit.
public enum Ticks {
    /// What looking at a line came to.
    public struct Fired: Sendable, Equatable {
        /// The ticks that fired, in order.
        public var ticks: [Tick] = []
        /// Missed ticks before them that are not made up for.
        public var missedCount = 0
        /// True when more are due: look again.
        public var isMore = false

        public init() {}
    }

    /// What is known of a line, for people who look.
    public struct LineRecord: Sendable, Equatable {
        public let line: String
        public let firstSeenAt: Instant
        public let lastTickAt: Instant?
        /// How many ticks were missed and not made up for, and when that was last found.
        public let missedCount: Int
        public let missedAt: Instant?
    }

    /// A tick further ahead than this was fired by a clock that was wrong, and holds nothing up.
    static let clockAheadDays: Int64 = 1

    /// True when looking at the line would record something: it is new, or a tick is due.
    public static func isDue(_ line: CronLine, now: Instant, _ tx: Transaction) throws -> Bool {
        guard let from = try dealtThrough(line.id, now: now, tx) else { return true }
        return !line.ticks(after: from, through: now, limit: 1).isEmpty
    }

    /// Fires what is due of a line: the newest missed tick in any case, and before it, in order, those of its catch-up
    /// window. At its first sight a line fires nothing: its ticks before that never were.
    ///
    /// - Parameters:
    ///   - limit: the most ticks that are fired at once; `isMore` says when to look again.
    ///   - job: the job that a tick adds.
    public static func fireDue(
        _ line: CronLine, now: Instant, limit: Int, job: (Tick) throws -> NewJob, _ tx: Transaction
    ) throws -> Fired {
        var fired = Fired()
        guard let from = try dealtThrough(line.id, now: now, tx) else {
            try tx.execute(
                "INSERT INTO schedules (line, first_seen_at) VALUES (?1, ?2) ON CONFLICT (line) DO NOTHING", line.id,
                now)
            return fired
        }
        let due = line.due(after: from, through: now, limit: limit)
        for tick in due.ticks where try record(line.id, tick, now: now, tx) {
            try JobQueue.enqueue(try job(tick), now: now, tx)
            fired.ticks.append(tick)
        }
        fired.missedCount = due.missedCount
        fired.isMore = due.ticks.count == limit
        if due.missedCount > 0 {
            try tx.execute(
                "UPDATE schedules SET missed_count = missed_count + ?2, missed_at = ?3 WHERE line = ?1", line.id,
                due.missedCount, now)
        }
        return fired
    }

    /// Every line that was ever seen, by its id.
    public static func lines(_ tx: Transaction) throws -> [LineRecord] {
        try tx.rows(
            """
            SELECT line, first_seen_at, missed_count, missed_at,
                (SELECT max(tick_at) FROM ticks WHERE ticks.line = schedules.line) AS last_tick_at
            FROM schedules ORDER BY line
            """
        ) { row in
            LineRecord(
                line: try row.get("line"), firstSeenAt: try row.get("first_seen_at"),
                lastTickAt: try row.get("last_tick_at"), missedCount: try row.get("missed_count"),
                missedAt: try row.get("missed_at"))
        }
    }

    /// Deletes up to `limit` ticks before `instant`, the last one of each line excepted.
    public static func prune(before instant: Instant, limit: Int, _ tx: Transaction) throws -> Int {
        try tx.execute(
            """
            DELETE FROM ticks WHERE (line, nominal) IN (
                SELECT line, nominal FROM ticks AS old
                WHERE tick_at < ?1
                    AND tick_at < (SELECT max(tick_at) FROM ticks AS newest WHERE newest.line = old.line)
                LIMIT ?2)
            """, instant, limit)
    }

    /// Up to when a line is dealt with; nil for one that was never seen.
    private static func dealtThrough(_ line: String, now: Instant, _ tx: Transaction) throws -> Instant? {
        let firstSeen: Instant? = try tx.value("SELECT first_seen_at FROM schedules WHERE line = ?1", line)
        guard let firstSeen else { return nil }
        let last: Instant? = try tx.value(
            "SELECT max(tick_at) FROM ticks WHERE line = ?1 AND tick_at <= ?2", line,
            now.adding(days: clockAheadDays))
        return last ?? min(firstSeen, now)
    }

    /// False when this nominal moment had fired already.
    private static func record(_ line: String, _ tick: Tick, now: Instant, _ tx: Transaction) throws -> Bool {
        let changed = try tx.execute(
            """
            INSERT INTO ticks (line, nominal, tick_at, recorded_at) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (line, nominal) DO NOTHING
            """, line, tick.key, tick.instant, now)
        return changed == 1
    }
}
