public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

extension PlanningRow {
    /// Canceled is final, also when the owner's row says otherwise later.
    public var isCanceled: Bool {
        subscription.status == .canceled || state?.hold == .cancel || state?.state == .canceled
    }

    /// By the owner's wish or by a hold, the stricter of the two.
    public var isPaused: Bool { subscription.status == .paused || state?.hold == .pause }

    /// What comes due of it by now: the plan of a pass, and of every forecast of one.
    ///
    /// - Parameters:
    ///   - memory: what the pass before left; by default what is stored.
    ///   - missed: what this run has billed for missed periods; asked only where a ceiling is set.
    public func plan(
        _ terms: SubscriptionTerms, memory: BillingPlanner.Memory?, rules: CatchUpRules, now: Instant,
        missed: (Currency) throws -> MissedAmounts, _ tx: Transaction
    ) throws -> BillingPlanner.Plan {
        let carriesOverFrom = memory == nil ? try carriedOver(tx) : nil
        var catchUp = rules.catchUp(plan: subscription.plan)
        func plan() -> BillingPlanner.Plan {
            BillingPlanner.plan(
                terms, memory: memory, firstSeenOn: state.map { terms.schedule.zone.local(of: $0.firstSeenAt).date },
                carriesOverFrom: carriesOverFrom, isPaused: isPaused, catchUp: catchUp, now: now)
        }
        let unlimited = plan()
        let currency = terms.unitAmount.currency
        guard unlimited.missedInvoices > 0, rules.hasCeiling(currency) else { return unlimited }
        let amounts = try missed(currency)
        catchUp.roomMinor = rules.roomMinor(
            currency, customerMinor: amounts.customerMinor, runMinor: amounts.runMinor)
        return plan()
    }

    /// Up to where the subscription that this one replaces was billed.
    private func carriedOver(_ tx: Transaction) throws -> LocalDate? {
        guard let replaced = subscription.replaces else { return nil }
        return try BillingStates.find(replaced, tx)?.billedThrough.flatMap { LocalDate($0) }
    }
}
