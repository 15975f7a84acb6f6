public import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Plans what came due: for each subscription an invoice or a decision for every boundary, and the next boundary.
///
/// New and changed subscriptions come first, then those with a boundary at or before now, a page per transaction.
/// Run by every pass, under the clock guard; only for gateways whose clock was read in this pass.
public struct BillDueSubscriptions: Sendable {
    public static let kind = "bill-due-subscriptions"
    static let pageSize = 500

    let billing: Billing
    /// Gateways that answered in this pass; subscriptions at others are left for a later one.
    let gateways: Set<String>

    public init(billing: Billing, gateways: Set<String>) {
        self.billing = billing
        self.gateways = gateways
    }

    /// What a pass planned.
    public struct Summary: Hashable, Sendable {
        public var due = 0
        public var invoiced = 0
        public var waiting = 0
        public var parked = 0

        public init() {}

        mutating func add(_ other: Summary) {
            due += other.due
            invoiced += other.invoiced
            waiting += other.waiting
            parked += other.parked
        }
    }

    public func run(now: Instant) async throws -> Summary {
        var summary = try await planParked(now: now)
        summary.add(try await planChanged(now: now))
        summary.add(try await takeUpHeld(now: now))
        var last: (at: Instant, id: String)?
        repeat {
            let after = last
            let page = try await billing.database.write(step: "plan") { tx in
                let page = try planDue(after: after, now: now, tx)
                if page.last == nil { try notePlanned(through: now, tx) }
                return page
            }
            summary.add(page.summary)
            last = page.last
        } while last != nil
        return summary
    }

    /// A pass may be cut off before this: then what came due is left to the next one, and nobody has said otherwise.
    private func notePlanned(through now: Instant, _ tx: Transaction) throws {
        guard !billing.rules.isTimeTravel else { return }
        for gateway in gateways { try GatewayStates.notePlanned(gateway, through: now, tx) }
    }

    private func planChanged(now: Instant) async throws -> Summary {
        var summary = Summary()
        guard let newest = try await billing.database.read({ tx in try ChangedRows.newest(tx) }) else { return summary }
        var isDone = false
        while !isDone {
            let page = try await billing.database.write(step: "plan-changed") { tx in
                try planChangedPage(through: newest, now: now, tx)
            }
            summary.add(page ?? Summary())
            isDone = page == nil
        }
        return summary
    }

    /// Plans one page of the dirty list; nil when nothing of it up to `newest` is left.
    func planChangedPage(through newest: Int64, now: Instant, _ tx: Transaction) throws -> Summary? {
        let changes = try ChangedRows.take(limit: Self.pageSize, tx).filter { $0.id <= newest }
        guard let last = changes.last else { return nil }
        var summary = Summary()
        var planned: Set<String> = []
        for change in changes {
            for id in try subscriptions(touchedBy: change, tx) where planned.insert(id).inserted {
                let planning = PlanSubscription(billing: billing, gateways: gateways, now: now)
                if let result = try planning.plan(id, isChanged: true, tx) {
                    summary.add(result)
                } else {
                    try ChangedRows.add(.subscription, id, tx)
                }
            }
        }
        try ChangedRows.clear(through: last.id, tx)
        return summary
    }

    private func subscriptions(touchedBy change: ChangedRow, _ tx: Transaction) throws -> [String] {
        switch change.kind {
        case .subscription: return [change.rowID]
        case .customer: return try Subscriptions.ids(ofCustomer: change.rowID, tx)
        case .paymentMethod:
            guard let method = try PaymentMethods.find(change.rowID, tx) else { return [] }
            return try Subscriptions.ids(ofCustomer: method.customerID, tx)
        case .adjustment: return try Adjustments.find(change.rowID, tx).map { [$0.subscriptionID] } ?? []
        }
    }

    /// Periods that waited for a debt which is settled now.
    private func takeUpHeld(now: Instant) async throws -> Summary {
        var summary = Summary()
        var last = ""
        while true {
            let after = last
            let ids = try await billing.database.read { tx in
                try Decisions.settledHolds(after: after, limit: Self.pageSize, tx)
            }
            guard let end = ids.last else { return summary }
            last = end
            summary.add(
                try await billing.database.write(step: "take-up-held") { tx in try takeUpHeld(ids, now: now, tx) })
        }
    }

    func takeUpHeld(_ ids: [String], now: Instant, _ tx: Transaction) throws -> Summary {
        let held = TakeUpHeld(billing: billing, gateways: gateways, now: now)
        return try ids.reduce(into: Summary()) { summary, id in summary.add(try held.takeUp(id, tx)) }
    }

    func planDue(
        after: (at: Instant, id: String)?, now: Instant, _ tx: Transaction
    ) throws -> (summary: Summary, last: (at: Instant, id: String)?) {
        let page = try PlanningRows.due(now: now, after: after, limit: Self.pageSize, tx)
        var summary = Summary()
        for row in page {
            let planning = PlanSubscription(billing: billing, gateways: gateways, now: now)
            if let result = try planning.plan(row, isChanged: false, tx) { summary.add(result) }
        }
        let last = page.last.flatMap { row in row.state?.nextBoundaryAt.map { (at: $0, id: row.subscription.id) } }
        return (summary, last)
    }

    /// Rows that could not be billed are looked at again: what was missing may be there now.
    private func planParked(now: Instant) async throws -> Summary {
        var summary = Summary()
        var last: String? = ""
        while let after = last {
            let page = try await billing.database.write(step: "plan-parked") { tx in
                try planParkedPage(after: after, now: now, tx)
            }
            summary.add(page.summary)
            last = page.last
        }
        return summary
    }

    func planParkedPage(
        after: String, now: Instant, _ tx: Transaction
    ) throws -> (summary: Summary, last: String?) {
        let planning = PlanSubscription(billing: billing, gateways: gateways, now: now)
        let ids = try BillingStates.parked(after: after, limit: Self.pageSize, tx)
        var summary = Summary()
        for id in ids { summary.add(try planning.plan(id, isChanged: true, tx) ?? Summary()) }
        return (summary, ids.last)
    }
}
