/// A moment at which one billing period of a subscription ends and the next one starts.
public struct Boundary: Hashable, Sendable {
    /// Why a boundary falls where it falls.
    public enum Rule: String, Hashable, Sendable, Codable {
        /// Counted from the anchor.
        case anchor
        /// Counted from the end of the trial, which is the new anchor.
        case trial
        /// Counted from where a pause moved the schedule to.
        case pause
        /// On the calendar day the subscription is billed on.
        case billOn = "bill_on"
        /// The month has no such day; its last day is taken.
        case clamp
        /// The wall time does not exist and moves forward by the gap.
        case gap
        /// The wall time comes twice; the first is taken.
        case overlap
        /// The zone left out the whole local day.
        case skipped
    }

    /// Counted from 0.
    public let index: Int
    /// The nominal wall time. In a gap it is a time that no wall ever showed; its date is the period's name.
    public let local: LocalDateTime
    /// When that is.
    public let instant: Instant
    /// What the boundary is counted from, then everything that moved it.
    public let rules: [Rule]
}

/// From a boundary (included) to the next one (excluded).
public struct BillingPeriod: Hashable, Sendable {
    /// The index of the boundary it starts at.
    public let index: Int
    public let start: Boundary
    public let end: Boundary

    init(start: Boundary, end: Boundary) {
        self.index = start.index
        self.start = start
        self.end = end
    }

    /// Whether the period has dates but no time, because its zone left out the day. Such a period is not billed.
    public var isZeroLength: Bool { start.instant >= end.instant }
}
