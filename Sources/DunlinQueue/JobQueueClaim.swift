public import DunlinCalendar
public import DunlinDatabase

extension JobQueue {
    /// Takes up to `limit` due jobs of a queue in one statement: each is running, its run counted, its lease stamped.
    ///
    /// Smaller priorities first, then what is due longer. Of jobs with one concurrency key at most one is taken, the
    /// first by priority and `orderAt`, and none while another runs.
    ///
    /// - Parameters:
    ///   - kinds: takes jobs of these kinds only; nil for all.
    ///   - leaseSeconds: how long the run may take; for charges at least twice the sum of the time-outs.
    /// - Returns: the claimed jobs in the order in which they should run.
    public static func claim(
        queue: String, kinds: [String]? = nil, limit: Int, holder: ProcessIdentity, leaseSeconds: Int64, now: Instant,
        _ tx: Transaction
    ) throws -> [Job] {
        guard limit > 0, kinds?.isEmpty != true else { return [] }
        let fixed: [(any ColumnValue)?] = [queue, now, limit, now.adding(seconds: leaseSeconds), holder.text]
        let jobs = try tx.rows(
            ClaimStatement.sql(kindCount: kinds?.count ?? 0), arguments: fixed + (kinds ?? []).map { $0 },
            read: Job.init)
        return jobs.sorted { ($0.priority.rawValue, $0.runAt, $0.id) < ($1.priority.rawValue, $1.runAt, $1.id) }
    }
}

/// The statement that claims: the one place where the engines differ.
///
/// SQLite has one writer at a time, so that what the subquery saw still holds when its rows are updated. On an engine
/// with several writers the arms also need `FOR UPDATE SKIP LOCKED`, and the concurrency key a lock of its own; the
/// unique index on running keys refuses what slips through.
///
/// One arm per priority, because one scan over all of them would walk through every job of a smaller priority that
/// is not due yet. Each arm reads its index from the oldest job on and stops at the limit.
enum ClaimStatement {
    /// Arguments: queue, now, limit, lease end, holder, then the kinds.
    static func sql(kindCount: Int) -> String {
        let arms = JobPriority.allCases.map { arm($0, kindCount: kindCount) }
        return """
            UPDATE jobs
            SET state = 'running', run_count = run_count + 1, lease_token = lease_token + 1, lease_until = ?4,
                lease_holder = ?5
            WHERE id IN (
                SELECT id FROM (\(arms.joined(separator: " UNION ALL "))) AS due
                ORDER BY priority, run_at, id LIMIT ?3)
            RETURNING id, queue, kind, arguments, unique_key, concurrency_key, priority, run_at, run_count, runs_max,
                never_dies, lease_token, lease_until
            """
    }

    private static func arm(_ priority: JobPriority, kindCount: Int) -> String {
        """
        SELECT id, priority, run_at FROM (
            SELECT id, priority, run_at FROM jobs AS candidate
            WHERE queue = ?1 AND priority = \(priority.rawValue) AND state = 'ready' AND run_at <= ?2\
        \(kinds("candidate", kindCount))
                AND (concurrency_key IS NULL OR (
                    NOT EXISTS (
                        SELECT 1 FROM jobs AS running
                        WHERE running.concurrency_key = candidate.concurrency_key AND running.state = 'running')
                    AND NOT EXISTS (
                        SELECT 1 FROM jobs AS earlier
                        WHERE earlier.concurrency_key = candidate.concurrency_key AND earlier.state = 'ready'
                            AND earlier.queue = ?1 AND earlier.run_at <= ?2\(kinds("earlier", kindCount))
                            AND (earlier.priority, earlier.order_at, earlier.run_at, earlier.id)
                                < (candidate.priority, candidate.order_at, candidate.run_at, candidate.id))))
            ORDER BY run_at, id LIMIT ?3) AS arm
        """
    }

    private static func kinds(_ table: String, _ count: Int) -> String {
        guard count > 0 else { return "" }
        let parameters = (0..<count).map { "?\($0 + 6)" }
        return " AND \(table).kind IN (\(parameters.joined(separator: ", ")))"
    }
}
