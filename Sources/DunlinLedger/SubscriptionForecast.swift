public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// What the passes of the coming days will invoice to one subscription, if nothing changes: the same judge, the same
/// planner and the same amounts as theirs, from boundary to boundary.
public struct SubscriptionForecast: Sendable {
    public struct Charge: Hashable, Sendable {
        public var period: BillingPeriod
        /// Never 0: what is fully covered by credit is not charged.
        public var amount: Money
        /// The period came due before the forecast begins.
        public var isMissed: Bool
    }

    /// In the order of their periods.
    public private(set) var charges: [Charge] = []
    /// Periods that will wait for a decision.
    public private(set) var waiting = 0
    /// Why it will be parked; nothing is charged then.
    public private(set) var parkedReason: String?

    /// No schedule has more boundaries in so many days.
    private static func boundariesMax(from now: Instant, until end: Instant) -> Int64 {
        max(0, end.milliseconds(since: now)) / 86_400_000 + 3
    }

    /// - Parameters:
    ///   - end: charges of boundaries before it.
    ///   - missed: what the forecast run has charged for missed periods so far.
    public init(
        of row: PlanningRow, judge: PlanningJudge, rules: CatchUpRules, from now: Instant, until end: Instant,
        missed: (Currency) throws -> MissedAmounts = { _ in (0, 0) }, _ tx: Transaction
    ) throws {
        guard !row.isCanceled else { return }
        do {
            let terms = try judge.terms(of: row, now: now, tx)
            try walk(row, terms, try judge.currencies(of: row), rules, from: now, until: end, missed, tx)
        } catch let problem as SubscriptionTerms.Problem {
            charges = []
            waiting = 0
            parkedReason = problem.description
        }
    }

    /// Plans from boundary to boundary, each time with the memory that the pass before will have left.
    private mutating func walk(
        _ row: PlanningRow, _ terms: SubscriptionTerms, _ currencies: GatewayCurrencies, _ rules: CatchUpRules,
        from now: Instant, until end: Instant, _ missed: (Currency) throws -> MissedAmounts, _ tx: Transaction
    ) throws {
        let currency = terms.unitAmount.currency
        var carried = try CarriedAmounts.open(row.subscription.id, currency: currency.code, tx)
        var adjustments = try Adjustments.open(subscriptionID: row.subscription.id, tx)
        var memory = row.state.flatMap(BillingPlanner.Memory.init)
        var moment = now
        for _ in 0..<Self.boundariesMax(from: now, until: end) {
            let plan = try row.plan(
                terms, memory: memory, rules: rules, now: moment, invoiced: charges.count, missed: missed, tx)
            var missedLeft = plan.missedInvoices
            for record in plan.records {
                switch record {
                case .decision(let decision): waiting += decision.kind == .waiting ? decision.periods : 0
                case .invoice(let period):
                    let taken = try Adjustments.taken(
                        adjustments, byPeriodFrom: period.start.local.date, currency: currency)
                    adjustments.removeAll { taken.contains($0) }
                    let amount = try InvoiceAmount(
                        unitAmount: terms.unitAmount, quantity: terms.quantity,
                        adjustmentsMinor: try Adjustments.sum(taken, carried: carried), currencies: currencies)
                    carried = amount.carriedOutMinor
                    if amount.amount.minorUnits > 0 {
                        charges.append(Charge(period: period, amount: amount.amount, isMissed: missedLeft > 0))
                    }
                    missedLeft -= 1
                }
            }
            guard let next = plan.nextBoundaryAt, next < end else { return }
            memory = plan.memory
            moment = max(next, moment)
        }
    }
}
