public import DunlinCalendar

/// Which protocol a configured gateway speaks.
public enum GatewayKind: String, Hashable, Sendable, CaseIterable {
    case stripe, wooshpay
}

/// Test or live: the key decides it, and nothing may cross from one to the other.
public enum GatewayMode: String, Hashable, Sendable {
    case test, live
}

/// How a debt is collected (money.md 1).
public enum SendingMode: String, Hashable, Sendable, CaseIterable {
    /// Create unconfirmed, store the id, confirm it: whoever repeats a confirm cannot collect twice.
    case twoPhase = "two_phase"
    /// Create with `confirm=true`. Only where the gateway honours idempotency keys.
    case oneCall = "one_call"
}

/// What happens to the intent when a declined debt is tried again (money.md 5).
public enum RetryMode: String, Hashable, Sendable, CaseIterable {
    case sameIntent = "same_intent"
    case newIntent = "new_intent"
}

/// What a gateway can and cannot do: declared by its driver, decided on by the rules.
public struct GatewayCapabilities: Hashable, Sendable {
    public enum Listing: String, Hashable, Sendable {
        /// By creation time, with metadata in the answer: one listing serves many debts.
        case byCreation = "by_creation"
        /// Only by exact reference, one request each.
        case byReference = "by_reference"
        case none
    }

    /// A repeated POST with the same key repeats the stored answer.
    public var honoursIdempotencyKeys: Bool
    public var listing: Listing
    /// How long to wait after a first send before an intent that reads as not confirmed is confirmed again.
    public var confirmAgainAfterSeconds: Int64
    /// A dispute can be read by its id, and not only in an event about it.
    public var showsDisputes: Bool

    public init(
        honoursIdempotencyKeys: Bool, listing: Listing, confirmAgainAfterSeconds: Int64, showsDisputes: Bool = false
    ) {
        self.honoursIdempotencyKeys = honoursIdempotencyKeys
        self.listing = listing
        self.confirmAgainAfterSeconds = confirmAgainAfterSeconds
        self.showsDisputes = showsDisputes
    }
}

/// What an intent is created with. Frozen in the attempt before the first send; a resend repeats exactly this.
public struct IntentRequest: Hashable, Sendable {
    public var amount: Money
    public var customerID: String
    public var paymentMethodID: String
    public var metadata: IntentMetadata
    public var description: String?
    public var statementSuffix: String?

    public init(
        amount: Money, customerID: String, paymentMethodID: String, metadata: IntentMetadata,
        description: String? = nil,
        statementSuffix: String? = nil
    ) {
        self.amount = amount
        self.customerID = customerID
        self.paymentMethodID = paymentMethodID
        self.metadata = metadata
        self.description = description
        self.statementSuffix = statementSuffix
    }
}

/// Until when a request that may move money may still be started; asked right before its first byte (money.md 10).
public struct SendDeadline: Sendable {
    public let hasPassed: @Sendable () -> Bool

    public init(hasPassed: @escaping @Sendable () -> Bool) { self.hasPassed = hasPassed }

    /// For reads and for calls that move no money.
    public static let none = SendDeadline { false }
}

/// Which intents to look for: those of one customer, or all, created at or after an instant of the gateway's clock.
public struct IntentQuery: Hashable, Sendable {
    public var customerID: String?
    public var createdFrom: Instant

    public init(customerID: String?, createdFrom: Instant) {
        self.customerID = customerID
        self.createdFrom = createdFrom
    }
}

/// First contact: whose key it is, and what time it is there.
public struct GatewayIdentity: Hashable, Sendable {
    /// The account's own id; nil where the gateway does not tell it, or not to this key.
    public var account: String?
    public var date: Instant?

    public init(account: String?, date: Instant?) {
        self.account = account
        self.date = date
    }
}

/// Charging at one configured gateway. Calls never throw: what went wrong is part of the answer.
///
/// A call sends a POST once and never repeats it by itself; reads are repeated on faults, in bounds.
public protocol ChargingGateway: Sendable {
    /// The name in the settings, such as `stripe`.
    var name: String { get }
    var kind: GatewayKind { get }
    var mode: GatewayMode { get }
    /// SHA-256 of the key, in hex: recognises a changed key without storing it.
    var keyHash: String { get }
    var capabilities: GatewayCapabilities { get }
    /// The currencies that the gateway takes, with their scale, step and minimum.
    var currencies: GatewayCurrencies { get }
    /// Longest time that one request can take, connect included.
    var totalTimeoutSeconds: Int64 { get }

    /// Creates the intent without confirming it: moves no money.
    func create(_ request: IntentRequest, idempotencyKey: String, deadline: SendDeadline) async -> GatewayReply<
        IntentSnapshot
    >
    /// Confirms the intent off session: may move money.
    func confirm(
        _ intentID: String, request: IntentRequest, idempotencyKey: String, deadline: SendDeadline
    ) async -> GatewayReply<IntentSnapshot>
    /// Creates and confirms in one call (`one_call`): may move money.
    func createAndConfirm(
        _ request: IntentRequest, idempotencyKey: String, deadline: SendDeadline
    ) async -> GatewayReply<IntentSnapshot>
    func retrieve(_ intentID: String) async -> GatewayReply<IntentSnapshot>
    func cancel(_ intentID: String, idempotencyKey: String) async -> GatewayReply<IntentSnapshot>
    /// SHA-256 in hex of the body that `create` (or `createAndConfirm`) sends for this request.
    func bodyHash(of request: IntentRequest, sending: SendingMode) -> String
    /// One cheap GET: is the key good, and what time is it there.
    func probe() async -> GatewayReply<GatewayIdentity>
    /// The account behind the key, where the gateway tells it. Asked at first contact and after a change of key.
    func identify() async -> GatewayReply<GatewayIdentity>
}

/// Finding intents again. The answer is complete or it is not a value.
public protocol ListingGateway: Sendable {
    /// Every intent of the query, all pages (`listing == .byCreation`).
    func intents(_ query: IntentQuery) async -> GatewayReply<[IntentSnapshot]>
    /// Every intent with exactly this reference (`listing == .byReference`).
    func intents(reference: String) async -> GatewayReply<[IntentSnapshot]>
}

/// A whole gateway: what every driver does.
public typealias PaymentGateway = ChargingGateway & ListingGateway & SavedCardsGateway & RefundingGateway
    & WatchingGateway & ReconcilingGateway
