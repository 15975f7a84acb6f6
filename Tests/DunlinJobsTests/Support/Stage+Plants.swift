import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import DunlinTesting

@testable import DunlinJobs

/// Shortcuts to states that would take long to reach.
extension Stage {
    func worker(concurrency: Int, as holder: ProcessIdentity? = nil) throws -> BillingWorker {
        let billing = try billing()
        return BillingWorker(
            billing: billing, gateway: try billing.gateway(name), holder: holder ?? newProcess(),
            concurrency: concurrency)
    }

    /// The data file has spoken to its gateway before.
    func bindGateway() async throws {
        let billing = try billing()
        _ = try await FirstContact(billing: billing, gateway: try billing.gateway(name)).make()
    }

    /// Invoices what is due, and tries nothing yet.
    func plan() async throws {
        _ = try await BillDueSubscriptions(billing: billing(), gateways: [name]).run(now: clock.now)
    }

    /// First attempts of other subscriptions that ended just now, the declined ones last.
    func plantFirstAttempts(_ count: Int, declined: Int) async throws {
        let now = clock.now
        let name = name
        try await database.write { tx in
            try tx.execute(
                """
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                INSERT INTO subscriptions (id, customer_id, plan, amount_minor, currency, interval, anchor, time_zone,
                    status)
                SELECT 'planted-' || i, 'c1', 'p' || i, 1000, 'USD', 'year', '2025-01-01', 'UTC', 'canceled' FROM n
                """, count)
            try tx.execute(
                """
                INSERT INTO invoices (subscription_id, customer_id, period_start, period_end, due_at, invoiced_at, plan,
                    gateway, unit_amount_minor, quantity, adjustments_minor, amount_minor, currency, state, closed_at)
                SELECT id, 'c1', '2025-01-01', '2026-01-01', ?1, ?1, plan, ?2, 1000, 1, 0, 1000, 'USD', 'uncollectible',
                    ?1 FROM subscriptions WHERE id LIKE 'planted-%'
                """, now, name)
            try tx.execute(
                """
                INSERT INTO intents (invoice_id, number, gateway, account, mode, gateway_customer_id, amount_minor,
                    currency, reference, status, created_at)
                SELECT id, 1, ?2, 'a', 'test', 'cus', 1000, 'USD', 'ref-' || id, 'canceled', ?1 FROM invoices
                """, now, name)
            try tx.execute(
                """
                INSERT INTO attempts (invoice_id, intent_id, number, state, sending, gateway, account,
                    gateway_customer_id, payment_method_id, gateway_payment_method_id, card_key, amount_minor, currency,
                    body_hash, written_at, send_by, ended_at)
                SELECT invoice_id, id, 1, CASE WHEN id <= ?3 THEN 'declined' ELSE 'needs_customer' END, 'two_phase', ?2,
                    'a', 'cus', 'c1-card', 'pm', 'planted', 1000, 'USD', 'h', ?1 + id, ?1, ?1 FROM intents
                """, now, name, declined)
        }
    }
}
