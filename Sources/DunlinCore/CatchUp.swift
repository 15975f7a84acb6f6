public import DunlinCalendar

/// What becomes of the periods of one subscription that came due while nothing ran (money.md 17).
public struct CatchUp: Hashable, Sendable {
    public enum Policy: String, Hashable, Sendable, CaseIterable {
        /// Each is billed, the newest first, up to the ceilings; what they cut off waits.
        case all
        /// The newest is billed, older ones are skipped.
        case latest
        /// None is billed: they are skipped. Only a period that has come due in time is billed.
        case none
        /// The newest is billed, older ones wait for a decision.
        case ask
    }

    public var policy: Policy
    /// A period that came due longer ago than this was missed, also when it is the newest.
    public var missedAfterSeconds: Int64
    /// So many periods at once at most.
    public var periodsMax: Int
    /// What may still be billed for missed periods, in minor units; nil for no ceiling.
    public var roomMinor: Int64?
    /// How many more invoices a subscription gets that is past due; what exceeds them waits until it is not. nil for one
    /// that is not past due.
    public var pastDueRoom: Int?
    /// What came due up to this instant is recorded and none of it billed, for somebody who decides about it at once;
    /// what came due later is left to the next pass. nil in a pass.
    public var recordsThrough: Instant?

    public init(
        policy: Policy = .ask, missedAfterSeconds: Int64 = 48 * 3600, periodsMax: Int = 12, roomMinor: Int64? = nil,
        pastDueRoom: Int? = nil, recordsThrough: Instant? = nil
    ) {
        self.policy = policy
        self.missedAfterSeconds = missedAfterSeconds
        self.periodsMax = periodsMax
        self.roomMinor = roomMinor
        self.pastDueRoom = pastDueRoom
        self.recordsThrough = recordsThrough
    }
}

/// The catch-up policies of the settings: one for all plans, others by plan, and the ceilings of a run.
public struct CatchUpRules: Hashable, Sendable {
    public var policy = CatchUp.Policy.ask
    /// By the name of the plan.
    public var plans: [String: CatchUp.Policy] = [:]
    public var missedAfterSeconds = CatchUp().missedAfterSeconds
    public var periodsMax = CatchUp().periodsMax
    /// What a subscription gets while it is past due.
    public var pastDue = PastDueRule()
    /// The most that one customer is billed for missed periods in one run, in minor units; none by default.
    public var customerMax: [Currency: Int64] = [:]
    /// The most that one run bills for missed periods, in minor units; none by default.
    public var runMax: [Currency: Int64] = [:]

    public init() {}

    /// What holds for a subscription of this plan, as long as no ceiling of the run is reached.
    public func catchUp(plan: String) -> CatchUp {
        CatchUp(policy: plans[plan] ?? policy, missedAfterSeconds: missedAfterSeconds, periodsMax: periodsMax)
    }

    public func hasCeiling(_ currency: Currency) -> Bool { customerMax[currency] != nil || runMax[currency] != nil }

    /// What is left below the ceilings, in minor units; nil without one.
    ///
    /// - Parameters:
    ///   - customerMinor: what the customer was billed for missed periods in this run.
    ///   - runMinor: what everybody was.
    public func roomMinor(_ currency: Currency, customerMinor: Int64, runMinor: Int64) -> Int64? {
        let rooms = [
            customerMax[currency].map { $0.subtractingClamped(customerMinor) },
            runMax[currency].map { $0.subtractingClamped(runMinor) },
        ]
        return rooms.compactMap { $0 }.min()
    }
}

extension Int64 {
    /// The difference, 0 where it would be negative.
    fileprivate func subtractingClamped(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? 0 : Swift.max(0, difference)
    }
}
