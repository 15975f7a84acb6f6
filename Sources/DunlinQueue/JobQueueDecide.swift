public import DunlinCalendar
public import DunlinDatabase

/// What people decide about jobs, and what time decides.
extension JobQueue {
    /// Makes a dead job ready again with all its runs, or a ready one due now.
    ///
    /// - Throws: `QueueError`: notFound, running, notAllowed (it is done), keyTaken.
    public static func retryNow(_ id: Int64, now: Instant, _ tx: Transaction) throws {
        guard let job = try show(id, tx) else { throw QueueError(.notFound, jobID: id) }
        switch job.state {
        case .running: throw QueueError(.running, jobID: id)
        case .done: throw QueueError(.notAllowed, jobID: id)
        case .ready:
            try tx.execute("UPDATE jobs SET run_at = ?1 WHERE id = ?2 AND run_at > ?1", now, id)
        case .dead:
            if let key = job.uniqueKey, try isTaken(key, tx) { throw QueueError(.keyTaken, jobID: id) }
            try tx.execute(
                "UPDATE jobs SET state = 'ready', run_at = ?1, run_count = 0, finished_at = NULL WHERE id = ?2", now,
                id)
        }
    }

    /// Lets a ready job run at `at` if it was to run later; anything else stays as it is.
    public static func moveForward(_ id: Int64, to at: Instant, _ tx: Transaction) throws {
        try tx.execute("UPDATE jobs SET run_at = ?2 WHERE id = ?1 AND state = 'ready' AND run_at > ?2", id, at)
    }

    /// Gives up a ready or dead job; it stays in the list as done, with the reason.
    ///
    /// - Throws: `QueueError`: notFound, running, notAllowed (it is done, or its work may not be given up).
    public static func discard(_ id: Int64, reason: String, now: Instant, _ tx: Transaction) throws {
        guard let job = try show(id, tx) else { throw QueueError(.notFound, jobID: id) }
        if job.state == .running { throw QueueError(.running, jobID: id) }
        if job.state == .done || job.neverDies { throw QueueError(.notAllowed, jobID: id) }
        try tx.execute(
            "UPDATE jobs SET state = 'done', finished_at = ?1, last_error = ?2 WHERE id = ?3", now,
            shortened("discarded: \(reason)"), id)
    }

    /// Ends the ready job with this unique key, because what it was for is over.
    ///
    /// - Returns: false when no such job is ready; one that is running is left to find out for itself.
    @discardableResult
    public static func withdraw(uniqueKey: String, reason: String, now: Instant, _ tx: Transaction) throws -> Bool {
        let changed = try tx.execute(
            """
            UPDATE jobs SET state = 'done', finished_at = ?2, last_error = ?3
            WHERE unique_key = ?1 AND state IN ('ready', 'running') AND state = 'ready'
            """, uniqueKey, now, shortened("withdrawn: \(reason)"))
        return changed == 1
    }

    /// Deletes up to `limit` jobs that were done before `instant`; dead ones are kept for a person.
    ///
    /// - Returns: how many were deleted; fewer than `limit` when no more are left.
    public static func prune(finishedBefore instant: Instant, limit: Int, _ tx: Transaction) throws -> Int {
        try tx.execute(
            """
            DELETE FROM jobs WHERE id IN (
                SELECT id FROM jobs WHERE state = 'done' AND finished_at < ?1 ORDER BY finished_at LIMIT ?2)
            """, instant, limit)
    }

    private static func isTaken(_ key: String, _ tx: Transaction) throws -> Bool {
        let found: Int? = try tx.value(
            "SELECT 1 FROM jobs WHERE unique_key = ?1 AND state IN ('ready', 'running')", key)
        return found != nil
    }
}
