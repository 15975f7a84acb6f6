/// A row of `adjustments`: an amount that the next invoice of a subscription takes along; may be negative.
public struct Adjustment: Hashable, Sendable, Identifiable {
    public var id: String
    public var subscriptionID: String
    /// In minor units of `currency`; never 0.
    public var amountMinor: Int64
    public var currency: String
    public var reason: String
    /// Local start date of the one period it is for; nil: the next one.
    public var applyToPeriod: String?

    public init(
        id: String, subscriptionID: String, amountMinor: Int64, currency: String, reason: String,
        applyToPeriod: String? = nil
    ) {
        self.id = id
        self.subscriptionID = subscriptionID
        self.amountMinor = amountMinor
        self.currency = currency
        self.reason = reason
        self.applyToPeriod = applyToPeriod
    }
}
