public import DunlinCalendar

/// An event as a gateway told it: only what says which object to read again (money.md 26). The object itself, with all
/// that may be in it, is never kept.
public struct GatewayEvent: Hashable, Sendable {
    public var id: String
    /// Such as `payment_intent.succeeded`.
    public var type: String
    /// What the event is about, such as `payment_intent`, with its id; nil where the event does not say.
    public var objectType: String?
    public var objectID: String?
    /// The PaymentIntent that the object belongs to, where it says one.
    public var intentID: String?
    public var customerID: String?
    /// The debt that the object names: what an event is matched by that overtakes the answer to our own request.
    public var metadata: IntentMetadata
    /// nil where the gateway does not say.
    public var isLive: Bool?
    /// Set for an event of a connected account.
    public var account: String?
    public var apiVersion: String?
    /// The gateway's clock.
    public var createdAt: Instant?

    public init(
        id: String, type: String, objectType: String? = nil, objectID: String? = nil, intentID: String? = nil,
        customerID: String? = nil, metadata: IntentMetadata = IntentMetadata(), isLive: Bool? = nil,
        account: String? = nil, apiVersion: String? = nil, createdAt: Instant? = nil
    ) {
        self.id = id
        self.type = type
        self.objectType = objectType
        self.objectID = objectID
        self.intentID = intentID
        self.customerID = customerID
        self.metadata = metadata
        self.isLive = isLive
        self.account = account
        self.apiVersion = apiVersion
        self.createdAt = createdAt
    }
}

/// What is read again because of an event. Two events with the same subject need one read.
public enum EventSubject: Hashable, Sendable {
    case intent(String)
    case refund(String)
    /// All refunds of an intent: the event names only the charge.
    case refundsOfIntent(String)
    case dispute(String)
    case setupIntent(String)
    case paymentMethod(String)
    case customer(String)
    case mandate(String)
    /// Nothing, for this reason: the event is kept and ignored.
    case nothing(String)

    /// What an event asks for, by its type: the types of stripe.md 5.5 and wooshpay.md 3.3.
    public init(_ event: GatewayEvent) {
        let type = event.type
        if type == "setup_intent.created" {
            self = .nothing("noted: nothing was saved yet")
        } else if type == "charge.refunded" {
            self = event.intentID.map { .refundsOfIntent($0) } ?? .nothing("a charge without a PaymentIntent")
        } else if let make = Self.maker(of: type) {
            self = event.objectID.map(make) ?? .nothing("it does not name its object")
        } else {
            self = .nothing("not a type that billing needs")
        }
    }

    private static func maker(of type: String) -> ((String) -> EventSubject)? {
        if type.hasPrefix("payment_intent.") { return EventSubject.intent }
        if type.hasPrefix("charge.refund.") || type.hasPrefix("refund.") { return EventSubject.refund }
        if type.hasPrefix("charge.dispute.") { return EventSubject.dispute }
        if type.hasPrefix("setup_intent.") { return EventSubject.setupIntent }
        if type.hasPrefix("payment_method.") { return EventSubject.paymentMethod }
        if type == "customer.deleted" { return EventSubject.customer }
        if type == "mandate.updated" { return EventSubject.mandate }
        return nil
    }

    /// As stored: a word and the id; nil for `nothing`.
    public var key: String? {
        switch self {
        case .intent(let id): "intent/\(id)"
        case .refund(let id): "refund/\(id)"
        case .refundsOfIntent(let id): "refunds-of-intent/\(id)"
        case .dispute(let id): "dispute/\(id)"
        case .setupIntent(let id): "setup-intent/\(id)"
        case .paymentMethod(let id): "payment-method/\(id)"
        case .customer(let id): "customer/\(id)"
        case .mandate(let id): "mandate/\(id)"
        case .nothing: nil
        }
    }

    /// Reads what `key` wrote.
    public init?(key: String) {
        guard let slash = key.firstIndex(of: "/") else { return nil }
        let id = String(key[key.index(after: slash)...])
        switch key[..<slash] {
        case "intent": self = .intent(id)
        case "refund": self = .refund(id)
        case "refunds-of-intent": self = .refundsOfIntent(id)
        case "dispute": self = .dispute(id)
        case "setup-intent": self = .setupIntent(id)
        case "payment-method": self = .paymentMethod(id)
        case "customer": self = .customer(id)
        case "mandate": self = .mandate(id)
        default: return nil
        }
    }
}
