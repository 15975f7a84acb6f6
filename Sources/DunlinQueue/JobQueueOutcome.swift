public import DunlinCalendar
public import DunlinDatabase

/// How a run ends. Each of these is refused with `leaseLost` when the lease is no longer ours.
extension JobQueue {
    /// What a retry made of the job.
    public enum Retried: Sendable, Equatable {
        case ready
        /// Its runs are used up; it waits for a person.
        case dead
    }

    /// Error texts are cut to this many characters.
    public static let errorCharactersMax = 2_000

    /// True while the lease is ours, whatever the clock says: nobody has taken the job over.
    public static func holds(_ lease: Lease, _ tx: Transaction) throws -> Bool {
        let found: Int? = try tx.value(
            "SELECT 1 FROM jobs WHERE id = ?1 AND lease_token = ?2 AND state = 'running'", lease.jobID, lease.token)
        return found != nil
    }

    /// Ends the job: its work is done. One that was wanted again meanwhile becomes ready instead.
    public static func finish(_ lease: Lease, now: Instant, _ tx: Transaction) throws {
        try change(
            lease,
            """
            UPDATE jobs
            SET state = CASE WHEN again_at IS NULL THEN 'done' ELSE 'ready' END,
                run_at = coalesce(again_at, run_at),
                run_count = CASE WHEN again_at IS NULL THEN run_count ELSE 0 END,
                finished_at = CASE WHEN again_at IS NULL THEN ?3 END,
                again_at = NULL, lease_until = NULL, lease_holder = NULL
            WHERE id = ?1 AND lease_token = ?2 AND state = 'running'
            """, [now], tx)
    }

    /// Lets the job run again at `at`, or makes it dead when its runs are used up.
    @discardableResult
    public static func retry(
        _ lease: Lease, at: Instant, error: String, now: Instant, _ tx: Transaction
    ) throws -> Retried {
        let state: JobState? = try tx.value(
            """
            UPDATE jobs
            SET state = CASE WHEN never_dies = 0 AND run_count >= runs_max THEN 'dead' ELSE 'ready' END,
                finished_at = CASE WHEN never_dies = 0 AND run_count >= runs_max THEN ?4 END,
                run_at = CASE WHEN again_at < ?3 THEN again_at ELSE ?3 END,
                last_error = ?5, again_at = NULL, lease_until = NULL, lease_holder = NULL
            WHERE id = ?1 AND lease_token = ?2 AND state = 'running'
            RETURNING state
            """, lease.jobID, lease.token, at, now, shortened(error))
        guard let state else { throw QueueError(.leaseLost, jobID: lease.jobID) }
        return state == .dead ? .dead : .ready
    }

    /// Lets the job run again at `at` without counting this run: nothing went wrong, it was only too early.
    ///
    /// If the runs before were cut off, it was not this job that ended its workers: they count no more. A job that waits
    /// for weeks is there whenever a process happens to end.
    public static func snooze(_ lease: Lease, at: Instant, _ tx: Transaction) throws {
        try change(
            lease,
            """
            UPDATE jobs
            SET state = 'ready', run_at = CASE WHEN again_at < ?3 THEN again_at ELSE ?3 END,
                run_count = CASE WHEN last_error LIKE '\(cutOff)%' THEN 0 ELSE run_count - 1 END,
                last_error = CASE WHEN last_error LIKE '\(cutOff)%' THEN NULL ELSE last_error END,
                again_at = NULL, lease_until = NULL, lease_holder = NULL
            WHERE id = ?1 AND lease_token = ?2 AND state = 'running'
            """, [at], tx)
    }

    /// Puts the job back as it was, in its old place: the worker stops before the work has begun.
    public static func giveBack(_ lease: Lease, _ tx: Transaction) throws {
        try change(
            lease,
            """
            UPDATE jobs
            SET state = 'ready', run_count = run_count - 1, again_at = NULL, lease_until = NULL, lease_holder = NULL
            WHERE id = ?1 AND lease_token = ?2 AND state = 'running'
            """, [], tx)
    }

    /// Makes the job dead at once: no later run could succeed.
    ///
    /// - Throws: `QueueError` with `notAllowed` for work that may not be given up.
    public static func die(_ lease: Lease, error: String, now: Instant, _ tx: Transaction) throws {
        guard try holds(lease, tx) else { throw QueueError(.leaseLost, jobID: lease.jobID) }
        let changed = try tx.execute(
            """
            UPDATE jobs
            SET state = 'dead', finished_at = ?3, last_error = ?4, again_at = NULL, lease_until = NULL,
                lease_holder = NULL
            WHERE id = ?1 AND lease_token = ?2 AND state = 'running' AND never_dies = 0
            """, lease.jobID, lease.token, now, shortened(error))
        guard changed == 1 else { throw QueueError(.notAllowed, jobID: lease.jobID) }
    }

    /// Prolongs the lease of long work that sends nothing which moves money; charges are not renewed.
    public static func renew(_ lease: Lease, leaseSeconds: Int64, now: Instant, _ tx: Transaction) throws -> Lease {
        let until = now.adding(seconds: leaseSeconds)
        try change(
            lease,
            "UPDATE jobs SET lease_until = ?3 WHERE id = ?1 AND lease_token = ?2 AND state = 'running'", [until], tx)
        return Lease(jobID: lease.jobID, token: lease.token, until: until)
    }

    private static func change(
        _ lease: Lease, _ sql: String, _ arguments: [(any ColumnValue)?], _ tx: Transaction
    ) throws {
        let changed = try tx.execute(sql, arguments: [lease.jobID, lease.token] + arguments)
        guard changed == 1 else { throw QueueError(.leaseLost, jobID: lease.jobID) }
    }

    static func shortened(_ text: String) -> String { String(text.prefix(errorCharactersMax)) }
}
