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
                return try apply(try judge(context, tx), context, isChanged: isChanged, tx)
            }
        } catch let problem as SubscriptionTerms.Problem {
            return try park(context, problem.description, tx)
        } catch let error as DatabaseError where error.isRefusedRow {
            return try park(context, "the plan was refused by the database: \(error.message)", tx)
        }
    }

    private func isConfigured(_ gateway: String) -> Bool {
        billing.gateways[gateway] != nil || billing.keyless[gateway] != nil
    }

    // MARK: - Judging the row

    func judge(_ context: PlanningRow, _ tx: Transaction) throws -> SubscriptionTerms {
        if let problem = context.sourceProblem { throw SubscriptionTerms.Problem(problem) }
        let terms = try SubscriptionTerms(columns(of: context.subscription))
        guard let name = context.gateway else {
            throw SubscriptionTerms.Problem("customer \(context.subscription.customerID) does not exist")
        }
        guard let gateway = billing.gateways[name] else {
            throw SubscriptionTerms.Problem("the settings have no gateway \(name)")
        }
        guard gateway.driver.currencies.row(terms.unitAmount.currency) != nil else {
            throw SubscriptionTerms.Problem("gateway \(name) does not take \(terms.unitAmount.currency)")
        }
        try judgeMethod(context)
        if context.state?.isPlanned != true { try judgeFirstSight(context, tx) }
        return terms
    }

    private func judgeMethod(_ context: PlanningRow) throws {
        guard let id = context.subscription.paymentMethodID else { return }
        guard let method = context.method else {
            throw SubscriptionTerms.Problem("payment method \(id) does not exist")
        }
        if method.customerID != context.subscription.customerID {
            throw SubscriptionTerms.Problem("payment method \(id) belongs to another customer")
        }
        if method.type != "card" {
            throw SubscriptionTerms.Problem("payment method \(id) is of type \(method.type), only cards are charged")
        }
    }

    /// A second subscription for the same thing, seen later, may be a mistake of the import (money.md 16).
    private func judgeFirstSight(_ context: PlanningRow, _ tx: Transaction) throws {
        let subscription = context.subscription
        if let replaced = subscription.replaces {
            guard let old = try Subscriptions.find(replaced, tx) else {
                throw SubscriptionTerms.Problem("replaces \(replaced), which does not exist")
            }
            if old.status != .canceled {
                throw SubscriptionTerms.Problem("replaces \(replaced), which is not canceled")
            }
            if let other = try BillingStates.replacer(of: replaced, otherThan: subscription.id, tx) {
                throw SubscriptionTerms.Problem("replaces \(replaced), which \(other) replaces already")
            }
        } else if !subscription.parallel,
            let twin = try BillingStates.twin(
                of: subscription, seenBefore: context.state?.firstSeenAt ?? now, tx)
        {
            throw SubscriptionTerms.Problem(
                "looks like a second import of \(twin): set replaces to \(twin), or parallel to 1")
        }
    }

    func columns(of row: Subscription) -> SubscriptionTerms.Columns {
        SubscriptionTerms.Columns(
            amountMinor: row.amountMinor, currency: row.currency, quantity: row.quantity, interval: row.interval,
            intervalCount: row.intervalCount, anchor: row.anchor, timeZone: row.timeZone, trialEnd: row.trialEnd,
            billOn: row.billOn, endsAt: row.endsAt, cancelAtPeriodEnd: row.cancelAtPeriodEnd,
            status: row.status.rawValue, billFrom: row.billFrom)
    }

    // MARK: - Carrying the plan out

    private func apply(
        _ terms: SubscriptionTerms, _ context: PlanningRow, isChanged: Bool, _ tx: Transaction
    ) throws -> BillDueSubscriptions.Summary {
        let isPaused = terms.wish == .paused || context.state?.hold == .pause
        let memory = context.state.flatMap(Self.memory)
        let plan = BillingPlanner.plan(
            terms, memory: memory,
            firstSeenOn: context.state.map { terms.schedule.zone.local(of: $0.firstSeenAt).date },
            carriesOverFrom: try carriedOver(context, tx), isPaused: isPaused, now: now)
        var summary = BillDueSubscriptions.Summary()
        for record in plan.records {
            try write(record, terms, context, &summary, tx)
        }
        try save(plan, context, state: isPaused ? .paused : plan.actualState, tx)
        if isChanged || context.state?.state == .paused || isPaused {
            try OpenInvoices(billing: billing, now: now).reconsider(
                context.subscription, isPaused: isPaused, tx)
        }
        return summary
    }

    private func carriedOver(_ context: PlanningRow, _ tx: Transaction) throws -> LocalDate? {
        guard context.state?.isPlanned != true, let replaced = context.subscription.replaces else { return nil }
        return try BillingStates.find(replaced, tx)?.billedThrough.flatMap { LocalDate($0) }
    }

    private func write(
        _ record: BillingPlanner.Record, _ terms: SubscriptionTerms, _ context: PlanningRow,
        _ summary: inout BillDueSubscriptions.Summary, _ tx: Transaction
    ) throws {
        switch record {
        case .decision(let decision): try note(decision, context, &summary, tx)
        case .invoice(let period):
            summary.due += 1
            try OpenInvoice(billing: billing, now: now).open(
                period, terms, row: context, isFirst: summary.invoiced == 0, tx)
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
        let terms = try? SubscriptionTerms(columns(of: context.subscription))
        let today = (terms?.schedule.zone ?? .utc).local(of: now).date
        let plan = BillingPlanner.canceled(
            terms, memory: context.state.flatMap(Self.memory), today: today, now: now)
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
            nextBoundaryAt: nil, scheduleHash: old?.scheduleHash ?? "", plannedAt: now)
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
                scheduleHash: plan.memory.scheduleHash, plannedAt: now), timeZoneData: Zone.dataVersion, tx)
        // A subscription that was active when it was read has no failed invoice, and planning makes none.
        if state == .active, let old, old.state != .active {
            try BillingStates.refreshStanding(context.subscription.id, tx)
        }
    }

    private static func memory(of state: BillingState) -> BillingPlanner.Memory? {
        guard let firstSeenOn = LocalDate(state.firstSeenOn), state.isPlanned else { return nil }
        return BillingPlanner.Memory(
            firstSeenOn: firstSeenOn, nextPeriodStart: state.nextPeriodStart.flatMap { LocalDate($0) },
            billedThrough: state.billedThrough.flatMap { LocalDate($0) }, scheduleHash: state.scheduleHash)
    }
}

extension BillingPlanner.Plan {
    fileprivate var actualState: BillingState.State {
        if isTrialing { return .trialing }
        return hasEnded ? .ended : .active
    }
}

extension PlanningRow {
    /// Canceled is final, also when the owner's row says otherwise later.
    fileprivate var isCanceled: Bool {
        subscription.status == .canceled || state?.hold == .cancel || state?.state == .canceled
    }
}
