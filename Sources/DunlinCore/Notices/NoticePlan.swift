/// When a policy has the notices sent that belong to no single try.
public struct NoticePlan: Hashable, Sendable {
    /// The last notice goes out so long before the final action; nil for never.
    public var lastNoticeSeconds: Int64?
    /// So many days before the card expires; nil for never.
    public var methodExpiringDays: Int?
    public var tellsRecovered: Bool
    public var tellsCanceled: Bool

    public init(
        lastNoticeSeconds: Int64? = nil, methodExpiringDays: Int? = nil, tellsRecovered: Bool = false,
        tellsCanceled: Bool = false
    ) {
        self.lastNoticeSeconds = lastNoticeSeconds
        self.methodExpiringDays = methodExpiringDays
        self.tellsRecovered = tellsRecovered
        self.tellsCanceled = tellsCanceled
    }
}
