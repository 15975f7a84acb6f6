public import DunlinCalendar

/// Works out what became due of one subscription: which period is billed, what is decided about the others, and when
/// the next boundary is. Pure; money.md 15 to 17 are its rules.
public enum BillingPlanner {
    /// What is remembered of a subscription between passes.
    public struct Memory: Hashable, Sendable {
        /// The local day on which it was first seen.
        public var firstSeenOn: LocalDate
        /// Where the next period starts; nil when none will come.
        public var nextPeriodStart: LocalDate?
        /// Up to where every period has a record.
        public var billedThrough: LocalDate?
        public var scheduleHash: String

        public init(
            firstSeenOn: LocalDate, nextPeriodStart: LocalDate?, billedThrough: LocalDate?, scheduleHash: String
        ) {
            self.firstSeenOn = firstSeenOn
            self.nextPeriodStart = nextPeriodStart
            self.billedThrough = billedThrough
            self.scheduleHash = scheduleHash
        }
    }

    public enum DecisionKind: String, Hashable, Sendable {
        case waiting, skipped, paused
        case settledElsewhere = "settled_elsewhere"
    }

    /// One record of what came due.
    public enum Record: Hashable, Sendable {
        case invoice(BillingPeriod)
        case decision(Decision)
    }

    /// Why a run of consecutive periods is not billed by itself.
    public struct Decision: Hashable, Sendable {
        public var kind: DecisionKind
        public var reason: String
        public var start: LocalDate
        public var end: LocalDate
        public var periods: Int
    }

    public struct Plan: Hashable, Sendable {
        public var records: [Record]
        public var memory: Memory
        /// The instant of the next boundary; nil when none will come.
        public var nextBoundaryAt: Instant?
        /// True while the first paid period has not begun because a trial is running.
        public var isTrialing: Bool
        public var hasEnded: Bool
    }

    /// - Parameters:
    ///   - memory: nil at first sight.
    ///   - firstSeenOn: the local day on which it was first seen, if that was before it is planned for the first time.
    ///   - carriesOverFrom: `billed_through` of the subscription that this one replaces.
    ///   - isPaused: by the owner's wish or by a hold.
    public static func plan(
        _ terms: SubscriptionTerms, memory: Memory?, firstSeenOn: LocalDate? = nil, carriesOverFrom: LocalDate? = nil,
        isPaused: Bool, now: Instant
    ) -> Plan {
        var draft = Draft(
            terms: terms, memory: memory, firstSeenOn: firstSeenOn, carriesOverFrom: carriesOverFrom, now: now)
        draft.recordDue(isPaused: isPaused)
        return draft.plan
    }

    /// What a canceled subscription is left with: nothing more comes due, and what came due before the cancellation was
    /// seen waits for a decision.
    ///
    /// - Parameter terms: nil when the row cannot be read any more.
    public static func canceled(_ terms: SubscriptionTerms?, memory: Memory?, today: LocalDate, now: Instant) -> Plan {
        let empty = Memory(firstSeenOn: today, nextPeriodStart: nil, billedThrough: nil, scheduleHash: "")
        guard let terms, let memory, memory.nextPeriodStart != nil else {
            var left = memory ?? empty
            left.nextPeriodStart = nil
            return Plan(records: [], memory: left, nextBoundaryAt: nil, isTrialing: false, hasEnded: true)
        }
        var draft = Draft(terms: terms, memory: memory, firstSeenOn: nil, carriesOverFrom: nil, now: now)
        draft.leaveDue(reason: "canceled_before_it_was_billed")
        var plan = draft.plan
        plan.memory.nextPeriodStart = nil
        plan.nextBoundaryAt = nil
        plan.isTrialing = false
        plan.hasEnded = true
        return plan
    }
}

/// A plan in the making.
private struct Draft {
    let terms: SubscriptionTerms
    let now: Instant
    var records: [BillingPlanner.Record] = []
    var firstSeenOn: LocalDate
    var billedThrough: LocalDate?
    /// The next period without a record; nil when the schedule has none left.
    var index: Int?
    /// A subscription that comes with an explicit start is billed for what is due at once, canceled at period end or
    /// not; otherwise a cancellation at period end, also of a trial, lets no further period start.
    let startsNothing: Bool
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
        let isExplicitStart = memory == nil && terms.billFrom != .firstSight && terms.schedule.trialEnd == nil
        startsNothing = terms.cancelsAtPeriodEnd && !isExplicitStart
        isFirstSight = memory == nil
        if let memory, memory.scheduleHash == terms.scheduleHash, let start = memory.nextPeriodStart {
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

    /// The newest due period is billed, older ones wait (money.md 17); a period of no length is skipped.
    mutating func recordDue(isPaused: Bool) {
        if startsNothing { return leaveDue(reason: "canceled_before_it_was_billed") }
        guard let first = index, let last = schedule.lastIndex(atOrBefore: now), last >= first else { return }
        if isPaused {
            decideRun(.paused, "paused", from: first, through: last)
        } else if let newest = newestBillable(from: first, through: last) {
            if newest > first { decideRun(.waiting, "missed", from: first, through: newest - 1) }
            if let period = schedule.period(newest) {
                records.append(.invoice(period))
                billedThrough = period.end.local.date
            }
            if newest < last { decideRun(.skipped, "zero_length", from: newest + 1, through: last) }
        } else {
            decideRun(.skipped, "zero_length", from: first, through: last)
        }
        index = schedule.period(last + 1) == nil ? nil : last + 1
    }

    /// What came due and may not be billed by itself waits for a decision: nothing due is dropped (P2).
    mutating func leaveDue(reason: String) {
        guard !isFirstSight, let first = index, let last = schedule.lastIndex(atOrBefore: now), last >= first else {
            return
        }
        decideRun(.waiting, reason, from: first, through: last)
        index = schedule.period(last + 1) == nil ? nil : last + 1
    }

    private func newestBillable(from first: Int, through last: Int) -> Int? {
        var candidate = last
        while candidate >= first, schedule.period(candidate)?.isZeroLength != false { candidate -= 1 }
        return candidate >= first ? candidate : nil
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
            scheduleHash: terms.scheduleHash)
        let isTrialing = schedule.trialEnd.map { now < schedule.zone.instant(of: $0).instant } ?? false
        return BillingPlanner.Plan(
            records: records, memory: memory, nextBoundaryAt: next?.instant, isTrialing: isTrialing,
            hasEnded: next == nil)
    }
}
