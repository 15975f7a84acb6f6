import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import DunlinTesting
import DunlinWeb
import Logging

/// A data file with what a health check looks at, row by row.
struct SickLedger {
    /// 2026-11-21T12:00:00Z.
    static let now = Instant(rfc3339: "2026-11-21T12:00:00Z") ?? Instant(milliseconds: 0)

    let tx: Transaction

    static func database(
        _ body: @escaping @Sendable (SickLedger) throws -> Void = { _ in }
    ) async throws -> Database {
        let database = try TemporaryDatabase.inMemory(Ledger.migrations + QueueSchema.migrations)
        try await database.write { try body(SickLedger(tx: $0)) }
        return database
    }

    /// The check of a worker that ended a pass five seconds ago, unless `progress` says otherwise.
    static func check(_ database: Database, progress: WorkerProgress? = nil) -> HealthCheck {
        HealthCheck(
            database: database, progress: progress ?? healthyWorker, logger: silentLog, now: { SickLedger.now })
    }

    static func report(
        progress: WorkerProgress? = nil, _ body: @escaping @Sendable (SickLedger) throws -> Void
    ) async throws -> HealthReport {
        await check(try await database(body), progress: progress).report()
    }

    static let silentLog = Logger(label: "web", factory: { _ in SwiftLogNoOpLogHandler() })

    private static var healthyWorker: WorkerProgress {
        let progress = WorkerProgress(now: now.adding(seconds: -60))
        progress.notePassEnded(at: now.adding(seconds: -5))
        return progress
    }

    func gateway(_ name: String = "stripe") throws {
        try GatewayStates.bindFirst(
            name, kind: .stripe, mode: .test, account: "acct_1", keyHash: "key", now: Self.now, tx)
    }

    func openCircuit(_ name: String) throws {
        _ = try GatewayStates.noteUnknown(name, unknownsMax: 1, probeAt: Self.now, now: Self.now, tx)
    }

    func deadJob() throws {
        try tx.execute(
            """
            INSERT INTO jobs (queue, kind, arguments, unique_key, priority, never_dies, runs_max, state, run_at,
                last_error, created_at, finished_at)
            VALUES ('stripe', 'charge-invoice', '{}', 'charge-invoice/1', 1, 0, 10, 'dead', ?1, 'sk_test_canary', ?1,
                ?1)
            """, Self.now)
    }

    func parkedSubscription() throws {
        try subscription()
        try tx.execute(
            """
            INSERT INTO billing_state (subscription_id, state, parked_reason, first_seen_on, first_seen_at,
                schedule_hash, time_zone_data, planned_at)
            VALUES ('sub1', 'parked', 'no such zone', '2026-08-01', ?1, 'hash', '2026a', ?1)
            """, Self.now)
    }

    /// - Parameter state: `unknown`, or `sending` with a send deadline a minute after it was written.
    func attempt(_ state: String, writtenAt: Instant) throws {
        try subscription()
        try tx.execute(
            """
            INSERT INTO invoices (id, subscription_id, customer_id, period_start, period_end, due_at, invoiced_at, plan,
                gateway, unit_amount_minor, quantity, adjustments_minor, amount_minor, currency, state, waits_for,
                ask_first, collected_minor)
            VALUES (1, 'sub1', 'cus1', '2026-11-01', '2026-12-01', ?1, ?1, 'basic', 'stripe', 1900, 1, 0, 1900, 'EUR',
                'open', 'unknown', 0, 0)
            """, writtenAt)
        try tx.execute(
            """
            INSERT INTO intents (id, invoice_id, number, gateway, account, mode, gateway_customer_id, amount_minor,
                currency, reference, gateway_id, status, created_at)
            VALUES (1, 1, 1, 'stripe', 'acct_1', 'test', 'gw_cus1', 1900, 'EUR', 'ref-1', 'pi_1', 'created', ?1)
            """, writtenAt)
        try tx.execute(
            """
            INSERT INTO attempts (id, invoice_id, intent_id, number, state, sending, gateway, account,
                gateway_customer_id, payment_method_id, gateway_payment_method_id, card_key, amount_minor, currency,
                body_hash, written_at, send_by, sends)
            VALUES (1, 1, 1, 1, ?1, 'two_phase', 'stripe', 'acct_1', 'gw_cus1', 'pm1', 'gw_pm1', 'card1', 1900, 'EUR',
                'hash', ?2, ?3, 1)
            """, state, writtenAt, writtenAt.adding(seconds: 60))
    }

    private func subscription() throws {
        try tx.execute(
            """
            INSERT INTO customers (id, gateway, gateway_customer_id, email, name, country)
            VALUES ('cus1', 'stripe', 'gw_cus1', 'ada@example.com', 'Ada', 'DE')
            """)
        try tx.execute(
            """
            INSERT INTO payment_methods (id, customer_id, gateway_payment_method_id, type, brand, last4, exp_month,
                exp_year, is_default, is_backup)
            VALUES ('pm1', 'cus1', 'gw_pm1', 'card', 'visa', '4242', 4, 2028, 1, 0)
            """)
        try tx.execute(
            """
            INSERT INTO subscriptions (id, customer_id, payment_method_id, plan, amount_minor, currency, interval,
                anchor, time_zone, status)
            VALUES ('sub1', 'cus1', 'pm1', 'basic', 1900, 'EUR', 'month', '2026-08-01', 'UTC', 'active')
            """)
    }
}
