public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// A stored decision about a run of periods.
public struct DecidedRun: Hashable, Sendable {
    public var id: Int64
    public var kind: BillingPlanner.DecisionKind
    public var reason: String
    /// Local dates, start included, end excluded.
    public var start: LocalDate
    public var end: LocalDate
    public var periods: Int

    /// Nobody has settled it: the run waits, or a catch-up policy left it out.
    public var isOpen: Bool { kind == .waiting || (kind == .skipped && reason == "missed") }
}

extension Decisions {
    /// Runs of a subscription that have a day within these, both included, oldest first.
    public static func runs(
        of subscriptionID: String, from: LocalDate, through: LocalDate, _ tx: Transaction
    ) throws -> [DecidedRun] {
        try tx.rows(
            """
            SELECT id, kind, reason, run_start, run_end, periods FROM decisions
            WHERE subscription_id = ?1 AND run_start <= ?3 AND run_end > ?2 ORDER BY run_start, id
            """, subscriptionID, from.description, through.description, read: run)
    }

    /// Runs of a subscription that wait for this reason, oldest first.
    public static func waiting(
        of subscriptionID: String, reason: String, _ tx: Transaction
    ) throws -> [DecidedRun] {
        try tx.rows(
            """
            SELECT id, kind, reason, run_start, run_end, periods FROM decisions
            WHERE subscription_id = ?1 AND kind = 'waiting' AND reason = ?2 ORDER BY run_start, id
            """, subscriptionID, reason, read: run)
    }

    /// Says why a run waits from now on.
    public static func explain(_ run: DecidedRun, reason: String, _ tx: Transaction) throws {
        try tx.execute("UPDATE decisions SET reason = ?2 WHERE id = ?1", run.id, reason)
    }

    /// Takes some periods out of a run; what is left before and after them stays decided as it was.
    ///
    /// - Parameters:
    ///   - before: how many periods of the run lie before them.
    ///   - count: how many are taken out.
    public static func takeOut(
        _ run: DecidedRun, from start: LocalDate, to end: LocalDate, before: Int, count: Int, _ tx: Transaction
    ) throws {
        if start > run.start {
            try tx.execute(
                "UPDATE decisions SET run_end = ?2, periods = ?3 WHERE id = ?1", run.id, start.description, before)
        }
        if end < run.end {
            let after = run.periods - before - count
            if start > run.start {
                try tx.execute(
                    """
                    INSERT INTO decisions (subscription_id, kind, reason, run_start, run_end, periods, decided_at,
                        decided_by)
                    SELECT subscription_id, kind, reason, ?2, ?3, ?4, decided_at, decided_by FROM decisions
                    WHERE id = ?1
                    """, run.id, end.description, run.end.description, after)
            } else {
                try tx.execute(
                    "UPDATE decisions SET run_start = ?2, periods = ?3 WHERE id = ?1", run.id, end.description, after)
            }
        }
        if start <= run.start, end >= run.end { try tx.execute("DELETE FROM decisions WHERE id = ?1", run.id) }
    }

    /// Notes that periods were settled elsewhere.
    public static func addSettled(
        _ subscriptionID: String, from start: LocalDate, to end: LocalDate, periods: Int, reason: String, actor: String,
        now: Instant, _ tx: Transaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO decisions (subscription_id, kind, reason, run_start, run_end, periods, decided_at, decided_by)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """, subscriptionID, BillingPlanner.DecisionKind.settledElsewhere, reason, start.description,
            end.description, periods, now, actor)
    }

    private static func run(_ row: Row) throws -> DecidedRun {
        DecidedRun(
            id: try row.get("id"), kind: try row.get("kind"), reason: try row.get("reason"),
            start: try date(row, "run_start"), end: try date(row, "run_end"), periods: try row.get("periods"))
    }

    private static func date(_ row: Row, _ column: String) throws -> LocalDate {
        guard let date = LocalDate(try row.get(column, as: String.self)) else {
            throw LedgerError(.wrongState, "a decision has a \(column) that is no date")
        }
        return date
    }
}
