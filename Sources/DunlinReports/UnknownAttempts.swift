import DunlinCalendar
import DunlinDatabase

/// Attempts of which nobody knows whether they moved money: unknown ones, and those whose send deadline passed without
/// an answer on record.
struct UnknownAttempts {
    let count: Int64
    let oldestSeconds: Int64?

    init(now: Instant, _ tx: Transaction) throws {
        let found = try tx.row(
            """
            SELECT COUNT(*) AS count, MIN(written_at) AS oldest FROM attempts
            WHERE ended_at IS NULL AND (state = 'unknown' OR (state = 'sending' AND send_by < ?1))
            """, now
        ) { row in
            (count: try row.get("count", as: Int64.self), oldest: try row.get("oldest", as: Instant?.self))
        }
        count = found?.count ?? 0
        oldestSeconds = found?.oldest.map { max(now.milliseconds(since: $0) / 1000, 0) }
    }
}

/// Jobs that are due and that nobody works on: what is late, in a healthy installation, by seconds.
struct OverdueJobs {
    let count: Int64
    let oldestSeconds: Int64?

    init(now: Instant, _ tx: Transaction) throws {
        let found = try tx.row(
            "SELECT COUNT(*) AS count, MIN(run_at) AS oldest FROM jobs WHERE state = 'ready' AND run_at <= ?1", now
        ) { row in
            (count: try row.get("count", as: Int64.self), oldest: try row.get("oldest", as: Instant?.self))
        }
        count = found?.count ?? 0
        oldestSeconds = found?.oldest.map { max(now.milliseconds(since: $0) / 1000, 0) }
    }
}
