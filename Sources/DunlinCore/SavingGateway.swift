public import DunlinCalendar

/// Saving cards at one configured gateway. Only a SetupIntent that reads as succeeded proves that a card is saved.
///
/// A confirm that the bank declines is a value too: the SetupIntent is open again, with `lastError`.
public protocol SavingGateway: SavedCardsGateway {
    func createCustomer(_ request: CustomerRequest, idempotencyKey: String) async -> GatewayReply<GatewayCustomer>
    func createSetupIntent(
        _ request: SetupIntentRequest, idempotencyKey: String
    ) async -> GatewayReply<SetupIntentSnapshot>
    func updateSetupIntent(
        _ setupIntentID: String, _ change: SetupIntentChange, idempotencyKey: String
    ) async -> GatewayReply<SetupIntentSnapshot>
    func confirmSetupIntent(
        _ setupIntentID: String, _ confirmation: SetupIntentConfirmation, idempotencyKey: String
    ) async -> GatewayReply<SetupIntentSnapshot>
    func cancelSetupIntent(
        _ setupIntentID: String, reason: SetupCancelReason?, idempotencyKey: String
    ) async -> GatewayReply<SetupIntentSnapshot>
    /// What a browser sees that has the publishable key and the client secret: a part of the fields.
    func setupIntent(
        _ setupIntentID: String, asClient access: ClientAccess
    ) async -> GatewayReply<SetupIntentSnapshot>
    /// One page, newest first.
    func setupIntents(_ query: SetupIntentQuery) async -> GatewayReply<ListPage<SetupIntentSnapshot>>
    /// Every SetupIntent of the query from its cursor on, all pages; `limit` is not looked at.
    func allSetupIntents(_ query: SetupIntentQuery) async -> GatewayReply<[SetupIntentSnapshot]>
    /// A page of the processor's own on which the customer saves a card.
    func createSetupSession(
        _ request: SetupSessionRequest, idempotencyKey: String
    ) async -> GatewayReply<SetupSession>
}

/// A change of metadata: the gateway merges it into what is there.
public struct MetadataChange: Hashable, Sendable {
    public var values: [String: String]
    /// Keys that are taken away.
    public var removed: Set<String>
    /// Takes all keys away. The processors have no request that does both, so `values` must be empty then.
    public var removesAll: Bool

    public init(_ values: [String: String] = [:], removed: Set<String> = [], removesAll: Bool = false) {
        self.values = values
        self.removed = removed
        self.removesAll = removesAll
    }

    public var isEmpty: Bool { values.isEmpty && removed.isEmpty && !removesAll }

    /// In the order in which they are sent; an empty value takes its key away.
    public var pairs: [(key: String, value: String)] {
        let all = values.map { (key: $0.key, value: $0.value) } + removed.map { (key: $0, value: "") }
        return all.sorted { $0.key < $1.key }
    }
}

/// Whether the bank is asked to authenticate the customer.
public enum ThreeDSecureRequest: String, Hashable, Sendable, CaseIterable {
    /// As the rules of the bank and the law want it.
    case automatic
    /// Whenever the card can.
    case any
}

/// What a SetupIntent is created with.
public struct SetupIntentRequest: Hashable, Sendable {
    public var customerID: String?
    public var paymentMethodID: String?
    /// Raw card data. Whoever sends it is in the scope of PCI DSS SAQ D.
    public var card: CardData?
    public var usage: SetupUsage
    public var threeDSecure: ThreeDSecureRequest?
    public var description: String?
    public var metadata: MetadataChange
    /// Confirms in the same request.
    public var confirms: Bool
    /// Sent with a confirm only.
    public var returnURL: String?

    public init(
        customerID: String? = nil, paymentMethodID: String? = nil, card: CardData? = nil,
        usage: SetupUsage = .offSession, threeDSecure: ThreeDSecureRequest? = nil, description: String? = nil,
        metadata: MetadataChange = MetadataChange(), confirms: Bool = false, returnURL: String? = nil
    ) {
        self.customerID = customerID
        self.paymentMethodID = paymentMethodID
        self.card = card
        self.usage = usage
        self.threeDSecure = threeDSecure
        self.description = description
        self.metadata = metadata
        self.confirms = confirms
        self.returnURL = returnURL
    }
}

/// What is changed of an open SetupIntent; nil leaves a field as it is, an empty text takes it away. The usage cannot
/// be changed (stripe.md 4.2).
public struct SetupIntentChange: Hashable, Sendable {
    public var customerID: String?
    public var paymentMethodID: String?
    public var description: String?
    public var metadata: MetadataChange

    public init(
        customerID: String? = nil, paymentMethodID: String? = nil, description: String? = nil,
        metadata: MetadataChange = MetadataChange()
    ) {
        self.customerID = customerID
        self.paymentMethodID = paymentMethodID
        self.description = description
        self.metadata = metadata
    }
}

/// What a SetupIntent is confirmed with.
public struct SetupIntentConfirmation: Hashable, Sendable {
    /// nil for the one that the SetupIntent has.
    public var paymentMethodID: String?
    public var card: CardData?
    /// Where the browser comes back to after a challenge.
    public var returnURL: String?

    public init(paymentMethodID: String? = nil, card: CardData? = nil, returnURL: String? = nil) {
        self.paymentMethodID = paymentMethodID
        self.card = card
        self.returnURL = returnURL
    }
}

public enum SetupCancelReason: String, Hashable, Sendable, CaseIterable {
    case abandoned, duplicate
    case requestedByCustomer = "requested_by_customer"
}

/// What a browser would read a SetupIntent with.
public struct ClientAccess: Hashable, Sendable {
    public var publishableKey: Secret
    public var clientSecret: Secret

    public init(publishableKey: Secret, clientSecret: Secret) {
        self.publishableKey = publishableKey
        self.clientSecret = clientSecret
    }
}

/// Which SetupIntents to list.
public struct SetupIntentQuery: Hashable, Sendable {
    public enum Cursor: Hashable, Sendable {
        /// Older ones than the one with this id.
        case startingAfter(String)
        /// Newer ones.
        case endingBefore(String)
    }

    public var customerID: String?
    public var paymentMethodID: String?
    public var createdFrom: Instant?
    public var createdThrough: Instant?
    public var cursor: Cursor?
    /// 1 to 100; nil for the gateway's own, which is 10.
    public var limit: Int?

    public init(
        customerID: String? = nil, paymentMethodID: String? = nil, createdFrom: Instant? = nil,
        createdThrough: Instant? = nil, cursor: Cursor? = nil, limit: Int? = nil
    ) {
        self.customerID = customerID
        self.paymentMethodID = paymentMethodID
        self.createdFrom = createdFrom
        self.createdThrough = createdThrough
        self.cursor = cursor
        self.limit = limit
    }
}

/// Who is created at the gateway. No uniqueness is promised there: two requests make two customers.
public struct CustomerRequest: Hashable, Sendable {
    public var email: String?
    public var name: String?
    public var metadata: MetadataChange

    public init(email: String? = nil, name: String? = nil, metadata: MetadataChange = MetadataChange()) {
        self.email = email
        self.name = name
        self.metadata = metadata
    }
}

/// A customer as the gateway has it.
public struct GatewayCustomer: Hashable, Sendable {
    public var id: String
    public var email: String?
    public var name: String?
    public var isLive: Bool?
    public var createdAt: Instant?

    public init(
        id: String, email: String? = nil, name: String? = nil, isLive: Bool? = nil, createdAt: Instant? = nil
    ) {
        self.id = id
        self.email = email
        self.name = name
        self.isLive = isLive
        self.createdAt = createdAt
    }
}

/// Where the browser goes from a page of the processor's own.
public struct SetupSessionRequest: Hashable, Sendable {
    public var customerID: String
    public var successURL: String
    public var cancelURL: String
    public var metadata: MetadataChange

    public init(
        customerID: String, successURL: String, cancelURL: String, metadata: MetadataChange = MetadataChange()
    ) {
        self.customerID = customerID
        self.successURL = successURL
        self.cancelURL = cancelURL
        self.metadata = metadata
    }
}

/// A page of the processor's own, open for a day.
public struct SetupSession: Hashable, Sendable {
    public var id: String
    /// The link to send. Whoever has it can save a card for this customer.
    public var url: String
    public var customerID: String?
    /// The SetupIntent that succeeds when the card is saved; nil until there is one.
    public var setupIntentID: String?
    public var expiresAt: Instant?

    public init(
        id: String, url: String, customerID: String? = nil, setupIntentID: String? = nil, expiresAt: Instant? = nil
    ) {
        self.id = id
        self.url = url
        self.customerID = customerID
        self.setupIntentID = setupIntentID
        self.expiresAt = expiresAt
    }
}
