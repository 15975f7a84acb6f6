public import DunlinCalendar
public import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Works out what a backfill would do, a page of subscriptions at a time: each page is settled in a transaction that
/// is taken back.
public struct PlanBackfill: Sendable {
    static let pageSize = 100

    let billing: Billing
    let order: BackfillOrder

    public init(billing: Billing, order: BackfillOrder) {
        self.billing = billing
        self.order = order
    }

    /// - Throws: a `BackfillError` where the order names what is not there.
    public func check() async throws {
        let order = order
        try await billing.database.read { tx in
            for id in order.subscriptionIDs where try Subscriptions.find(id, tx) == nil {
                throw BackfillError.unknownSubscription(id)
            }
            if let plan = order.plan, try !BackfillRows.hasPlan(plan, tx) { throw BackfillError.unknownPlan(plan) }
        }
    }

    /// The next page's lines, in the order of their subscriptions.
    ///
    /// - Parameter after: what the page before gave; nil for the first one.
    /// - Returns: `last` is nil when there are no more pages.
    public func page(after: String?, now: Instant) async throws -> (entries: [BackfillEntry], last: String?) {
        let found = try await billing.database.rehearse(step: "plan-backfill") { tx -> Page in
            try page(after: after, now: now, tx)
        }
        return (found.entries, found.last)
    }

    private struct Page: Sendable {
        var entries: [BackfillEntry] = []
        var last: String?
    }

    private func page(after: String?, now: Instant, _ tx: Transaction) throws -> Page {
        var page = Page()
        let ids = try ids(after: after ?? "", tx)
        page.last = ids.last
        let periods = BackfillPeriods(billing: billing, order: order, now: now)
        for id in ids {
            guard let row = try PlanningRows.find(id, tx), order.plan == nil || row.subscription.plan == order.plan
            else { continue }
            page.entries += try entries(try periods.recorded(row, tx), periods, tx)
        }
        return page
    }

    private func ids(after: String, _ tx: Transaction) throws -> [String] {
        guard order.subscriptionIDs.isEmpty else {
            return Array(Set(order.subscriptionIDs).sorted().filter { $0 > after }.prefix(Self.pageSize))
        }
        return try BackfillRows.subscriptions(after: after, plan: order.plan, limit: Self.pageSize, tx)
    }

    private func entries(
        _ row: PlanningRow, _ periods: BackfillPeriods, _ tx: Transaction
    ) throws -> [BackfillEntry] {
        let (candidates, skipped) = try periods.find(row, tx)
        let obstacle = order.policy == .recordOnly ? nil : try periods.obstacle(row, tx)
        var entries: [BackfillEntry] = []
        for (index, candidate) in candidates.enumerated() {
            var reason = obstacle
            if order.policy == .latest, index < candidates.count - 1 {
                reason = reason ?? "older than the newest in the range: it goes on waiting"
            }
            var entry = periods.entry(
                row, .skip, candidate.start, candidate.end, periods: candidate.periods, reason: reason)
            if reason == nil { try settle(candidate, row, periods, &entry, tx) }
            entries.append(entry)
        }
        return (entries + skipped).sorted { ($0.periodStart, $0.periodEnd) < ($1.periodStart, $1.periodEnd) }
    }

    private func settle(
        _ candidate: BackfillPeriods.Candidate, _ row: PlanningRow, _ periods: BackfillPeriods,
        _ entry: inout BackfillEntry, _ tx: Transaction
    ) throws {
        do {
            let invoice = try tx.part {
                // Read again: what the periods before took out is no part of the run any more.
                let fresh = try periods.find(row, tx).candidates.first { $0.start == candidate.start } ?? candidate
                return try periods.settle(fresh, row, actor: Activity.dunlin, tx)
            }
            entry.action = order.policy == .recordOnly ? .record : .charge
            entry.reason = order.policy == .recordOnly ? order.reason : nil
            entry.set(invoice?.amount ?? BackfillPeriods.price(row, periods: candidate.periods))
        } catch let problem as SubscriptionTerms.Problem {
            entry.reason = problem.description
        } catch let error as DatabaseError where error.isRefusedRow {
            entry.reason = "refused by the database: \(error.message)"
        }
    }
}
