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
    ///   - scheduleLines: the ids of the lines that the schedule has; others fired once and were taken out. nil where
    ///     the schedule cannot be read: all that ever fired.
    /// - Throws: `DatabaseError`; `ReportError` for a sum or cell that cannot be read.
    public init(
        now: Instant, zone: Zone, databaseID: String?, scheduleLines: Set<String>? = nil, _ tx: Transaction
    ) throws {
        let today = AccountingDay(of: now, zone: zone)
        self.init(
            now: now.rfc3339Seconds, databaseID: databaseID, charging: try Self.charging(tx),
            needsPerson: try NeedsPerson(now: now, tx), subscriptions: try Self.subscriptions(tx),
            queue: try Queue(now: now, tx), inbox: try Inbox(now: now, tx),
            schedule: try Ticks.lines(tx).filter { scheduleLines?.contains($0.line) ?? true }.map(Schedule.init),
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
            onHold: try tx.count(open, "on_hold"), needsMethod: try tx.count(open, "needs_method"),
            needsCustomer: try tx.count(open, "needs_customer"),
            collectedAfterEnd: try tx.count(
                "SELECT COUNT(*) FROM invoices WHERE is_late = 1 AND refunded_minor < collected_minor"),
            failedEvents: try tx.count("SELECT COUNT(*) FROM events WHERE state = 'failed'"),
            badSourceRows: try tx.count("SELECT COUNT(*) FROM source_rows WHERE problem IS NOT NULL"))
    }
}

extension StatusReport.Schedule {
    init(_ record: Ticks.LineRecord) {
        self.init(
            line: record.line, lastTickAt: record.lastTickAt?.rfc3339Seconds, missed: record.missedCount,
            missedAt: record.missedAt?.rfc3339Seconds)
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
