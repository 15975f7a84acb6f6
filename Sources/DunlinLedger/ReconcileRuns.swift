public import DunlinCalendar
public import DunlinDatabase

/// What a run reads, in its order; which of these it goes through depends on what the gateway can list.
public enum ReconcilePhase: String, Hashable, Sendable, CaseIterable, ColumnValue {
    /// The gateway's own lists, by creation.
    case intents, charges, refunds, disputes
    /// By the references of debts, where nothing can be listed.
    case references
    /// Payments of others that webhooks told of.
    case foreignEvents = "foreign_events"
    /// What the ledger has and no list showed: by id.
    case ledgerIntents = "ledger_intents"
    case ledgerRefunds = "ledger_refunds"
    case ledgerDisputes = "ledger_disputes"
    case payouts
    case payoutTransactions = "payout_transactions"
    case transactions
    /// Differences are looked at once more: what changed meanwhile is none.
    case verify
    case done
}

/// One comparison of the ledger with a gateway, as far as it came.
public struct ReconcileRun: Hashable, Sendable {
    public var id: Int64
    public var gateway: String
    public var from: Instant
    public var through: Instant
    public var startedAt: Instant
    public var startedBy: String
    public var endedAt: Instant?
    public var listsForeign: Bool
    public var withPayouts: Bool
    public var phase: ReconcilePhase
    public var cursor: String?
    public var token: Int64
    public var pages: Int64
    public var checked: Int64
    public var differences: Int64
    public var leftOut: Int64
    public var foreignCount: Int64

    init(_ row: Row) throws {
        id = try row.get("id")
        gateway = try row.get("gateway")
        from = try row.get("from_at")
        through = try row.get("through_at")
        startedAt = try row.get("started_at")
        startedBy = try row.get("started_by")
        endedAt = try row.get("ended_at")
        listsForeign = try row.get("lists_foreign")
        withPayouts = try row.get("with_payouts")
        phase = try row.get("phase")
        cursor = try row.get("cursor")
        token = try row.get("token")
        pages = try row.get("pages")
        checked = try row.get("checked")
        differences = try row.get("differences")
        leftOut = try row.get("left_out")
        foreignCount = try row.get("foreign_count")
    }
}

/// A run to be begun.
public struct NewReconcileRun: Sendable {
    public var gateway: String
    public var from: Instant
    public var through: Instant
    public var startedAt: Instant
    public var startedBy: String
    public var listsForeign: Bool
    public var withPayouts: Bool
    public var phase: ReconcilePhase
    public var token: Int64

    public init(
        gateway: String, from: Instant, through: Instant, startedAt: Instant, startedBy: String, listsForeign: Bool,
        withPayouts: Bool, phase: ReconcilePhase, token: Int64
    ) {
        self.gateway = gateway
        self.from = from
        self.through = through
        self.startedAt = startedAt
        self.startedBy = startedBy
        self.listsForeign = listsForeign
        self.withPayouts = withPayouts
        self.phase = phase
        self.token = token
    }
}

/// The table `reconcile_runs`.
public enum ReconcileRuns {
    public static func insert(_ new: NewReconcileRun, _ tx: Transaction) throws -> ReconcileRun {
        try tx.execute(
            """
            INSERT INTO reconcile_runs (gateway, from_at, through_at, started_at, started_by, lists_foreign,
                with_payouts, phase, token)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            """, new.gateway, new.from, new.through, new.startedAt, new.startedBy, new.listsForeign, new.withPayouts,
            new.phase, new.token)
        return try get(tx.lastInsertedID, tx)
    }

    public static func find(_ id: Int64, _ tx: Transaction) throws -> ReconcileRun? {
        try tx.row("SELECT * FROM reconcile_runs WHERE id = ?1", id, read: ReconcileRun.init)
    }

    public static func get(_ id: Int64, _ tx: Transaction) throws -> ReconcileRun {
        guard let run = try find(id, tx) else { throw LedgerError(.missingRow, "no reconciliation \(id)") }
        return run
    }

    /// The newest run of a gateway that has ended; of all gateways where none is named.
    ///
    /// - Parameter withPayouts: only one that went through the payouts.
    public static func latestEnded(
        gateway: String? = nil, withPayouts: Bool = false, _ tx: Transaction
    ) throws -> ReconcileRun? {
        try tx.row(
            """
            SELECT * FROM reconcile_runs
            WHERE ended_at IS NOT NULL AND (?1 IS NULL OR gateway = ?1) AND (?2 = 0 OR with_payouts = 1)
            ORDER BY id DESC LIMIT 1
            """, gateway, withPayouts, read: ReconcileRun.init)
    }

    /// Gateways that have a run, in the order of their names.
    public static func gateways(_ tx: Transaction) throws -> [String] {
        try tx.rows("SELECT DISTINCT gateway FROM reconcile_runs ORDER BY gateway") { try $0.get(0) }
    }

    /// The newest run of a gateway that was begun and has not ended.
    public static func unfinished(gateway: String, _ tx: Transaction) throws -> ReconcileRun? {
        try tx.row(
            "SELECT * FROM reconcile_runs WHERE gateway = ?1 AND ended_at IS NULL ORDER BY id DESC LIMIT 1", gateway,
            read: ReconcileRun.init)
    }

    /// Goes on with a run that another process began: that one stops when it finds the other token.
    public static func takeOver(_ id: Int64, token: Int64, _ tx: Transaction) throws {
        try tx.execute("UPDATE reconcile_runs SET token = ?2 WHERE id = ?1 AND ended_at IS NULL", id, token)
    }

    /// What one page came to.
    public struct Progress: Hashable, Sendable {
        public var phase: ReconcilePhase
        public var cursor: String?
        public var checked: Int64 = 0
        public var leftOut: Int64 = 0
        public var foreign: Int64 = 0

        public init(phase: ReconcilePhase, cursor: String?) {
            self.phase = phase
            self.cursor = cursor
        }
    }

    /// Notes a page, if the run is still where the page began and still ours.
    ///
    /// - Returns: the run as it is then; nil when another process has taken it over.
    public static func advance(
        _ run: ReconcileRun, _ progress: Progress, now: Instant, _ tx: Transaction
    ) throws -> ReconcileRun? {
        let changed = try tx.execute(
            """
            UPDATE reconcile_runs SET phase = ?3, cursor = ?4, pages = pages + 1, checked = checked + ?5,
                left_out = left_out + ?6, foreign_count = foreign_count + ?7,
                ended_at = CASE WHEN ?3 = 'done' THEN ?8 ELSE NULL END,
                differences = (SELECT COUNT(*) FROM reconcile_exceptions e WHERE e.run_id = reconcile_runs.id)
            WHERE id = ?1 AND token = ?2 AND ended_at IS NULL
            """, run.id, run.token, progress.phase, progress.cursor, progress.checked, progress.leftOut,
            progress.foreign, now)
        return changed == 1 ? try get(run.id, tx) : nil
    }

    /// Forgets what a run needed on its way, and the lines of payouts of all but the newest runs.
    ///
    /// - Parameter runsKept: as many runs of the gateway keep their payouts.
    public static func tidy(_ run: ReconcileRun, runsKept: Int, _ tx: Transaction) throws {
        try tx.execute("DELETE FROM reconcile_seen WHERE run_id = ?1", run.id)
        let oldest: Int64? = try tx.value(
            """
            SELECT id FROM reconcile_runs WHERE gateway = ?1 AND with_payouts = 1 ORDER BY id DESC LIMIT 1 OFFSET ?2
            """, run.gateway, runsKept)
        guard let oldest else { return }
        for table in ["reconcile_transactions", "reconcile_payouts"] {
            try tx.execute(
                """
                DELETE FROM \(table) WHERE run_id <= ?1
                    AND run_id IN (SELECT id FROM reconcile_runs WHERE gateway = ?2)
                """, oldest, run.gateway)
        }
    }
}
