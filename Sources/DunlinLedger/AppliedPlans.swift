public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// A plan of a backfill as far as it was applied.
public struct AppliedPlan: Hashable, Sendable {
    /// SHA-256 of its file.
    public var id: String
    public var lines: Int
    public var linesDone: Int
    public var pacedUntil: Instant?
    public var startedAt: Instant
    public var finishedAt: Instant?
}

/// The tables `plans` and `plan_lines`.
public enum AppliedPlans {
    public enum Outcome: Hashable, Sendable {
        case invoiced(Int64)
        case recorded
        case leftOut(String)
    }

    /// What the lines of a plan have come to, in one currency.
    public struct Total: Hashable, Sendable {
        public var currency: String
        public var invoices: Int
        public var invoicedMinor: Int64
        public var paid: Int
        public var collectedMinor: Int64
        /// Open invoices that nobody has tried to collect yet.
        public var untried: Int
    }

    public static func find(_ id: String, _ tx: Transaction) throws -> AppliedPlan? {
        try tx.row("SELECT * FROM plans WHERE id = ?1", id) { row in
            AppliedPlan(
                id: try row.get("id"), lines: try row.get("lines"), linesDone: try row.get("lines_done"),
                pacedUntil: try row.get("paced_until"), startedAt: try row.get("started_at"),
                finishedAt: try row.get("finished_at"))
        }
    }

    /// Notes that the plan is being applied; does nothing when that is noted already.
    public static func begin(
        _ id: String, range: BackfillRange, policy: BackfillPolicy, reason: String?, lines: Int, actor: String,
        now: Instant, _ tx: Transaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO plans (id, range_start, range_end, policy, reason, lines, started_at, started_by)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (id) DO NOTHING
            """, id, range.from.description, range.to.description, policy.rawValue, reason, lines, now, actor)
    }

    public static func add(_ outcome: Outcome, line: Int, of id: String, _ tx: Transaction) throws {
        let (word, invoiceID, reason): (String, Int64?, String?) =
            switch outcome {
            case .invoiced(let invoiceID): ("invoiced", invoiceID, nil)
            case .recorded: ("recorded", nil, nil)
            case .leftOut(let reason): ("left_out", nil, reason)
            }
        try tx.execute(
            "INSERT INTO plan_lines (plan_id, line, outcome, invoice_id, reason) VALUES (?1, ?2, ?3, ?4, ?5)", id, line,
            word, invoiceID, reason)
    }

    /// Notes up to which line the plan is done.
    public static func advance(_ id: String, to done: Int, pacedUntil: Instant?, _ tx: Transaction) throws {
        try tx.execute("UPDATE plans SET lines_done = ?2, paced_until = ?3 WHERE id = ?1", id, done, pacedUntil)
    }

    public static func finish(_ id: String, now: Instant, _ tx: Transaction) throws {
        try tx.execute(
            "UPDATE plans SET finished_at = ?2 WHERE id = ?1 AND finished_at IS NULL AND lines_done = lines", id, now)
    }

    public static func totals(_ id: String, _ tx: Transaction) throws -> [Total] {
        try tx.rows(
            """
            SELECT i.currency AS currency, COUNT(*) AS invoices, SUM(i.amount_minor) AS invoiced,
                SUM(CASE WHEN i.state = 'paid' THEN 1 ELSE 0 END) AS paid, SUM(i.collected_minor) AS collected,
                SUM(CASE WHEN i.state = 'open' AND i.waits_for = 'scheduled' THEN 1 ELSE 0 END) AS untried
            FROM plan_lines l JOIN invoices i ON i.id = l.invoice_id
            WHERE l.plan_id = ?1 GROUP BY i.currency ORDER BY i.currency
            """, id
        ) { row in
            Total(
                currency: try row.get("currency"), invoices: try row.get("invoices"),
                invoicedMinor: try row.get("invoiced"), paid: try row.get("paid"),
                collectedMinor: try row.get("collected"), untried: try row.get("untried"))
        }
    }
}
