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
        /// nil while it is not paused.
        public var pause: Pause?
        /// Where pauses moved the schedule of `scheduleHash` to; nil where none did.
        public var shiftedAnchor: LocalDateTime?

        public init(
            firstSeenOn: LocalDate, nextPeriodStart: LocalDate?, billedThrough: LocalDate?, scheduleHash: String,
            pause: Pause? = nil, shiftedAnchor: LocalDateTime? = nil
        ) {
            self.firstSeenOn = firstSeenOn
            self.nextPeriodStart = nextPeriodStart
            self.billedThrough = billedThrough
            self.scheduleHash = scheduleHash
            self.pause = pause
            self.shiftedAnchor = shiftedAnchor
        }
    }

    /// A pause that goes on. What the row said when it began holds until it ends.
    public struct Pause: Hashable, Sendable {
        /// The local day on which it was seen.
        public var since: LocalDate
        /// The periods after it move by its length; else those inside it are left out.
        public var shifts: Bool

        public init(since: LocalDate, shifts: Bool) {
            self.since = since
            self.shifts = shifts
        }
    }

    public enum DecisionKind: String, Hashable, Sendable {
        case waiting, skipped, paused
        case settledElsewhere = "settled_elsewhere"

        /// The kind with its reason, for people; once where they are the same.
        public func words(_ reason: String) -> String {
            let kind = rawValue.replacing("_", with: " ")
            return reason == rawValue ? kind : "\(kind): \(reason)"
        }
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

        public init(kind: DecisionKind, reason: String, start: LocalDate, end: LocalDate, periods: Int) {
            self.kind = kind
            self.reason = reason
            self.start = start
            self.end = end
            self.periods = periods
        }
    }

    public struct Plan: Hashable, Sendable {
        public var records: [Record]
        public var memory: Memory
        /// How many of the invoices, the oldest ones, are for periods that were missed.
        public var missedInvoices: Int
        /// The instant of the next boundary; nil when none will come, or not before a pause ends.
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
    ///   - pauseShifts: whether a pause that begins now moves what follows; nil for what the row says.
    ///   - catchUp: what becomes of periods that were missed.
    public static func plan(
        _ terms: SubscriptionTerms, memory: Memory?, firstSeenOn: LocalDate? = nil, carriesOverFrom: LocalDate? = nil,
        isPaused: Bool, pauseShifts: Bool? = nil, catchUp: CatchUp = CatchUp(), now: Instant
    ) -> Plan {
        var draft = PlanDraft(
            terms: terms, memory: memory, firstSeenOn: firstSeenOn, carriesOverFrom: carriesOverFrom, now: now)
        draft.obey(isPaused: isPaused, shifts: pauseShifts ?? terms.shiftsOnResume)
        draft.recordDue(catchUp)
        return draft.plan
    }

    /// What becomes of a period that waited for a debt which is settled now.
    public enum HeldFate: Hashable, Sendable {
        /// - Parameter isMissed: it counts as one that was missed.
        case invoice(isMissed: Bool)
        case decision(DecisionKind, String)
    }

    /// Held periods are caught up as missed ones are, by the same policy.
    ///
    /// - Parameter starts: of the periods, oldest first.
    public static func fates(
        ofHeld starts: [Instant], _ terms: SubscriptionTerms, _ catchUp: CatchUp, now: Instant
    ) -> [HeldFate] {
        let fates = DueFates(ofHeld: starts, terms, catchUp, now: now)
        return starts.enumerated().map { index, start in
            switch fates[index] {
            case .decided(let kind, let reason): .decision(kind, reason)
            case .billed:
                .invoice(
                    isMissed: index < starts.count - 1
                        || now.milliseconds(since: start) > catchUp.missedAfterSeconds * 1000)
            }
        }
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
            left.pause = nil
            return Plan(
                records: [], memory: left, missedInvoices: 0, nextBoundaryAt: nil, isTrialing: false, hasEnded: true)
        }
        var draft = PlanDraft(terms: terms, memory: memory, firstSeenOn: nil, carriesOverFrom: nil, now: now)
        draft.leaveDue(reason: "canceled_before_it_was_billed")
        var plan = draft.plan
        plan.memory.nextPeriodStart = nil
        plan.memory.pause = nil
        plan.nextBoundaryAt = nil
        plan.isTrialing = false
        plan.hasEnded = true
        return plan
    }
}
