/// Where a debt stands, as far as it matters to whoever is told of it.
public enum DebtSituation: String, Hashable, Sendable, CaseIterable {
    /// Its first try is still to come.
    case scheduled
    case retrying
    case needsCustomer = "needs_customer"
    case needsMethod = "needs_method"
    /// An answer of the gateway is awaited.
    case settling
    /// It waits for a person, or its subscription is paused.
    case held
    case paid
    /// Uncollectible, or on the way there.
    case givenUp = "given_up"
    /// Void, or on the way there: it is not owed any more.
    case over

    /// In words that complete "the debt …".
    public var words: String {
        switch self {
        case .scheduled: "waits for its first try"
        case .retrying: "is tried again"
        case .needsCustomer: "waits for the customer to confirm"
        case .needsMethod: "waits for another card"
        case .settling: "waits for the gateway's answer"
        case .held: "is held"
        case .paid: "is paid"
        case .givenUp: "was given up"
        case .over: "is no longer owed"
        }
    }
}
