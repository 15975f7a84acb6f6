/// Where a debt of the dunning list stands.
public enum DunningStatus: String, Hashable, Sendable, CaseIterable {
    /// Due, and the first attempt is to come.
    case scheduled
    case retrying
    case needsCustomer = "needs_customer"
    case needsMethod = "needs_method"
    case processing, unknown
    case onHold = "on_hold"
    /// The debt ends as soon as the gateway has canceled what is open there.
    case closing
    case uncollectible

    /// What happens next, as the column `next_action` says it.
    var nextAction: DunningAction {
        switch self {
        case .scheduled, .retrying: .charge
        case .needsCustomer, .needsMethod: .waitCustomer
        case .processing, .unknown: .settle
        case .onHold: .decide
        case .closing: .final
        case .uncollectible: .none
        }
    }

    /// Why the debt is where it is, for debts that no attempt explains.
    var plainReason: String {
        switch self {
        case .scheduled: "Due; the first attempt is to come."
        case .retrying: "Declined; another attempt is planned."
        case .needsCustomer: "The bank wants the customer to confirm the payment."
        case .needsMethod: "The customer must give another card."
        case .processing: "The bank is still working on the payment."
        case .unknown: "The gateway has not said what became of the attempt; nothing is sent until it does."
        case .onHold: "Held until a person decides."
        case .closing: "The debt is being ended; the gateway has still to confirm it."
        case .uncollectible: "Given up after the last attempt."
        }
    }
}

/// The words of the column `next_action`.
public enum DunningAction: String, Hashable, Sendable, CaseIterable {
    case charge
    /// Ask the gateway what became of the attempt.
    case settle
    case waitCustomer = "wait_customer"
    /// A person must decide.
    case decide
    /// The debt is being ended.
    case final
    case none
}
