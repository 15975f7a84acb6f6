public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase
import DunlinJobs
import DunlinLedger
import DunlinReports
import DunlinSandbox
public import Logging

/// A year of billing under one dunning policy, with cards and customers as the published figures have them: the same
/// seed gives every policy the same subscribers, cards and reactions.
public struct PolicyYear: Sendable {
    public struct Result: Sendable {
        public var policy: String
        public var recoveries: [Recovery]
        /// Over all currencies.
        public var share: RecoveryShare
        public var retries: Int
        public var recoveredWithinTenDays: Int
        /// Declines that ruled a card out for good: each retry of one would cost a fee.
        public var finalDeclines: Int
        /// By the count of the gateway, which knows nothing of Dunlin's own.
        public var retriesAfterFinal: Int
        public var chargesOverLimit: Int
        public var doubleCharges: Int
        public var isProven: Bool
        public var summary: YearOfBilling.Summary
    }

    private let policy: DunningPolicy
    private let declines: DeclineTable
    private let subscriptions: Int
    private let days: Int64
    private let seed: UInt64
    private let logger: Logger

    /// - Parameter policy: of every debt.
    public init(
        _ policy: DunningPolicy, declines: DeclineTable, subscriptions: Int, days: Int64, seed: UInt64, logger: Logger
    ) {
        self.policy = policy
        self.declines = declines
        self.subscriptions = subscriptions
        self.days = days
        self.seed = seed
        self.logger = logger
    }

    /// - Parameters:
    ///   - database: an empty one, with all tables; what is left in it can be looked at.
    ///   - eachDay: told the day that is over.
    public func run(
        in database: Database, from start: Instant, userAgent: String,
        eachDay: @Sendable (Instant) -> Void = { _ in }
    ) async throws -> Result {
        var only = policy
        only.name = DunningPolicy.defaultName
        let company = try SimulatedCompany(
            database: database, rules: BillingRules(declines: declines, dunning: only), start: start, seed: seed,
            userAgent: userAgent, logger: logger)
        var sample = SampleData(
            subscriptions: subscriptions, seed: seed, firstDay: Zone.utc.local(of: start).date)
        sample.makeStatistical()
        try await company.open(sample)
        let customers = ProfileCustomers(company, profile: StatisticalProfile(), seed: seed)
        let summary = try await YearOfBilling(company).run(until: start.adding(days: days)) { day in
            try await customers.live(through: day)
            eachDay(day)
        }
        return try await result(company, summary)
    }

    private func result(_ company: SimulatedCompany, _ summary: YearOfBilling.Summary) async throws -> Result {
        let (audit, now, name) = (company.sandbox.audit, company.time.now, policy.name)
        return try await company.billing.database.read { tx in
            let recoveries = try Recovery.all(tx)
            return Result(
                policy: name, recoveries: recoveries, share: RecoveryShare(recoveries),
                retries: try Recovery.retries(tx),
                recoveredWithinTenDays: try Recovery.recovered(withinDays: 10, tx),
                finalDeclines: try Recovery.finalDeclines(tx),
                retriesAfterFinal: audit.retriesAfterFinal, chargesOverLimit: audit.chargesOverLimit,
                doubleCharges: audit.doubles.count, isProven: try Prover.prove(ProofOptions(now: now), tx).ok,
                summary: summary)
        }
    }
}
