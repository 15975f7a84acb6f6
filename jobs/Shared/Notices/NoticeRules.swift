public import DunlinCore

/// Who is told what, and how often.
public struct NoticeRules: Sendable {
    public var policy = NoticePolicy()
    /// A customer who was asked for money is not asked again within this time, unless it is more urgent.
    public var quietSeconds: Int64 = 20 * 3600
    /// The owner's application is told of each paid invoice and of each change of a subscription's state.
    public var tellsApplication = true
    /// A customer hears so many days before the last day on which the card is valid.
    public var expiringDays = 21

    public init() {}
}
