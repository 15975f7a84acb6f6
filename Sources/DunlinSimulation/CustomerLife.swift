public import DunlinCalendar
import DunlinDatabase
import DunlinJobs
import DunlinLedger

/// What customers do when a debt of theirs waits: some bring another card, some cancel, some do nothing.
///
/// Plays the owner's application: it writes the owner's rows only. What somebody does follows from the seed, the
/// customer and the debt, so that the order in which debts are looked at does not matter.
public struct CustomerLife: Sendable {
    /// What a customer decides about one debt, and how many days after its first failed try.
    enum Reaction: Hashable, Sendable {
        case newCard(afterDays: Int)
        case cancel(afterDays: Int)
        case nothing
    }

    private struct Debt: Sendable {
        let invoiceID: Int64
        let subscriptionID: String
        let waitsFor: String
        let failedAt: Instant
    }

    private let company: SimulatedCompany
    private let seed: UInt64

    public init(_ company: SimulatedCompany, seed: UInt64) {
        self.company = company
        self.seed = seed
    }

    /// Lets everybody act whose day it is.
    ///
    /// - Throws: `SimulationError` when the sandbox refuses a card; `DatabaseError`.
    public func live(through day: Instant) async throws {
        let debts = try await company.billing.database.read { tx in try Self.waiting(tx) }
        var seen: Set<String> = []
        for debt in debts where seen.insert(debt.subscriptionID).inserted {
            switch reaction(to: debt) {
            case .newCard(let days) where debt.failedAt.adding(days: Int64(days)) <= day:
                try await NewCard(company).bring(to: debt.subscriptionID)
            case .cancel(let days) where debt.failedAt.adding(days: Int64(days)) <= day:
                try await cancel(debt)
            case .newCard, .cancel, .nothing: break
            }
        }
    }

    // MARK: - Deciding

    /// The oldest debt of each subscription comes first.
    private static func waiting(_ tx: Transaction) throws -> [Debt] {
        try tx.rows(
            """
            SELECT i.id AS id, i.subscription_id AS subscription_id, COALESCE(i.waits_for, i.state) AS waits_for,
                COALESCE(i.first_failed_at, i.due_at) AS failed_at
            FROM invoices i JOIN subscriptions s ON s.id = i.subscription_id
            WHERE s.status = 'active'
                AND (i.state = 'uncollectible' OR (i.state = 'open' AND i.waits_for IN ('needs_method', 'needs_customer')))
            ORDER BY i.subscription_id, failed_at, i.id
            """
        ) { row in
            Debt(
                invoiceID: try row.get("id"), subscriptionID: try row.get("subscription_id"),
                waitsFor: try row.get("waits_for"), failedAt: try row.get("failed_at"))
        }
    }

    private func reaction(to debt: Debt) -> Reaction {
        var generator = SeededGenerator(seed: seed &+ UInt64(bitPattern: debt.invoiceID) &* 0x9E37_79B9_7F4A_7C15)
        return Self.reaction(waitsFor: debt.waitsFor, using: &generator)
    }

    /// Most who give another card do so within two weeks (billing.md 5); who has to authenticate and has no page to do
    /// so on, and who was given up on, cancels or stays away.
    static func reaction(waitsFor: String, using generator: inout some RandomNumberGenerator) -> Reaction {
        let draw = Int.random(in: 0..<100, using: &generator)
        let days = Int.random(in: 1...14, using: &generator)
        switch waitsFor {
        case "needs_method":
            return draw < 65 ? .newCard(afterDays: days) : draw < 85 ? .cancel(afterDays: 2 * days) : .nothing
        case "needs_customer": return draw < 55 ? .cancel(afterDays: 3 * days) : .nothing
        default:
            return draw < 40 ? .newCard(afterDays: 20 + days) : draw < 80 ? .cancel(afterDays: 20 + days) : .nothing
        }
    }

    // MARK: - Acting

    private func cancel(_ debt: Debt) async throws {
        try await company.billing.database.write(step: "owner") { tx in
            guard var subscription = try Subscriptions.find(debt.subscriptionID, tx) else { return }
            subscription.status = .canceled
            _ = try Subscriptions.upsert(subscription, tx)
        }
    }
}
