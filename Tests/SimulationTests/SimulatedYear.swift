import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinDefaults
import DunlinJobs
import DunlinLedger
import DunlinQueue
import DunlinReports
import DunlinSandbox
import DunlinSimulation
import DunlinTesting
import Logging

/// A company of the sample, billed for some days on one thread.
struct SimulatedYear {
    static let start = Instant(seconds: 1_767_225_600)  // 2026-01-01T00:00:00Z
    static let firstDay = Zone.utc.local(of: start).date

    let database: Database
    let company: SimulatedCompany
    let summary: YearOfBilling.Summary

    init(
        subscriptions: Int = 60, days: Int64 = 40, seed: UInt64 = 1, change: (inout SandboxOptions) -> Void = { _ in }
    ) async throws {
        let sample = SampleData(subscriptions: subscriptions, seed: seed, firstDay: Self.firstDay)
        try await self.init(sample, days: days, seed: seed, change: change)
    }

    init(
        _ sample: SampleData, days: Int64, seed: UInt64 = 1, reacts: Bool = false, pastDue: PastDueRule = PastDueRule(),
        change: (inout SandboxOptions) -> Void = { _ in }
    ) async throws {
        var rules = BillingRules(declines: try DeclineTable(parsing: Defaults.declines))
        rules.catchUp.pastDue = pastDue
        let database = try TemporaryDatabase.inMemory(Ledger.migrations + QueueSchema.migrations)
        let company = try SimulatedCompany(
            database: database, rules: rules, start: Self.start, seed: seed, userAgent: "dunlin/0.1.0",
            logger: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }, change: change)
        let thread = OneThread()
        summary = try await withTaskExecutorPreference(thread) {
            try await company.open(sample)
            let life = CustomerLife(company, seed: seed)
            return try await YearOfBilling(company).run(until: Self.start.adding(days: days)) { day in
                if reacts { try await life.live(through: day) }
            }
        }
        thread.end()
        self.database = database
        self.company = company
    }

    func prove() async throws -> Proof {
        let now = company.time.now
        return try await database.read { tx in try Prover.prove(ProofOptions(now: now), tx) }
    }

    /// Every attempt and what became of it, in the order of writing.
    func attempts() async throws -> [String] {
        try await database.read { tx in
            try tx.rows(
                """
                SELECT a.id, i.subscription_id, i.period_start, a.number, a.state, a.written_at, a.charge_id
                FROM attempts a JOIN invoices i ON i.id = a.invoice_id ORDER BY a.id
                """
            ) { row in
                let cells: [Value] = try (0..<7).map { try row.get($0) }
                return cells.map { "\($0)" }.joined(separator: " ")
            }
        }
    }
}
