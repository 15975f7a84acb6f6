public import DunlinCalendar
public import DunlinDatabase

extension JobQueue {
    /// Adds a job and claims it in one go, for work that somebody is waiting for.
    ///
    /// - Returns: nil while another job with its concurrency key runs, or one with its unique key is there.
    public static func begin(
        _ new: NewJob, holder: ProcessIdentity, leaseSeconds: Int64, now: Instant, _ tx: Transaction
    ) throws -> Job? {
        let isTaken: Int? = try tx.value(
            """
            SELECT 1 FROM jobs WHERE (concurrency_key = ?1 AND state = 'running')
                OR (unique_key = ?2 AND state IN ('ready', 'running'))
            LIMIT 1
            """, new.concurrencyKey, new.uniqueKey)
        guard isTaken == nil else { return nil }
        return try tx.row(
            """
            INSERT INTO jobs (
                queue, kind, arguments, unique_key, concurrency_key, order_at, priority, run_at, runs_max, never_dies,
                created_at, state, run_count, lease_token, lease_until, lease_holder)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'running', 1, 1, ?12, ?13)
            RETURNING id, queue, kind, arguments, unique_key, concurrency_key, priority, run_at, run_count, runs_max,
                never_dies, lease_token, lease_until
            """, new.queue, new.kind, new.arguments, new.uniqueKey, new.concurrencyKey, new.orderAt, new.priority,
            now, new.runsMax, new.neverDies, now, now.adding(seconds: leaseSeconds), holder.text, read: Job.init)
    }
}
