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
    ///   - recordsThrough: nothing is billed, and what came due later is left alone; nil in a pass.
    ///   - invoiced: how many invoices the caller foresees that are not stored.
    ///   - missed: what this run has billed for missed periods; asked only where a ceiling is set.
    public func plan(
        _ terms: SubscriptionTerms, memory: BillingPlanner.Memory?, rules: CatchUpRules, now: Instant,
        recordsThrough: Instant? = nil, invoiced: Int = 0, missed: (Currency) throws -> MissedAmounts, _ tx: Transaction
    ) throws -> BillingPlanner.Plan {
        let carriesOverFrom = memory == nil ? try carriedOver(tx) : nil
        var catchUp = rules.catchUp(plan: subscription.plan)
        catchUp.recordsThrough = recordsThrough
        catchUp.pastDueRoom = try pastDueRoom(rules.pastDue, invoiced: invoiced, tx)
        func plan() -> BillingPlanner.Plan {
            BillingPlanner.plan(
                terms, memory: memory, firstSeenOn: state.map { terms.schedule.zone.local(of: $0.firstSeenAt).date },
                carriesOverFrom: carriesOverFrom, isPaused: isPaused,
                pauseShifts: state?.hold == .pause ? state?.holdShifts : nil, catchUp: catchUp, now: now)
        }
        let unlimited = plan()
        let currency = terms.unitAmount.currency
        guard unlimited.missedInvoices > 0, rules.hasCeiling(currency) else { return unlimited }
        let amounts = try missed(currency)
        let extra = try extraMinor(currency, tx)
        catchUp.roomMinor = rules.roomMinor(
            currency, customerMinor: amounts.customerMinor, runMinor: amounts.runMinor
        ).map { $0 - min($0, extra) }
        return plan()
    }

    /// How many more invoices it gets while it is past due; nil when it is not.
    private func pastDueRoom(_ rule: PastDueRule, invoiced: Int, _ tx: Transaction) throws -> Int? {
        guard state?.state == .pastDue || state?.state == .unpaid else { return nil }
        let open = try Invoices.unended(ofSubscription: subscription.id, tx).filter { $0.state == .open }
        return rule.room(open: open.count + invoiced, hasFailed: open.contains { $0.firstFailedAt != nil })
    }

    /// What the invoices may take beside their price. Reductions are left out of account: where they make room under a
    /// ceiling, the period waits rather than being billed above it.
    private func extraMinor(_ currency: Currency, _ tx: Transaction) throws -> Int64 {
        var extras: [Int64] = []
        if hasAdjustments {
            extras = try Adjustments.open(subscriptionID: subscription.id, tx).map(\.amountMinor)
        }
        if hasCarriedAmounts {
            extras.append(try CarriedAmounts.open(subscription.id, currency: currency.code, tx))
        }
        return extras.filter { $0 > 0 }.reduce(0) { sum, extra in
            let (next, overflow) = sum.addingReportingOverflow(extra)
            return overflow ? Int64.max : next
        }
    }

    /// Up to where the subscription that this one replaces was billed.
    private func carriedOver(_ tx: Transaction) throws -> LocalDate? {
        guard let replaced = subscription.replaces else { return nil }
        return try BillingStates.find(replaced, tx)?.billedThrough.flatMap { LocalDate($0) }
    }
}
