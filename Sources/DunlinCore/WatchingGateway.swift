public import DunlinCalendar

/// A dispute as a gateway showed it at one moment.
public struct DisputeSnapshot: Hashable, Sendable {
    public var id: String
    /// The gateway's own word; see `DisputeStatus`.
    public var status: String
    /// In ISO minor units; nil when the gateway sent no readable amount.
    public var amount: Money?
    public var intentID: String?
    public var reason: String?
    /// The gateway's clock.
    public var createdAt: Instant?

    public init(
        id: String, status: String, amount: Money? = nil, intentID: String? = nil, reason: String? = nil,
        createdAt: Instant? = nil
    ) {
        self.id = id
        self.status = status
        self.amount = amount
        self.intentID = intentID
        self.reason = reason
        self.createdAt = createdAt
    }
}

/// Whether a customer is still there at the gateway.
public struct CustomerStanding: Hashable, Sendable {
    public var id: String
    public var isDeleted: Bool

    public init(id: String, isDeleted: Bool) {
        self.id = id
        self.isDeleted = isDeleted
    }
}

/// What a customer agreed to, for a method that needs it in writing.
public struct MandateSnapshot: Hashable, Sendable {
    public var id: String
    /// `active`, `inactive` or `pending`.
    public var status: String
    public var paymentMethodID: String?

    public init(id: String, status: String, paymentMethodID: String? = nil) {
        self.id = id
        self.status = status
        self.paymentMethodID = paymentMethodID
    }
}

/// Reading what became of payments and customers afterwards.
public protocol WatchingGateway: Sendable {
    /// - Parameter eventID: an event about the dispute: where the gateway has no call for disputes, the event is read.
    func dispute(_ disputeID: String, eventID: String) async -> GatewayReply<DisputeSnapshot>
    func standing(ofCustomer customerID: String) async -> GatewayReply<CustomerStanding>
    func mandate(_ mandateID: String) async -> GatewayReply<MandateSnapshot>
    /// One page of what the gateway told or would have told by webhook; refused as `not_supported` where it lists none.
    func events(_ query: EventQuery) async -> GatewayReply<ListPage<GatewayEvent>>
}
