public import DunlinCalendar
public import DunlinDatabase

/// The durable list of work.
///
/// Everything is synchronous on a `Transaction`, so that adding a job, ending another and changing the ledger are one
/// commit. A job goes ready → running → done, or back to ready (retry, snooze, rescue), or dead. A running job is
/// held by a lease; who changes it must name the lease's token, which no one else has.
public enum JobQueue {
    /// Adds a job, unless one with its unique key is ready or running.
    ///
    /// A job that is ready for a later time is moved forward to the wished time; nothing is ever moved back.
    @discardableResult
    public static func enqueue(_ new: NewJob, now: Instant, _ tx: Transaction) throws -> Enqueued {
        if let id = try insert(new, now: now, tx) { return .added(id) }
        guard let key = new.uniqueKey, let twin = try twin(of: key, tx) else {
            throw DatabaseError(.transactionLost, "a job was neither added nor found by its unique key")
        }
        switch twin.state {
        case .ready where new.runAt < twin.runAt:
            try tx.execute("UPDATE jobs SET run_at = ?1 WHERE id = ?2", new.runAt, twin.id)
            return .movedForward(twin.id)
        case .running where new.whileRunning == .runAgain:
            try tx.execute(
                """
                UPDATE jobs SET again_at = CASE WHEN again_at < ?1 THEN again_at ELSE ?1 END WHERE id = ?2
                """, new.runAt, twin.id)
            return .alreadyThere(twin.id)
        case .ready, .running, .done, .dead:
            return .alreadyThere(twin.id)
        }
    }

    private static func insert(_ new: NewJob, now: Instant, _ tx: Transaction) throws -> Int64? {
        let added = try tx.execute(
            """
            INSERT INTO jobs (
                queue, kind, arguments, unique_key, concurrency_key, order_at, priority, run_at, runs_max, never_dies,
                state, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?11, ?6, ?7, ?8, ?9, 'ready', ?10)
            ON CONFLICT (unique_key) WHERE unique_key IS NOT NULL AND state IN ('ready', 'running') DO NOTHING
            """,
            new.queue, new.kind, new.arguments, new.uniqueKey, new.concurrencyKey, new.priority, new.runAt,
            new.runsMax, new.neverDies, now, new.orderAt)
        return added == 1 ? tx.lastInsertedID : nil
    }

    private static func twin(of key: String, _ tx: Transaction) throws -> (id: Int64, state: JobState, runAt: Instant)?
    {
        try tx.row(
            "SELECT id, state, run_at FROM jobs WHERE unique_key = ?1 AND state IN ('ready', 'running')", key
        ) { row in
            (try row.get("id"), try row.get("state"), try row.get("run_at"))
        }
    }
}
