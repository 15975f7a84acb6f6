public import DunlinCalendar
public import DunlinDatabase

/// What should have been done by now.
extension JobQueue {
    /// Jobs of one queue and kind that have waited for too long.
    public struct Overdue: Sendable, Equatable {
        public let queue: String
        public let kind: String
        public let count: Int64
        public let oldestAt: Instant
    }

    /// Ready jobs that were due before `instant`, and that could run: one whose concurrency key runs under a lease that
    /// has not ended is at its turn after it.
    ///
    /// - Parameter kind: is left out: whoever asks is such a job itself.
    public static func overdue(
        before instant: Instant, exceptKind kind: String, now: Instant, _ tx: Transaction
    ) throws -> [Overdue] {
        try tx.rows(
            """
            SELECT queue, kind, COUNT(*) AS count, MIN(run_at) AS oldest FROM jobs AS waiting
            WHERE state = 'ready' AND run_at <= ?1 AND kind <> ?2 AND NOT EXISTS (
                SELECT 1 FROM jobs AS running
                WHERE running.concurrency_key = waiting.concurrency_key AND running.state = 'running'
                    AND running.lease_until > ?3)
            GROUP BY queue, kind ORDER BY queue, kind
            """, instant, kind, now, read: Overdue.init)
    }

    /// Running jobs whose lease ended before `instant`: nobody took them back.
    public static func overrunLeases(before instant: Instant, _ tx: Transaction) throws -> [Overdue] {
        try tx.rows(
            """
            SELECT queue, kind, COUNT(*) AS count, MIN(lease_until) AS oldest FROM jobs
            WHERE state = 'running' AND lease_until <= ?1 GROUP BY queue, kind ORDER BY queue, kind
            """, instant, read: Overdue.init)
    }
}

extension JobQueue.Overdue {
    init(_ row: Row) throws {
        queue = try row.get("queue")
        kind = try row.get("kind")
        count = try row.get("count")
        oldestAt = try row.get("oldest")
    }
}
