public import DunlinCore

/// What somebody wants backfilled.
public struct BackfillOrder: Hashable, Sendable {
    public var range: BackfillRange
    public var policy: BackfillPolicy
    /// How the periods were settled, where they are only recorded.
    public var reason: String?
    /// Only these subscriptions; all of them when empty.
    public var subscriptionIDs: [String] = []
    /// Only subscriptions of this plan.
    public var plan: String?

    public init(
        range: BackfillRange, policy: BackfillPolicy = .all, reason: String? = nil, subscriptionIDs: [String] = [],
        plan: String? = nil
    ) {
        self.range = range
        self.policy = policy
        self.reason = reason
        self.subscriptionIDs = subscriptionIDs
        self.plan = plan
    }
}

/// Why a backfill is not planned, or its plan not applied. Nothing was changed, except where it says so.
public enum BackfillError: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownSubscription(String)
    case unknownPlan(String)
    case appliedBefore
    case otherProcess
    /// A gateway of the plan cannot be charged at now.
    case gateway(String, why: String)
    /// The machine's clock and a gateway's differ.
    case clock(String, why: String)
    /// Lines that no longer hold.
    case changed([ChangedLine])

    public var description: String {
        switch self {
        case .unknownSubscription(let id): "there is no subscription \(id)"
        case .unknownPlan(let name): "no subscription has the plan \(name)"
        case .appliedBefore: "this plan was applied before: make a new one for what is left"
        case .otherProcess: "another process is applying this plan: let it end, or apply the plan again after it"
        case .gateway(let name, let why): "\(name): \(why): nothing more was applied"
        case .clock(let name, let why): "\(name): \(why): nothing more was applied"
        case .changed(let lines):
            lines.count.counted("line of the plan no longer holds", "lines of the plan no longer hold")
        }
    }
}

/// A line of a plan that no longer holds.
public struct ChangedLine: Hashable, Sendable {
    /// Counted from 1, without those that the plan leaves out.
    public let line: Int
    public let entry: BackfillEntry
    /// What is different now.
    public let reason: String
}
