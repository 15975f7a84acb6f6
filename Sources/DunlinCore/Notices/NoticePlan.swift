/// When a policy has the notices sent that belong to no single try.
public struct NoticePlan: Hashable, Sendable {
    /// The last notice goes out so long before the final action; nil for never.
    public var lastNoticeSeconds: Int64?
    /// So many days before the card expires; nil for never.
    public var methodExpiringDays: Int?
    public var tellsRecovered: Bool
    public var tellsCanceled: Bool
    /// So many days after the first request the customer is asked again for what only the customer can do.
    public var actionReminderDays: [Int64]

    public init(
        lastNoticeSeconds: Int64? = nil, methodExpiringDays: Int? = nil, tellsRecovered: Bool = false,
        tellsCanceled: Bool = false, actionReminderDays: [Int64] = [3, 7]
    ) {
        self.actionReminderDays = actionReminderDays
        self.lastNoticeSeconds = lastNoticeSeconds
        self.methodExpiringDays = methodExpiringDays
        self.tellsRecovered = tellsRecovered
        self.tellsCanceled = tellsCanceled
    }
}
