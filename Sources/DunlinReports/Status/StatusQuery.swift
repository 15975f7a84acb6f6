public import DunlinCalendar
import DunlinCore
public import DunlinDatabase
import DunlinLedger
import DunlinQueue

extension StatusReport {
    /// Reads the state of everything in one snapshot.
    ///
    /// - Parameters:
    ///   - zone: the accounting time zone, whose month the sums are of.
    ///   - lines: of the schedule; others fired once and were taken out. nil where the schedule cannot be read: all that
    ///     ever fired are shown.
    /// - Throws: `DatabaseError`; `ReportError` for a sum or cell that cannot be read.
    public init(
        now: Instant, zone: Zone, databaseID: String?, lines: [CronLine]? = nil, _ tx: Transaction
    ) throws {
        let today = AccountingDay(of: now, zone: zone)
        self.init(
            now: now.rfc3339Seconds, databaseID: databaseID, charging: try Self.charging(tx),
            needsPerson: try NeedsPerson(now: now, tx), subscriptions: try Self.subscriptions(tx),
            queue: try Queue(now: now, tx), inbox: try Inbox(now: now, tx), selfCheck: try SelfCheck(now: now, tx),
            reconciliations: try Reconciliation.newest(tx), notices: try Notices(tx),
            schedule: try Schedule.all(lines, now: now, tx),
            changedRows: try tx.count("SELECT COUNT(*) FROM changed_rows"),
            month: String(today.date.description.prefix(7)), months: try Month.all(today, tx))
    }

    private static func charging(_ tx: Transaction) throws -> [Charging] {
        let early = try GatewayStates.earlyStops(tx).map { gateway, reason in
            Charging(gateway: gateway, charging: .stopped, reason: reason, ratePermille: 1000)
        }
        return (try GatewayStates.all(tx).map(Charging.init) + early).sorted { $0.gateway < $1.gateway }
    }

    private static func subscriptions(_ tx: Transaction) throws -> [String: Int64] {
        let counts = try tx.rows("SELECT state, COUNT(*) AS count FROM billing_state GROUP BY state") { row in
            (try row.get("state", as: String.self), try row.get("count", as: Int64.self))
        }
        return Dictionary(counts) { $0 + $1 }
    }
}

extension Transaction {
    /// The number that a COUNT or SUM gives.
    func count(_ sql: String, _ arguments: (any ColumnValue)?...) throws -> Int64 {
        try row(sql, arguments: arguments) { try $0.get(0, as: Int64?.self) ?? 0 } ?? 0
    }
}

extension StatusReport.Charging {
    init(_ state: GatewayState) {
        let word: Word = state.isStopped ? .stopped : state.circuitOpenedAt != nil ? .circuitOpen : .on
        self.init(
            gateway: state.gateway, mode: state.mode.rawValue, charging: word,
            reason: state.stopReason ?? (word == .circuitOpen ? "the gateway does not answer" : nil),
            since: (state.stoppedAt ?? state.circuitOpenedAt)?.rfc3339Seconds,
            ratePermille: state.ratePermille, lastPassAt: state.newestAt?.rfc3339Seconds)
    }
}

extension StatusReport.NeedsPerson {
    init(now: Instant, _ tx: Transaction) throws {
        let unknown = try UnknownAttempts(now: now, tx)
        let refunds =
            "FROM refunds r JOIN intents t ON t.id = r.intent_id WHERE r.state = 'unknown' AND r.sent_at <= ?1"
        let hourAgo = now.adding(hours: -1)
        let open = "SELECT COUNT(*) FROM invoices WHERE state = 'open' AND waits_for = ?1"
        self.init(
            parked: try tx.count("SELECT COUNT(*) FROM billing_state WHERE state = 'parked'"),
            waiting: try tx.count("SELECT COALESCE(SUM(periods), 0) FROM decisions WHERE kind = 'waiting'"),
            unknown: unknown.count, oldestUnknownSeconds: unknown.oldestSeconds,
            unknownRefunds: try tx.count("SELECT COUNT(*) \(refunds)", hourAgo),
            unknownRefundInvoice: try tx.value("SELECT t.invoice_id \(refunds) ORDER BY r.id LIMIT 1", hourAgo),
            deadJobs: try tx.count("SELECT COUNT(*) FROM jobs WHERE state = 'dead'"),
            onHold: try tx.count("\(open) AND hold_reason <> ?2", "on_hold", Invoice.pausedHold),
            needsMethod: try tx.count(open, "needs_method"),
            needsCustomer: try tx.count(open, "needs_customer"),
            collectedAfterEnd: try tx.count(
                "SELECT COUNT(*) FROM invoices WHERE is_late = 1 AND refunded_minor < collected_minor"),
            failedEvents: try tx.count("SELECT COUNT(*) FROM events WHERE state = 'failed'"),
            badSourceRows: try tx.count("SELECT COUNT(*) FROM source_rows WHERE problem IS NOT NULL"),
            failedNotices: try tx.count("SELECT COUNT(*) FROM notices WHERE state = 'failed'"),
            drift: try StatusReport.Reconciliation.newest(tx).reduce(0) { $0 + $1.differences })
    }
}

extension StatusReport.Schedule {
    /// Further than this nobody looks ahead.
    private static let daysAhead: Int64 = 3_660

    static func all(_ lines: [CronLine]?, now: Instant, _ tx: Transaction) throws -> [StatusReport.Schedule] {
        let known = try Ticks.lines(tx)
        guard let lines else { return known.map { StatusReport.Schedule($0, line: nil, now: now) } }
        return lines.map { line in
            StatusReport.Schedule(known.first { $0.line == line.id }, line: line, now: now)
        }
    }

    private init(_ record: Ticks.LineRecord?, line: CronLine?, now: Instant) {
        let next = line?.ticks(after: now, through: now.adding(days: Self.daysAhead), limit: 1).first
        self.init(
            line: line?.id ?? record?.line ?? "", lastTickAt: record?.lastTickAt?.rfc3339Seconds,
            nextTickAt: next?.instant.rfc3339Seconds, missed: record?.missedCount ?? 0,
            missedAt: record?.missedAt?.rfc3339Seconds)
    }
}

extension StatusReport.SelfCheck {
    init(now: Instant, _ tx: Transaction) throws {
        let checkedAt = try Findings.checkedAt(tx)
        self.init(
            lastCheckAt: checkedAt?.rfc3339Seconds,
            lastCheckSeconds: checkedAt.map { max(now.milliseconds(since: $0) / 1000, 0) },
            findings: try Findings.raised(tx).map { record in
                Finding(
                    code: record.finding.code.rawValue, subject: record.finding.subject, text: record.finding.text,
                    since: record.firstSeenAt.rfc3339Seconds)
            })
    }
}

extension StatusReport.Reconciliation {
    /// One for each gateway that was ever reconciled: the last that came to its end, where one did.
    static func newest(_ tx: Transaction) throws -> [StatusReport.Reconciliation] {
        try tx.rows(
            """
            SELECT gateway, started_at, ended_at, differences FROM reconcile_runs r
            WHERE id = (SELECT COALESCE(MAX(CASE WHEN n.ended_at IS NULL THEN NULL ELSE n.id END), MAX(n.id))
                FROM reconcile_runs n WHERE n.gateway = r.gateway)
            ORDER BY gateway
            """
        ) { row in
            StatusReport.Reconciliation(
                gateway: try row.get("gateway"), startedAt: try row.get("started_at", as: Instant.self).rfc3339Seconds,
                endedAt: try row.get("ended_at", as: Instant?.self)?.rfc3339Seconds,
                differences: try row.get("differences"))
        }
    }
}

extension StatusReport.Notices {
    init(_ tx: Transaction) throws {
        self.init(
            ready: try tx.count("SELECT COUNT(*) FROM notices WHERE state = 'ready'"),
            lastSentAt: try tx.value("SELECT MAX(sent_at) FROM notices WHERE sent_at IS NOT NULL", as: Instant.self)?
                .rfc3339Seconds)
    }
}

extension StatusReport.Queue {
    init(now: Instant, _ tx: Transaction) throws {
        let due = try tx.row(
            "SELECT COUNT(*) AS count, MIN(run_at) AS oldest FROM jobs WHERE state = 'ready' AND run_at <= ?1", now
        ) { row in
            (count: try row.get("count", as: Int64.self), oldest: try row.get("oldest", as: Instant?.self))
        }
        self.init(
            ready: try tx.count("SELECT COUNT(*) FROM jobs WHERE state = 'ready'"), due: due?.count ?? 0,
            running: try tx.count("SELECT COUNT(*) FROM jobs WHERE state = 'running'"),
            oldestDueSeconds: due?.oldest.map { now.milliseconds(since: $0) / 1000 },
            nextRunAt: try JobQueue.nextRunAt(tx)?.rfc3339Seconds)
    }
}

extension StatusReport.Inbox {
    init(now: Instant, _ tx: Transaction) throws {
        let counts = try InboxCounts.read(tx)
        func age(_ instant: Instant?) -> Int64? { instant.map { max(now.milliseconds(since: $0) / 1000, 0) } }
        self.init(
            lastWebhookAt: counts.lastWebhookAt?.rfc3339Seconds, lastWebhookSeconds: age(counts.lastWebhookAt),
            unappliedEvents: counts.unapplied, oldestUnappliedSeconds: age(counts.oldestUnappliedAt),
            wrongSignatures: counts.wrongSignatures,
            lastWrongSignatureAt: counts.lastWrongSignatureAt?.rfc3339Seconds, foreignIntents: counts.foreignIntents)
    }
}

extension StatusReport.Month {
    static func all(_ today: AccountingDay, _ tx: Transaction) throws -> [StatusReport.Month] {
        let first = today.start(addingDays: 1 - today.date.day)
        return try tx.rows(sql, first) { row in
            let currency = try row.currency()
            let invoiced = try row.money("invoiced", currency)
            let collected = try row.money("collected", currency)
            let recovered = try row.money("recovered", currency)
            let outstanding = try row.money("outstanding", currency)
            return StatusReport.Month(
                currency: currency.code, invoiced: invoiced.majorUnits, invoicedMinor: invoiced.minorUnits,
                collected: collected.majorUnits, collectedMinor: collected.minorUnits,
                recovered: recovered.majorUnits, recoveredMinor: recovered.minorUnits,
                outstanding: outstanding.majorUnits, outstandingMinor: outstanding.minorUnits)
        }
    }

    /// `?1` the first instant of the month.
    private static let sql = """
        SELECT currency,
            SUM(CASE WHEN invoiced_at >= ?1 AND state <> 'void' THEN amount_minor ELSE 0 END) AS invoiced,
            SUM(CASE WHEN paid_at >= ?1 THEN collected_minor - refunded_minor ELSE 0 END) AS collected,
            SUM(CASE WHEN paid_at >= ?1 AND first_failed_at IS NOT NULL THEN collected_minor - refunded_minor ELSE 0 END)
                AS recovered,
            SUM(CASE WHEN state IN ('open', 'closing') THEN amount_minor - collected_minor ELSE 0 END) AS outstanding
        FROM invoices GROUP BY currency ORDER BY currency
        """
}
