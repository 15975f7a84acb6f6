import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Finds the periods of one subscription that a backfill may settle, and settles them, in the caller's transaction.
///
/// A plan is what settling gives, taken back: so its amounts are those of the invoices.
struct BackfillPeriods {
    let billing: Billing
    let order: BackfillOrder
    let now: Instant

    /// Some periods of an open run, as the schedule cuts it.
    struct Candidate: Hashable, Sendable {
        var start: LocalDate
        var end: LocalDate
        var periods: Int
        var run: DecidedRun
        /// How many periods of the run lie before.
        var before: Int
        /// nil where the run is settled whole.
        var period: BillingPeriod?
    }

    // MARK: - What no pass has seen

    /// Records what came due up to the end of the range and was seen by no pass yet, so that it can be settled like
    /// everything else that waits. Nothing is billed by it, and what came due later is left to the next pass.
    ///
    /// - Returns: the row as it is then.
    func recorded(_ row: PlanningRow, _ tx: Transaction) throws -> PlanningRow {
        guard needsRecords(row) else { return row }
        let planning = PlanSubscription(
            billing: billing, gateways: Set(billing.gateways.keys), now: now, recordsThrough: rangeEnd(row))
        guard try planning.plan(row, isChanged: false, tx) != nil else { return row }
        return try PlanningRows.find(row.subscription.id, tx) ?? row
    }

    /// True for a subscription that a pass would plan now, for what lies in the range or before.
    func needsRecords(_ row: PlanningRow) -> Bool {
        guard let state = row.state, state.isPlanned else { return !row.isCanceled }
        if state.state == .parked { return true }
        if state.state != .canceled, let terms = terms(row), terms.scheduleHash != state.scheduleHash { return true }
        guard let next = state.nextBoundaryAt else { return false }
        return next <= min(now, rangeEnd(row))
    }

    /// The last instant of the range's last day in the subscription's zone.
    private func rangeEnd(_ row: PlanningRow) -> Instant {
        guard let dayAfter = order.range.to.adding(days: 1) else { return now }
        let midnight = LocalDateTime(date: dayAfter, time: .midnight)
        return row.subscription.zone.instant(of: midnight).instant.adding(milliseconds: -1)
    }

    private func terms(_ row: PlanningRow) -> SubscriptionTerms? {
        try? SubscriptionTerms(SubscriptionTerms.Columns(row.subscription))
    }

    // MARK: - Finding

    func find(
        _ row: PlanningRow, _ tx: Transaction
    ) throws -> (candidates: [Candidate], skipped: [BackfillEntry]) {
        let id = row.subscription.id
        let terms = terms(row)
        var skipped = try BackfillRows.invoices(of: id, from: order.range.from, through: order.range.to, tx).map {
            entry(row, .skip, $0.start, $0.end, periods: 1, reason: "invoiced already: \($0.state.rawValue)")
        }
        var found: [Candidate] = []
        for run in try Decisions.runs(of: id, from: order.range.from, through: order.range.to, tx) {
            guard run.isOpen else {
                skipped.append(
                    entry(
                        row, .skip, run.start, run.end, periods: run.periods, reason: run.kind.words(run.reason)))
                continue
            }
            let cut = cut(run, schedules(row, terms))
            found += cut.candidates
            if let reason = cut.refusal {
                skipped.append(entry(row, .skip, run.start, run.end, periods: run.periods, reason: reason))
            }
        }
        if let entry = unplanned(row) { skipped.append(entry) }
        return (found, skipped)
    }

    /// The periods of a run that start within the range, or why the run cannot be settled.
    private func cut(
        _ run: DecidedRun, _ schedules: [BillingSchedule]
    ) -> (candidates: [Candidate], refusal: String?) {
        let whole = Candidate(start: run.start, end: run.end, periods: run.periods, run: run, before: 0, period: nil)
        let isInside = order.range.contains(run.start) && run.end <= (order.range.to.adding(days: 1) ?? .max)
        if run.periods == 0 {
            guard order.policy == .recordOnly else {
                return (
                    [], "days that make no period have no price: an adjustment bills them, record-only settles them"
                )
            }
            return order.range.contains(run.start) ? ([whole], nil) : ([], nil)
        }
        let periods = schedules.lazy.compactMap {
            WaitingPeriods.split(from: run.start, to: run.end, count: run.periods, $0)
        }.first
        guard let periods else {
            if order.policy == .recordOnly, isInside { return ([whole], nil) }
            return ([], "the schedule was changed since: record-only settles the run as a whole")
        }
        let candidates = periods.enumerated().compactMap { index, period -> Candidate? in
            guard order.range.contains(period.start.local.date) else { return nil }
            return Candidate(
                start: period.start.local.date, end: period.end.local.date, periods: 1, run: run, before: index,
                period: period)
        }
        return (candidates, nil)
    }

    /// The schedule of the row, and the one that a pause moved it to.
    private func schedules(_ row: PlanningRow, _ terms: SubscriptionTerms?) -> [BillingSchedule] {
        guard let terms else { return [] }
        let shifted = row.state?.shiftedAnchor.flatMap { LocalDateTime($0) }.flatMap { try? terms.shifted(to: $0) }
        return [terms.schedule] + (shifted.map { [$0.schedule] } ?? [])
    }

    /// What came due and could not be planned has no record that could be settled.
    private func unplanned(_ row: PlanningRow) -> BackfillEntry? {
        guard row.state?.state != .parked, needsRecords(row) else { return nil }
        let variable = row.gateway.flatMap { billing.keyless[$0] }
        let why = variable.map { ": its gateway has no key: set \($0)" } ?? ""
        let start = row.state?.nextPeriodStart.flatMap { LocalDate($0) } ?? order.range.from
        return entry(
            row, .skip, max(start, order.range.from), order.range.to, periods: 0,
            reason: "no pass has planned it yet\(why)")
    }

    /// Why nothing of this subscription can be charged; nil when it can.
    func obstacle(_ row: PlanningRow, _ tx: Transaction) throws -> String? {
        if row.isCanceled { return "the subscription is canceled" }
        if row.isPaused { return "the subscription is paused" }
        if let reason = row.state?.parkedReason { return "parked: \(reason)" }
        do {
            _ = try judged(row, tx)
            return nil
        } catch let problem as SubscriptionTerms.Problem {
            return problem.description
        }
    }

    private func judged(_ row: PlanningRow, _ tx: Transaction) throws -> SubscriptionTerms {
        try PlanSubscription(billing: billing, gateways: [], now: now).judge.terms(of: row, now: now, tx)
    }

    // MARK: - Settling

    /// Settles a candidate: opens its invoice, or records it.
    ///
    /// - Returns: the id of the invoice and what it is for; nil where it is only recorded.
    /// - Throws: a `SubscriptionTerms.Problem` when it cannot be charged.
    func settle(
        _ candidate: Candidate, _ row: PlanningRow, actor: String, _ tx: Transaction
    ) throws -> Invoice? {
        try Decisions.takeOut(
            candidate.run, from: candidate.start, to: candidate.end, before: candidate.before,
            count: candidate.periods, tx)
        guard order.policy != .recordOnly, let period = candidate.period else {
            try record(candidate, row, actor: actor, tx)
            return nil
        }
        if period.isZeroLength { throw SubscriptionTerms.Problem("the period has no length") }
        let terms = try judged(row, tx)
        let id = try OpenInvoice(billing: billing, now: now).open(
            period, terms, row: row, isFirst: false, isMissed: false, asksFirst: true, tx)
        return try Invoices.get(id, tx)
    }

    private func record(_ candidate: Candidate, _ row: PlanningRow, actor: String, _ tx: Transaction) throws {
        let reason = order.reason ?? "settled elsewhere"
        try Decisions.addSettled(
            row.subscription.id, from: candidate.start, to: candidate.end, periods: candidate.periods, reason: reason,
            actor: actor, now: now, tx)
        try Activity.add(
            "settled_elsewhere", subscriptionID: row.subscription.id,
            reason: "\(candidate.start) to \(candidate.end): \(reason)", actor: actor, now: now, tx)
    }

    // MARK: - Lines

    func entry(
        _ row: PlanningRow, _ action: BackfillEntry.Action, _ start: LocalDate, _ end: LocalDate, periods: Int,
        amount: Money? = nil, reason: String? = nil
    ) -> BackfillEntry {
        BackfillEntry(
            action: action, subscriptionID: row.subscription.id, customerID: row.subscription.customerID,
            plan: row.subscription.plan, gateway: row.gateway, periodStart: start, periodEnd: end, periods: periods,
            amount: amount, reason: reason)
    }

    /// What the periods would cost without adjustments.
    static func price(_ row: PlanningRow, periods: Int) -> Money? {
        guard let currency = Currency(row.subscription.currency) else { return nil }
        return Money(minorUnits: row.subscription.amountMinor, currency: currency)
            .multiplied(by: row.subscription.quantity)?.multiplied(by: Int64(periods))
    }
}
