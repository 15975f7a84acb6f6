import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinDefaults
import DunlinJobs
import DunlinLedger
import DunlinSimulation
import Logging

/// How many invoices a second are planned when every subscription comes due at once; beside one transaction of
/// INSERT … SELECT that writes the same rows, without a calendar.
struct PlanningBench {
    private static let firstSight = Instant(seconds: 1_767_225_600)  // 2026-01-01T00:00:00Z
    private static let anchorDay = 15

    let setting: BenchSetting

    func run() async throws -> [BenchRow] {
        let name = "planning.db"
        let database = try setting.database(name)
        let company = try company(database)
        try await store(in: database)
        _ = try await planning(company).run(now: Self.firstSight)
        // The floor begins where the product does: from a copy of the file before anything is due.
        try await database.backup(to: setting.path("planning-floor.db"))
        let raw = try RawSQLite(setting.path("planning-floor.db"))
        let before = database.counters
        var rounds: [(value: Double, floor: Double)] = []
        for round in 1...BenchSetting.rounds {
            let product = try await measureProduct(company, month: round)
            rounds.append((product, try await measureFloor(raw, month: round)))
        }
        let invoices = Double(setting.size * BenchSetting.rounds)
        let after = database.counters
        database.close()
        return [
            BenchRow("planning.invoices", rounds: rounds, unit: "invoices/s"),
            BenchRow(
                "planning.statements", Double(after.statements - before.statements) / invoices, unit: "per invoice"),
            BenchRow(
                "planning.commits", Double(after.flushingCommits - before.flushingCommits) / invoices * 1000,
                unit: "per 1000 invoices"),
        ]
    }

    private func company(_ database: Database) throws -> SimulatedCompany {
        var rules = BillingRules(declines: try DeclineTable(parsing: Defaults.declines))
        // The clock of the bench does not follow the boundaries.
        rules.lateAfterSeconds = 365 * 86_400
        return try SimulatedCompany(
            database: database, rules: rules, start: Self.firstSight, seed: 1, userAgent: Version.userAgent,
            logger: setting.log)
    }

    private func planning(_ company: SimulatedCompany) -> BillDueSubscriptions {
        BillDueSubscriptions(billing: company.billing, gateways: ["stripe", "wooshpay"])
    }

    /// The sample's customers, each with one subscription to the month from the 15th.
    private func store(in database: Database) async throws {
        let firstDay = Zone.utc.local(of: Self.firstSight).date
        var sample = SampleData(subscriptions: setting.size, seed: 1, firstDay: firstDay)
        sample.replaceAll(token: "pm_card_visa", interval: "month", anchor: "2026-01-\(Self.anchorDay)")
        try await sample.store(in: database)
    }

    private func measureProduct(_ company: SimulatedCompany, month: Int) async throws -> Double {
        let planning = planning(company)
        var summary = BillDueSubscriptions.Summary()
        // Late enough that it is the 15th in every zone.
        let now = Instant(seconds: try Self.day(Self.anchorDay + 1, month: month).seconds)
        let seconds = try await setting.seconds { summary = try await planning.run(now: now) }
        guard summary.invoiced == setting.size else {
            throw BenchError("\(summary.invoiced) of \(setting.size) invoices were planned")
        }
        return Double(summary.invoiced) / seconds
    }

    private static func day(_ day: Int, month: Int) throws -> Instant {
        guard let date = LocalDate(year: 2026, month: month, day: day) else { throw BenchError("no such day") }
        return Zone.utc.instant(of: LocalDateTime(date: date)).instant
    }

    private static func date(month: Int) -> String { "2026-0\(month)-\(anchorDay)" }

    // MARK: - The floor

    /// The same rows: invoices, their jobs, the activity, and the next boundary.
    private func measureFloor(_ raw: RawSQLite, month: Int) async throws -> Double {
        let (now, next) = (try Self.day(Self.anchorDay, month: month), try Self.day(Self.anchorDay, month: month + 1))
        let statements = [
            """
            INSERT INTO invoices (subscription_id, customer_id, period_start, period_end, due_at, invoiced_at, plan,
                gateway, unit_amount_minor, quantity, adjustments_minor, amount_minor, currency, state, waits_for,
                next_attempt_at)
            SELECT s.id, s.customer_id, b.next_period_start, '\(Self.date(month: month + 1))', b.next_boundary_at,
                \(now.milliseconds), s.plan, c.gateway, s.amount_minor, s.quantity, 0, s.amount_minor * s.quantity,
                s.currency, 'open', 'scheduled', \(now.milliseconds)
            FROM billing_state b JOIN subscriptions s ON s.id = b.subscription_id
            JOIN customers c ON c.id = s.customer_id
            """,
            """
            INSERT INTO jobs (queue, kind, arguments, unique_key, concurrency_key, priority, run_at, runs_max,
                never_dies, state, created_at)
            SELECT gateway, 'charge-invoice', '{"invoice":' || id || '}', 'charge-invoice/' || id,
                'customer/' || customer_id, 1, \(now.milliseconds), 25, 0, 'ready', \(now.milliseconds)
            FROM invoices WHERE period_start = '\(Self.date(month: month))'
            """,
            """
            INSERT INTO activity (recorded_at, effective_at, kind, subscription_id, invoice_id, amount_minor, currency,
                actor)
            SELECT invoiced_at, due_at, 'invoiced', subscription_id, id, amount_minor, currency, 'dunlin'
            FROM invoices WHERE period_start = '\(Self.date(month: month))'
            """,
            """
            UPDATE billing_state SET next_period_start = '\(Self.date(month: month + 1))',
                billed_through = '\(Self.date(month: month + 1))', next_boundary_at = \(next.milliseconds),
                planned_at = \(now.milliseconds)
            """,
        ]
        let seconds = try await setting.seconds {
            try raw.run("BEGIN IMMEDIATE")
            for statement in statements { try raw.run(statement) }
            try raw.run("COMMIT")
        }
        return Double(setting.size) / seconds
    }
}
