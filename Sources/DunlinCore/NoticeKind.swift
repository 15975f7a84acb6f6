/// What a customer, or the owner's application, is told about a debt. None of them says why a bank refused a card in
/// words that the networks forbid.
public enum NoticeKind: String, Hashable, Sendable, CaseIterable {
    /// A try failed and another one follows by itself.
    case paymentFailed = "payment_failed"
    /// Nothing goes on without the customer: another card, or a confirmation at the bank.
    case actionNeeded = "action_needed"
    /// The card that is charged expires soon.
    case methodExpiring = "method_expiring"
    /// The final action is close.
    case lastNotice = "last_notice"
    /// A debt that had failed is paid.
    case recovered
    /// The final action ended the subscription.
    case canceled
}

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
