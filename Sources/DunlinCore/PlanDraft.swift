import DunlinCalendar

/// A plan in the making.
struct PlanDraft {
    private(set) var terms: SubscriptionTerms
    let now: Instant
    private var records: [BillingPlanner.Record] = []
    private var missedInvoices = 0
    private let firstSeenOn: LocalDate
    private var billedThrough: LocalDate?
    /// The next period without a record; nil when the schedule has none left.
    private var index: Int?
    private var pause: BillingPlanner.Pause?
    private var shiftedAnchor: LocalDateTime?
    /// A subscription that comes with an explicit start is billed for what is due at once, canceled at period end or
    /// not; otherwise a cancellation at period end, also of a trial, lets no further period start.
    private let startsNothing: Bool
    private let isFirstSight: Bool

    private var schedule: BillingSchedule { terms.schedule }

    init(
        terms: SubscriptionTerms, memory: BillingPlanner.Memory?, firstSeenOn: LocalDate?, carriesOverFrom: LocalDate?,
        now: Instant
    ) {
        self.terms = terms
        self.now = now
        self.firstSeenOn = memory?.firstSeenOn ?? firstSeenOn ?? terms.schedule.zone.local(of: now).date
        billedThrough = memory?.billedThrough
        pause = memory?.pause
        let isExplicitStart = memory == nil && terms.billFrom != .firstSight && terms.schedule.trialEnd == nil
        startsNothing = terms.cancelsAtPeriodEnd && !isExplicitStart
        isFirstSight = memory == nil
        let isUnchanged = memory?.scheduleHash == terms.scheduleHash
        if isUnchanged, let anchor = memory?.shiftedAnchor { move(to: anchor) }
        if isUnchanged, let start = memory?.nextPeriodStart {
            index = schedule.index(startingOn: start)
        } else if let billedThrough {
            takeOver(at: billedThrough)
        } else if let carriesOverFrom {
            billedThrough = carriesOverFrom
            takeOver(at: carriesOverFrom)
        } else {
            start()
        }
    }

    /// First sight: what lies before the first billed period is one skipped run.
    private mutating func start() {
        index = firstIndex()
        guard let index, index > 0, let from = schedule.boundary(0), let to = schedule.boundary(index) else { return }
        decide(.skipped, "before_first_sight", from.local.date, to.local.date, periods: index)
    }

    private func firstIndex() -> Int? {
        switch terms.billFrom {
        case .firstSight: schedule.firstIndex(onOrAfter: firstSeenOn)
        case .anchor: schedule.period(0) == nil ? nil : 0
        case .current: schedule.lastIndex(atOrBefore: now) ?? (schedule.period(0) == nil ? nil : 0)
        case .date(let date): schedule.firstIndex(onOrAfter: date)
        }
    }

    /// A changed schedule begins with its first boundary on or after what is billed; a stub waits for a decision.
    private mutating func takeOver(at date: LocalDate) {
        index = schedule.firstIndex(onOrAfter: date)
        guard let index, let start = schedule.boundary(index)?.local.date, start > date else { return }
        decide(.waiting, "stub_after_change", date, start, periods: 0)
    }

    // MARK: - Pauses

    /// Begins a pause, goes on with it, or ends it.
    ///
    /// - Parameter shifts: what one that begins now does when it ends.
    mutating func obey(isPaused: Bool, shifts: Bool) {
        let today = schedule.zone.local(of: now).date
        if isPaused {
            pause = pause ?? BillingPlanner.Pause(since: today, shifts: shifts && schedule.billOn == nil)
        } else if let ended = pause {
            pause = nil
            if ended.shifts { shift(byDays: today.days(since: ended.since)) }
        }
    }

    /// The next period, and with it all after it, begins so many days later; the days before it are noted as paused.
    private mutating func shift(byDays days: Int) {
        guard days > 0, let index, let start = schedule.boundary(index)?.local,
            let date = start.date.adding(days: days)
        else { return }
        guard move(to: LocalDateTime(date: date, time: start.time)) else { return }
        decide(.paused, "paused", start.date, date, periods: 0)
        self.index = schedule.period(0) == nil ? nil : 0
    }

    /// False where the schedule cannot be counted from there.
    @discardableResult
    private mutating func move(to anchor: LocalDateTime) -> Bool {
        guard let moved = try? terms.shifted(to: anchor) else { return false }
        terms = moved
        shiftedAnchor = anchor
        return true
    }

    // MARK: - What is due

    /// An invoice or a decision for every boundary that has come (P2).
    mutating func recordDue(_ catchUp: CatchUp) {
        if startsNothing { return leaveDue(reason: "canceled_before_it_was_billed") }
        // Nothing comes due before a pause ends that moves it.
        if pause?.shifts == true { return }
        guard let due = due(through: horizon(catchUp)) else { return }
        if let pause {
            recordPaused(due, pause)
        } else {
            record(due, DueFates(due, terms, catchUp, now: now))
        }
        index = schedule.period(due.upperBound + 1) == nil ? nil : due.upperBound + 1
    }

    /// What began in the pause is not billed; what came due before the pause was seen waits for a decision, since
    /// nobody knows whether the pause had begun by then.
    private mutating func recordPaused(_ due: ClosedRange<Int>, _ pause: BillingPlanner.Pause) {
        let first = due.first { index in
            schedule.boundary(index).map { $0.local.date >= pause.since } ?? false
        }
        let inside = first ?? due.upperBound + 1
        if inside > due.lowerBound {
            decideRun(.waiting, "paused_before_it_was_billed", from: due.lowerBound, through: inside - 1)
        }
        if inside <= due.upperBound { decideRun(.paused, "paused", from: inside, through: due.upperBound) }
    }

    /// What a pause or a cancellation leaves has no next pass that would record it: it is recorded up to now.
    private func horizon(_ catchUp: CatchUp) -> Instant {
        guard pause == nil, !terms.cancelsAtPeriodEnd, let through = catchUp.recordsThrough else { return now }
        return min(now, through)
    }

    private func due(through horizon: Instant) -> ClosedRange<Int>? {
        guard let first = index, let last = schedule.lastIndex(atOrBefore: horizon), last >= first else { return nil }
        return first...last
    }

    /// One record for each invoice and for each run of periods of the same fate.
    private mutating func record(_ due: ClosedRange<Int>, _ fates: DueFates) {
        missedInvoices = fates.missedInvoices
        var first = due.lowerBound
        while first <= due.upperBound {
            guard case .decided(let kind, let reason) = fates[first] else {
                if let period = schedule.period(first) {
                    records.append(.invoice(period))
                    billedThrough = period.end.local.date
                }
                first += 1
                continue
            }
            var last = first
            while last < due.upperBound, fates[last + 1] == fates[first] { last += 1 }
            decideRun(kind, reason, from: first, through: last)
            first = last + 1
        }
    }

    /// What came due and may not be billed by itself waits for a decision, or is noted as paused: nothing due is
    /// dropped (P2).
    mutating func leaveDue(reason: String) {
        guard !isFirstSight, let due = due(through: now) else { return }
        if let pause {
            recordPaused(due, pause)
        } else {
            decideRun(.waiting, reason, from: due.lowerBound, through: due.upperBound)
        }
        index = schedule.period(due.upperBound + 1) == nil ? nil : due.upperBound + 1
    }

    private mutating func decideRun(
        _ kind: BillingPlanner.DecisionKind, _ reason: String, from first: Int, through last: Int
    ) {
        guard let start = schedule.boundary(first)?.local.date, let end = schedule.boundary(last + 1)?.local.date else {
            return
        }
        decide(kind, reason, start, end, periods: last - first + 1)
    }

    private mutating func decide(
        _ kind: BillingPlanner.DecisionKind, _ reason: String, _ start: LocalDate, _ end: LocalDate, periods: Int
    ) {
        records.append(
            .decision(.init(kind: kind, reason: reason, start: start, end: end, periods: periods)))
        billedThrough = end
    }

    var plan: BillingPlanner.Plan {
        let next = terms.cancelsAtPeriodEnd ? nil : index.flatMap { schedule.period($0)?.start }
        let memory = BillingPlanner.Memory(
            firstSeenOn: firstSeenOn, nextPeriodStart: next?.local.date, billedThrough: billedThrough,
            scheduleHash: terms.scheduleHash, pause: pause, shiftedAnchor: shiftedAnchor)
        let isTrialing = schedule.trialEnd.map { now < schedule.zone.instant(of: $0).instant } ?? false
        return BillingPlanner.Plan(
            records: records, memory: memory, missedInvoices: missedInvoices,
            nextBoundaryAt: pause?.shifts == true ? nil : next?.instant, isTrialing: isTrialing, hasEnded: next == nil)
    }
}
