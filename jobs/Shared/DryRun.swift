public import DunlinCalendar
import DunlinCore
public import DunlinDatabase
public import DunlinLedger
import DunlinQueue

/// What a pass would invoice and charge, if it began now: planned in a transaction that is taken back. Nothing is
/// stored, nothing is sent, and no gateway is asked.
public struct DryRun: Sendable {
    public struct Charge: Sendable {
        public var invoice: Invoice
        public var subscription: Subscription
        /// The invoice is opened by this pass.
        public var isNew: Bool
        public var runAt: Instant
        public var outlook: ChargeOutlook
    }

    public struct Parked: Hashable, Sendable {
        public var subscriptionID: String
        public var reason: String
    }

    public struct Result: Sendable {
        public var planned = BillDueSubscriptions.Summary()
        /// In the order in which they become due.
        public var charges: [Charge] = []
        /// Periods by kind and reason of the decision that they get.
        public var decided: [String: Int] = [:]
        /// Parked now that were not before.
        public var parked: [Parked] = []
        /// Gateways that have work and no key, with where one is to come from: nothing was planned there.
        public var keyless: [String: String] = [:]
    }

    let billing: Billing
    /// Jobs that become due within this time are part of a pass.
    let waitSeconds: Int64
    /// As in `Pass.Options`.
    let plansDue: Bool
    /// What comes before a pass and is taken back with it: reading the owner's own tables.
    let before: (@Sendable (Transaction) throws -> Void)?

    public init(
        billing: Billing, waitSeconds: Int64, plansDue: Bool = true,
        before: (@Sendable (Transaction) throws -> Void)? = nil
    ) {
        self.billing = billing
        self.waitSeconds = waitSeconds
        self.plansDue = plansDue
        self.before = before
    }

    public func run() async throws -> Result {
        let now = billing.clock.now()
        return try await billing.database.rehearse(step: "dry-run") { tx -> Result in try look(now: now, tx) }
    }

    private func look(now: Instant, _ tx: Transaction) throws -> Result {
        var result = Result()
        try before?(tx)
        let due = try BillingStates.gatewaysDue(now: now, tx).union(
            try ChangedRows.count(tx) > 0 ? try Customers.gateways(tx) : [])
        for name in due { result.keyless[name] = billing.keyless[name] }
        let newest = try (Invoices.newestID(tx), Decisions.newestID(tx))
        let before = Set(try BillingStates.allParked(tx).map(\.id))
        let planning = BillDueSubscriptions(billing: billing, gateways: Set(billing.gateways.keys))
        if plansDue { result.planned = try planning.run(now: now, in: tx) }
        for decision in try Decisions.after(newest.1, tx) {
            result.decided[decision.kind.words(decision.reason), default: 0] += decision.periods
        }
        result.parked = try BillingStates.allParked(tx).filter { !before.contains($0.id) }.map {
            Parked(subscriptionID: $0.id, reason: $0.reason)
        }
        result.charges = try charges(now: now, newestBefore: newest.0, tx)
        return result
    }

    /// What has a job that becomes due, and late debts: those are charged once the gateway was asked about them.
    private func charges(now: Instant, newestBefore: Int64, _ tx: Transaction) throws -> [Charge] {
        let end = now.adding(seconds: waitSeconds)
        var found: [Charge] = []
        for gateway in billing.gateways.keys.sorted() {
            var afterID: Int64 = 0
            while true {
                let page = try JobQueue.list(
                    JobFilter(state: .ready, queue: gateway, kind: ChargeInvoice.kind), afterID: afterID, limit: 500, tx
                )
                guard let last = page.last else { break }
                afterID = last.id
                for job in page where job.runAt <= end {
                    guard let id = JobArguments(text: job.arguments)?.invoice, let invoice = try Invoices.find(id, tx)
                    else { continue }
                    if let charge = try charge(invoice, at: max(now, job.runAt), newestBefore, tx) {
                        found.append(charge)
                    }
                }
            }
            for invoice in try Invoices.toAskAbout(gateway: gateway, limit: .max, tx) {
                if let charge = try charge(invoice, at: now, newestBefore, tx) { found.append(charge) }
            }
        }
        return found.sorted {
            ($0.runAt, $0.invoice.dueAt, $0.invoice.id) < ($1.runAt, $1.invoice.dueAt, $1.invoice.id)
        }
    }

    private func charge(
        _ invoice: Invoice, at runAt: Instant, _ newestBefore: Int64, _ tx: Transaction
    ) throws -> Charge? {
        guard invoice.state == .open, let subscription = try Subscriptions.find(invoice.subscriptionID, tx) else {
            return nil
        }
        let outlook = try ChargeOutlook(
            of: subscription, gateway: invoice.gateway, at: runAt, on: subscription.localDate(of: runAt),
            sameAmountAs: invoice, after: Attempts.of(invoice.id, tx), budgets: billing.rules.cardBudgets, tx)
        return Charge(
            invoice: invoice, subscription: subscription, isNew: invoice.id > newestBefore, runAt: runAt,
            outlook: outlook)
    }
}

extension BillDueSubscriptions {
    /// The whole plan in the caller's transaction; `run(now:)` makes one per page.
    func run(now: Instant, in tx: Transaction) throws -> Summary {
        var summary = Summary()
        var parked: String? = ""
        while let after = parked {
            let page = try planParkedPage(after: after, now: now, tx)
            summary.add(page.summary)
            parked = page.last
        }
        if let newest = try ChangedRows.newest(tx) {
            while let page = try planChangedPage(through: newest, now: now, tx) { summary.add(page) }
        }
        var held = ""
        while true {
            let ids = try Decisions.settledHolds(after: held, limit: Self.pageSize, tx)
            guard let end = ids.last else { break }
            held = end
            summary.add(try takeUpHeld(ids, now: now, tx))
        }
        var last: (at: Instant, id: String)?
        repeat {
            let page = try planDue(after: last, now: now, tx)
            summary.add(page.summary)
            last = page.last
        } while last != nil
        return summary
    }
}
