import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import DunlinTesting

/// Rows of a ledger for tests, each complete with what the schema asks for; a test names only what it is about.
struct LedgerRows {
    /// 2026-11-21T12:00:00Z.
    static let now = at("2026-11-21T12:00:00Z")

    let tx: Transaction

    static func database() throws -> Database {
        try TemporaryDatabase.inMemory(Ledger.migrations + QueueSchema.migrations)
    }

    /// A database with the rows that `body` writes.
    static func database(_ body: @escaping @Sendable (LedgerRows) throws -> Void) async throws -> Database {
        let database = try database()
        try await database.write { try body(LedgerRows(tx: $0)) }
        return database
    }

    static func at(_ text: String) -> Instant { Instant(rfc3339: text) ?? Instant(milliseconds: 0) }

    func customer(
        _ id: String = "cus1", gateway: String = "stripe", name: String? = "Ada", email: String? = "ada@example.com"
    ) throws {
        try tx.execute(
            """
            INSERT INTO customers (id, gateway, gateway_customer_id, email, name, country)
            VALUES (?1, ?2, ?3, ?4, ?5, 'DE')
            """, id, gateway, "gw_\(id)", email, name)
    }

    func method(
        _ id: String = "pm1", of customer: String = "cus1", brand: String = "visa", fingerprint: String? = nil,
        isBackup: Bool = false
    ) throws {
        try tx.execute(
            """
            INSERT INTO payment_methods (id, customer_id, gateway_payment_method_id, type, brand, last4, exp_month,
                exp_year, is_default, is_backup, fingerprint)
            VALUES (?1, ?2, ?3, 'card', ?4, '4242', 4, 2028, ?5, ?6, ?7)
            """, id, customer, "gw_\(id)", brand, !isBackup, isBackup, fingerprint)
    }

    func subscription(
        _ id: String = "sub1", of customer: String = "cus1", method: String? = "pm1", amountMinor: Int64 = 1900,
        currency: String = "EUR", interval: String = "month", anchor: String = "2026-08-01", status: String = "active"
    ) throws {
        try tx.execute(
            """
            INSERT INTO subscriptions (id, customer_id, payment_method_id, plan, amount_minor, currency, interval,
                anchor, time_zone, status)
            VALUES (?1, ?2, ?3, 'basic', ?4, ?5, ?6, ?7, 'UTC', ?8)
            """, id, customer, method, amountMinor, currency, interval, anchor, status)
    }

    /// What Dunlin knows of a subscription, as a pass would have left it.
    func state(
        _ subscription: String = "sub1", _ state: String = "active", next: String? = "2026-12-01",
        nextAt: Instant? = nil, through: String? = "2026-12-01", parkedReason: String? = nil, hash: String? = nil
    ) throws {
        let boundary = nextAt ?? next.flatMap { LocalDateTime($0) }.map { Zone.utc.instant(of: $0).instant }
        try tx.execute(
            """
            INSERT INTO billing_state (subscription_id, state, parked_reason, first_seen_on, first_seen_at,
                next_period_start, next_boundary_at, billed_through, schedule_hash, time_zone_data, planned_at)
            VALUES (?1, ?2, ?3, '2026-08-01', ?4, ?5, ?6, ?7, ?8, ?9, ?4)
            """, subscription, state, parkedReason, Self.now, next, next == nil ? nil : boundary, through,
            try hash ?? self.hash(subscription), Zone.dataVersion)
        try tx.execute("DELETE FROM changed_rows")
    }

    private func hash(_ subscription: String) throws -> String {
        try tx.row("SELECT * FROM subscriptions WHERE id = ?1", subscription) { row in
            try SubscriptionTerms(
                SubscriptionTerms.Columns(
                    amountMinor: row.get("amount_minor"), currency: row.get("currency"), quantity: 1,
                    interval: row.get("interval"), intervalCount: 1, anchor: row.get("anchor"), timeZone: "UTC",
                    trialEnd: nil, billOn: nil, endsAt: nil, cancelAtPeriodEnd: false, status: row.get("status"),
                    billFrom: nil)
            ).scheduleHash
        } ?? ""
    }

    /// The invoice of a month, due at its start in UTC.
    func invoice(
        _ id: Int64, of subscription: String = "sub1", customer: String = "cus1", from start: String,
        to end: String, _ state: String = "open", waitsFor: String? = nil, amountMinor: Int64 = 1900,
        currency: String = "EUR", holdReason: String? = nil, closingTo: String? = nil, asksFirst: Bool = false,
        nextAttemptAt: Instant? = nil, endedAt: Instant? = nil, paidReason: String? = nil, collectedMinor: Int64 = 0,
        gateway: String = "stripe", note: String? = nil
    ) throws {
        let due = LocalDateTime(start).map { Zone.utc.instant(of: $0).instant }
        let isFailed = waitsFor == "retrying" || waitsFor == "needs_method" || state == "uncollectible"
        try tx.execute(
            """
            INSERT INTO invoices (id, subscription_id, customer_id, period_start, period_end, due_at, invoiced_at, plan,
                gateway, unit_amount_minor, quantity, adjustments_minor, amount_minor, currency, state, waits_for,
                hold_reason, closing_to, closing_reason, ask_first, next_attempt_at, first_failed_at, paid_at,
                paid_reason, closed_at, collected_minor, note)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 'basic', ?7, ?8, 1, 0, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                ?18, ?19, ?20, ?21, ?22)
            """, id, subscription, customer, start, end, due, gateway, amountMinor, currency, state, waitsFor,
            holdReason, closingTo, closingTo == nil ? nil : "the subscription was canceled", asksFirst, nextAttemptAt,
            isFailed ? due?.adding(minutes: 1) : nil, state == "paid" ? endedAt : nil, paidReason, endedAt,
            collectedMinor, note)
    }

    func intent(
        _ id: Int64, of invoice: Int64, _ status: String, number: Int = 1, amountMinor: Int64 = 1900,
        currency: String = "EUR", customer: String = "cus1"
    ) throws {
        try tx.execute(
            """
            INSERT INTO intents (id, invoice_id, number, gateway, account, mode, gateway_customer_id, amount_minor,
                currency, reference, gateway_id, status, created_at)
            VALUES (?1, ?2, ?3, 'stripe', 'acct_1', 'test', ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            """, id, invoice, number, "gw_\(customer)", amountMinor, currency, "ref-\(id)", "pi_\(id)", status, Self.now
        )
    }

    /// An attempt on the intent of the same number as the invoice unless said otherwise.
    func attempt(
        _ id: Int64, of invoice: Int64, intent: Int64, _ state: String, number: Int = 1, writtenAt: Instant,
        endedAt: Instant? = nil, declineCode: String? = nil, declineClass: String? = nil, method: String = "pm1",
        cardKey: String = "card1", amountMinor: Int64 = 1900, currency: String = "EUR", customer: String = "cus1"
    ) throws {
        let isInFlight = ["sending", "processing", "unknown"].contains(state)
        try tx.execute(
            """
            INSERT INTO attempts (id, invoice_id, intent_id, number, state, sending, gateway, account,
                gateway_customer_id, payment_method_id, gateway_payment_method_id, card_key, amount_minor, currency,
                body_hash, written_at, send_by, sends, ended_at, charge_id, decline_code, decline_class)
            VALUES (?1, ?2, ?3, ?4, ?5, 'two_phase', 'stripe', 'acct_1', ?6, ?7, ?8, ?9, ?10, ?11, 'hash', ?12, ?13, 1,
                ?14, ?15, ?16, ?17)
            """, id, invoice, intent, number, state, "gw_\(customer)", method, "gw_\(method)", cardKey, amountMinor,
            currency, writtenAt, writtenAt.adding(seconds: 60),
            isInFlight ? nil : endedAt ?? writtenAt.adding(seconds: 2), state == "declined" ? "ch_\(id)" : nil,
            declineCode, declineClass)
    }

    @discardableResult
    func job(
        _ key: String, _ state: String = "ready", runAt: Instant = LedgerRows.now, queue: String = "stripe"
    ) throws -> Int64 {
        let isFinal = state == "done" || state == "dead"
        try tx.execute(
            """
            INSERT INTO jobs (queue, kind, arguments, unique_key, priority, never_dies, runs_max, state, run_at,
                lease_until, lease_holder, last_error, created_at, finished_at)
            VALUES (?1, ?2, '{}', ?3, 1, 0, 10, ?4, ?5, ?6, ?7, ?8, ?5, ?9)
            """, queue, key.split(separator: "/").first.map(String.init) ?? key, key, state, runAt,
            state == "running" ? runAt.adding(minutes: 2) : nil, state == "running" ? "host|boot||1|1" : nil,
            state == "dead" ? "the gateway never answered" : nil, isFinal ? runAt : nil)
        return tx.lastInsertedID
    }

    /// A refund of ours.
    func refund(_ id: Int64, of intent: Int64, _ state: String) throws {
        try tx.execute(
            """
            INSERT INTO refunds (id, intent_id, number, amount_minor, currency, reason, state, reference, written_at,
                ended_at)
            VALUES (?1, ?2, 1, 100, 'USD', 'a test', ?3, 'ref:refund:1', ?4, ?5)
            """, id, intent, state, Self.now, state == "unknown" ? nil : Self.now)
    }

    func decision(
        _ kind: String, _ reason: String, from start: String, to end: String, of subscription: String = "sub1",
        periods: Int = 1
    ) throws {
        try tx.execute(
            """
            INSERT INTO decisions (subscription_id, kind, reason, run_start, run_end, periods, decided_at, decided_by)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'dunlin')
            """, subscription, kind, reason, start, end, periods, Self.now)
    }

    func gateway(_ name: String = "stripe", newestAt: Instant? = LedgerRows.now, stopReason: String? = nil) throws {
        try tx.execute(
            """
            INSERT INTO gateway_state (gateway, kind, mode, account, key_hash, bound_at, newest_at, planned_at,
                stopped_at, stop_reason)
            VALUES (?1, 'stripe', 'test', 'acct_1', 'key', ?2, ?3, ?3, ?4, ?5)
            """, name, Self.now, newestAt, stopReason == nil ? nil : Self.now, stopReason)
    }

    func activity(
        _ kind: String, invoice: Int64, attempt: Int64? = nil, at instant: Instant, reason: String? = nil
    ) throws {
        try tx.execute(
            """
            INSERT INTO activity (recorded_at, effective_at, kind, subscription_id, invoice_id, attempt_number, reason, actor)
            VALUES (?1, ?1, ?2, 'sub1', ?3, ?5, ?4, 'dunlin')
            """, instant, kind, invoice, reason, attempt)
    }

    func reconcileRun(_ id: Int64, differences: Int, endedAt: Instant?) throws {
        try tx.execute(
            """
            INSERT INTO reconcile_runs (id, gateway, from_at, through_at, started_at, started_by, ended_at, phase, token,
                differences)
            VALUES (?1, 'stripe', ?2, ?2, ?2, 'dunlin', ?3, ?5, 1, ?4)
            """, id, Self.now, endedAt, differences, endedAt == nil ? "intents" : "done")
    }

    func notice(_ id: Int64, _ state: String) throws {
        try tx.execute(
            """
            INSERT INTO notices (id, notice_id, kind, customer_id, subscription_id, step, state, reason, written_at,
                due_at, sent_at)
            VALUES (?1, ?2, 'invoice_paid', 'cus1', 'sub1', 0, ?3, 'the receiver answered 500', ?4, ?4, ?5)
            """, id, "ntc_\(id)", state, Self.now, state == "sent" ? Self.now : nil)
    }

    func exchange(_ path: String, invoice: Int64, attempt: Int, at instant: Instant, fault: String? = nil) throws {
        try tx.execute(
            """
            INSERT INTO exchanges (gateway, started_at, elapsed_ms, method, path, http_status, request_id, invoice_id,
                attempt_number, fault)
            VALUES ('stripe', ?1, 120, 'POST', ?2, ?3, 'req_1', ?4, ?5, ?6)
            """, instant, path, fault == nil ? 200 : nil, invoice, attempt, fault)
    }
}
