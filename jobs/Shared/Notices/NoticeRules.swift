/// How often and whom notices tell; what they tell of is in the dunning policies.
public struct NoticeRules: Sendable {
    /// A customer who was asked for money is not asked again within this time, unless it is more urgent.
    public var quietSeconds: Int64 = 20 * 3600
    /// The owner's application is told of each paid invoice and of each change of a subscription's state.
    public var tellsApplication = true

    public init() {}
}
