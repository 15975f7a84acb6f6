import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Plans one subscription in the caller's transaction. A row that cannot be billed is parked with the reason, and the
/// batch goes on (P10).
struct PlanSubscription {
    let billing: Billing
    let gateways: Set<String>
    let now: Instant
    /// Up to where a backfill records what came due, and bills nothing; nil in a pass.
    var recordsThrough: Instant?

    /// - Parameter isChanged: true when the owner changed the row, its customer or a payment method.
    /// - Returns: nil when its gateway did not answer in this pass, so that nothing was planned.
    @discardableResult
    func plan(_ id: String, isChanged: Bool, _ tx: Transaction) throws -> BillDueSubscriptions.Summary? {
        guard let row = try PlanningRows.find(id, tx) else { return BillDueSubscriptions.Summary() }
        return try plan(row, isChanged: isChanged, tx)
    }

    /// The same for a row that was read in this transaction.
    func plan(_ context: PlanningRow, isChanged: Bool, _ tx: Transaction) throws -> BillDueSubscriptions.Summary? {
        if let gateway = context.gateway, isConfigured(gateway), !gateways.contains(gateway) { return nil }
        do {
            return try tx.part {
                // A row that nothing else is right with can still be canceled.
                if context.isCanceled { return try cancel(context, tx) }
                return try apply(try judge.terms(of: context, now: now, tx), context, isChanged: isChanged, tx)
            }
        } catch let problem as SubscriptionTerms.Problem {
            return try park(context, problem.description, tx)
        } catch let error as DatabaseError where error.isRefusedRow {
            return try park(context, "the plan was refused by the database: \(error.message)", tx)
        }
    }

    var judge: PlanningJudge {
        PlanningJudge { [gateways = billing.gateways] in gateways[$0]?.driver.currencies }
    }

    private func isConfigured(_ gateway: String) -> Bool {
        billing.gateways[gateway] != nil || billing.keyless[gateway] != nil
    }

    // MARK: - Carrying the plan out

    private func apply(
        _ terms: SubscriptionTerms, _ context: PlanningRow, isChanged: Bool, _ tx: Transaction
    ) throws -> BillDueSubscriptions.Summary {
        let isPaused = context.isPaused
        let plan = try context.plan(
            terms, memory: context.state.flatMap(BillingPlanner.Memory.init), rules: billing.rules.catchUp, now: now,
            recordsThrough: recordsThrough, missed: { currency in try missed(currency, context, tx) }, tx)
        var summary = BillDueSubscriptions.Summary()
        for record in plan.records {
            let isMissed = summary.invoiced < plan.missedInvoices
            try write(record, isMissed: isMissed, terms, context, &summary, tx)
        }
        let actual = isPaused ? BillingState.State.paused : context.isNotBilled ? .unpaid : plan.actualState
        try save(plan, context, state: actual, tx)
        if isChanged || context.state?.state == .paused || isPaused {
            try OpenInvoices(billing: billing, now: now).reconsider(
                context.subscription, isPaused: isPaused, tx)
        }
        return summary
    }

    /// What this run has billed for missed periods: its invoices carry its time.
    private func missed(
        _ currency: Currency, _ context: PlanningRow, _ tx: Transaction
    ) throws -> MissedAmounts {
        (
            try Invoices.missedMinor(
                since: now, customerID: context.subscription.customerID, currency: currency, tx),
            try Invoices.missedMinor(since: now, currency: currency, tx)
        )
    }

    private func write(
        _ record: BillingPlanner.Record, isMissed: Bool, _ terms: SubscriptionTerms, _ context: PlanningRow,
        _ summary: inout BillDueSubscriptions.Summary, _ tx: Transaction
    ) throws {
        switch record {
        case .decision(let decision): try note(decision, context, &summary, tx)
        case .invoice(let period):
            summary.due += 1
            try OpenInvoice(billing: billing, now: now).open(
                period, terms, row: context, isFirst: summary.invoiced == 0, isMissed: isMissed, tx)
            summary.invoiced += 1
        }
    }

    private func note(
        _ decision: BillingPlanner.Decision, _ context: PlanningRow, _ summary: inout BillDueSubscriptions.Summary,
        _ tx: Transaction
    ) throws {
        try Decisions.insert(
            decision, subscriptionID: context.subscription.id, actor: Activity.dunlin, now: now, tx)
        if decision.kind == .waiting { summary.waiting += decision.periods }
        if decision.reason != "before_first_sight" { summary.due += decision.periods }
    }

    private func cancel(_ context: PlanningRow, _ tx: Transaction) throws -> BillDueSubscriptions.Summary {
        let terms = try? SubscriptionTerms(SubscriptionTerms.Columns(context.subscription))
        let today = (terms?.schedule.zone ?? .utc).local(of: now).date
        let plan = BillingPlanner.canceled(
            terms, memory: context.state.flatMap(BillingPlanner.Memory.init), today: today, now: now)
        var summary = BillDueSubscriptions.Summary()
        for case .decision(let decision) in plan.records {
            try note(decision, context, &summary, tx)
        }
        try save(plan, context, state: .canceled, tx)
        for invoice in try Invoices.unended(ofSubscription: context.subscription.id, tx) {
            try EndingDebts.end(invoice, as: .void, reason: "the subscription was canceled", now: now, tx)
        }
        return summary
    }

    private func park(
        _ context: PlanningRow, _ reason: String, _ tx: Transaction
    ) throws -> BillDueSubscriptions.Summary {
        let old = context.state
        let isNew = old?.parkedReason != reason
        let state = BillingState(
            subscriptionID: context.subscription.id, state: .parked, parkedReason: reason, hold: old?.hold,
            holdReason: old?.holdReason, firstSeenOn: old?.firstSeenOn ?? Zone.utc.local(of: now).date.description,
            firstSeenAt: old?.firstSeenAt ?? now, nextPeriodStart: nil, billedThrough: old?.billedThrough,
            nextBoundaryAt: nil, scheduleHash: old?.scheduleHash ?? "", plannedAt: now, pausedOn: old?.pausedOn,
            pauseShifts: old?.pauseShifts ?? false, shiftedAnchor: old?.shiftedAnchor)
        try BillingStates.save(state, timeZoneData: Zone.dataVersion, tx)
        guard isNew else { return BillDueSubscriptions.Summary() }
        try Activity.add("parked", subscriptionID: context.subscription.id, reason: reason, now: now, tx)
        var summary = BillDueSubscriptions.Summary()
        summary.parked = 1
        return summary
    }

    private func save(
        _ plan: BillingPlanner.Plan, _ context: PlanningRow, state: BillingState.State, _ tx: Transaction
    ) throws {
        let old = context.state
        try BillingStates.save(
            BillingState(
                subscriptionID: context.subscription.id, state: state, parkedReason: nil, hold: old?.hold,
                holdReason: old?.holdReason, firstSeenOn: plan.memory.firstSeenOn.description,
                firstSeenAt: old?.firstSeenAt ?? now, nextPeriodStart: plan.memory.nextPeriodStart?.description,
                billedThrough: plan.memory.billedThrough?.description, nextBoundaryAt: plan.nextBoundaryAt,
                scheduleHash: plan.memory.scheduleHash, plannedAt: now,
                pausedOn: plan.memory.pause?.since.description, pauseShifts: plan.memory.pause?.shifts ?? false,
                shiftedAnchor: plan.memory.shiftedAnchor?.description), timeZoneData: Zone.dataVersion, tx)
        // A subscription that was active when it was read has no failed invoice, and planning makes none.
        if state == .active, let old, old.state != .active {
            try BillingStates.refreshStanding(context.subscription.id, tx)
        }
    }
}

extension BillingPlanner.Plan {
    fileprivate var actualState: BillingState.State {
        if isTrialing { return .trialing }
        return hasEnded ? .ended : .active
    }
}
