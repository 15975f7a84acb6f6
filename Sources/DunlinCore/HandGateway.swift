/// PaymentIntents in the hands of a person or of a customer in session: what the recovery of a debt and the command
/// line need beside `ChargingGateway`.
public protocol HandGateway: Sendable {
    /// Creates an intent by hand; with `confirms` it moves money.
    func create(
        _ request: HandIntentRequest, idempotencyKey: String, deadline: SendDeadline
    ) async -> GatewayReply<IntentSnapshot>
    /// Changes an intent that is not confirmed yet. Never its amount: a debt does not change.
    func update(
        _ intentID: String, _ change: IntentChange, idempotencyKey: String
    ) async -> GatewayReply<IntentSnapshot>
    /// Confirms with the customer in session (or not): may move money, or answer with what the customer has to do.
    func confirm(
        _ intentID: String, _ confirmation: IntentConfirmation, idempotencyKey: String, deadline: SendDeadline
    ) async -> GatewayReply<IntentSnapshot>
    func cancel(
        _ intentID: String, reason: CancelReason, idempotencyKey: String
    ) async -> GatewayReply<IntentSnapshot>
}

/// An intent outside the ledger. Never in live mode: nothing bypasses the ledger there.
public struct HandIntentRequest: Hashable, Sendable {
    public var amount: Money
    public var customerID: String?
    public var paymentMethodID: String?
    public var confirms: Bool
    /// Whether the customer is absent; nil leaves it out. Sent with a confirm only.
    public var isOffSession: Bool?
    /// Sent with a confirm only.
    public var returnURL: String?
    public var reference: String?
    public var description: String?
    public var metadata: MetadataChange

    public init(
        amount: Money, customerID: String? = nil, paymentMethodID: String? = nil, confirms: Bool = false,
        isOffSession: Bool? = nil, returnURL: String? = nil, reference: String? = nil, description: String? = nil,
        metadata: MetadataChange = MetadataChange()
    ) {
        self.amount = amount
        self.customerID = customerID
        self.paymentMethodID = paymentMethodID
        self.confirms = confirms
        self.isOffSession = isOffSession
        self.returnURL = returnURL
        self.reference = reference
        self.description = description
        self.metadata = metadata
    }
}

/// nil leaves a field as it is. Another method has to be confirmed again.
public struct IntentChange: Hashable, Sendable {
    public var paymentMethodID: String?
    public var description: String?
    public var metadata: MetadataChange

    public init(
        paymentMethodID: String? = nil, description: String? = nil, metadata: MetadataChange = MetadataChange()
    ) {
        self.paymentMethodID = paymentMethodID
        self.description = description
        self.metadata = metadata
    }
}

/// What an intent is confirmed with.
public struct IntentConfirmation: Hashable, Sendable {
    /// nil for the one that the intent has.
    public var paymentMethodID: String?
    /// Whether the customer is absent; nil leaves it out, which means present.
    public var isOffSession: Bool?
    /// Where the browser comes back to after a challenge.
    public var returnURL: String?

    public init(paymentMethodID: String? = nil, isOffSession: Bool? = nil, returnURL: String? = nil) {
        self.paymentMethodID = paymentMethodID
        self.isOffSession = isOffSession
        self.returnURL = returnURL
    }
}

/// Why an intent is canceled: Stripe's list, which WooshPay's free text takes too.
public enum CancelReason: String, Hashable, Sendable, CaseIterable {
    case duplicate, fraudulent, abandoned
    case requestedByCustomer = "requested_by_customer"
}

/// What a customer who is there can do: confirm in session, and save another card.
public typealias SessionGateway = HandGateway & SavingGateway
/// Everything that a driver does, for commands.
public typealias WholeGateway = PaymentGateway & SavingGateway & HandGateway
