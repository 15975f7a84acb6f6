public import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinJobs
import DunlinLedger
public import DunlinSandbox

/// Customers who react to being told of a debt as the sandbox's profile says, and do nothing else: the same customer
/// reacts to the same debt alike whatever the policy, so that policies can be compared.
///
/// Who follows the link gives another card, which is one like all others (92 of 100 first charges of them succeed); who
/// has to authenticate and succeeds is taken to have given a card too, as the simulated company has no pages. Only those
/// react who are told, by the notices of the debt's policy.
public struct ProfileCustomers: Sendable {
    private struct Debt: Sendable {
        let subscriptionID: String
        let periodStart: String
        let waitsFor: String
        let policy: String?
        let declines: [(at: Instant, declineClass: DeclineClass)]
    }

    private let company: SimulatedCompany
    private let profile: StatisticalProfile
    private let seed: UInt64

    public init(_ company: SimulatedCompany, profile: StatisticalProfile, seed: UInt64) {
        self.company = company
        self.profile = profile
        self.seed = seed
    }

    /// Lets everybody act whose hour has come by the end of the day.
    ///
    /// - Throws: `SimulationError` when the sandbox refuses a card; `DatabaseError`.
    public func live(through day: Instant) async throws {
        let debts = try await company.billing.database.read { tx in try Self.open(tx) }
        for debt in debts {
            guard let told = told(debt), var reaction = reaction(to: debt) else { continue }
            // It lives by days: who acts at noon has acted by midnight.
            let acts = told.adding(milliseconds: reaction.afterMilliseconds)
            guard acts <= day, acts > day.adding(days: -1) else { continue }
            try await NewCard(company).bring(
                to: debt.subscriptionID, isDebit: Int.random(in: 0..<7, using: &reaction.generator) >= 5)
        }
    }

    // MARK: - Who was told

    private static func open(_ tx: Transaction) throws -> [Debt] {
        let rows: [(Int64, String, String, String, String?)] = try tx.rows(
            """
            SELECT id, subscription_id, period_start, waits_for, dunning_policy FROM invoices
            WHERE state = 'open' AND first_failed_at IS NOT NULL
                AND waits_for IN ('retrying', 'needs_method', 'needs_customer') ORDER BY id
            """
        ) { (try $0.get(0), try $0.get(1), try $0.get(2), try $0.get(3), try $0.get(4)) }
        return try rows.map { id, subscription, period, waits, policy in
            let declines: [(Instant, DeclineClass)] = try tx.rows(
                """
                SELECT ended_at, COALESCE(decline_class, 'needs_auth') AS decline_class FROM attempts
                WHERE invoice_id = ?1 AND state IN ('declined', 'needs_customer') ORDER BY number
                """, id
            ) { (try $0.get(0), try $0.get(1)) }
            return Debt(
                subscriptionID: subscription, periodStart: period, waitsFor: waits, policy: policy,
                declines: declines.map { ($0.0, $0.1) })
        }
    }

    /// When the customer heard of the debt first; nil for not yet.
    private func told(_ debt: Debt) -> Instant? {
        let policy = company.billing.rules.policies.policy(named: debt.policy)
        var ofClass: [DeclineClass: Int] = [:]
        for (index, decline) in debt.declines.enumerated() {
            ofClass[decline.declineClass, default: 0] += 1
            let isLast = index == debt.declines.count - 1
            let waits = isLast && debt.waitsFor != "retrying"
            let step: DunningPolicy.NextStep = waits ? .askMethod : .tryAgain(at: decline.at)
            let history = DunningPolicy.History(tries: index + 1, triesOfClass: ofClass[decline.declineClass])
            if !policy.notices(after: step, decline.declineClass, history).isEmpty { return decline.at }
        }
        return nil
    }

    // MARK: - What they do

    private struct Reaction {
        var afterMilliseconds: Int64
        var generator: SeededGenerator
    }

    private func reaction(to debt: Debt) -> Reaction? {
        let name = "\(debt.subscriptionID) \(debt.periodStart)".utf8.reduce(seed) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
        var generator = SeededGenerator(seed: name)
        func happens(_ chance: UInt64) -> Bool { UInt64.random(in: 0..<1_000_000, using: &generator) < chance }
        guard happens(profile.linkClick) else { return nil }
        let day: Int64 = 86_400_000
        let wait =
            happens(profile.linkClickFirstDay)
            ? Int64.random(in: 0..<day, using: &generator) : Int64.random(in: day..<7 * day, using: &generator)
        if debt.waitsFor == "needs_customer", !happens(profile.challengePass) { return nil }
        return Reaction(afterMilliseconds: wait, generator: generator)
    }
}
