public import DunlinCalendar

/// A saved method as a gateway showed it: what may be kept of a card, and nothing more.
public struct PaymentMethodSnapshot: Hashable, Sendable {
    public var id: String
    /// `card`, `alipay`, …
    public var type: String
    /// nil while the method is attached to nobody.
    public var customerID: String?
    public var card: CardDetails?
    public var isLive: Bool?
    public var createdAt: Instant?

    public init(
        id: String, type: String, customerID: String? = nil, card: CardDetails? = nil, isLive: Bool? = nil,
        createdAt: Instant? = nil
    ) {
        self.id = id
        self.type = type
        self.customerID = customerID
        self.card = card
        self.isLive = isLive
        self.createdAt = createdAt
    }
}

/// What a gateway tells of a card.
public struct CardDetails: Hashable, Sendable {
    /// In lower case, blanks as underscores: WooshPay writes `American Express`, Stripe `amex`.
    public var brand: String?
    public var last4: String?
    public var expMonth: Int?
    public var expYear: Int?
    /// Two letters.
    public var country: String?
    /// `credit`, `debit`, `prepaid` or `unknown`.
    public var funding: String?
    /// The same for the same card, whatever its id.
    public var fingerprint: String?

    public init(
        brand: String? = nil, last4: String? = nil, expMonth: Int? = nil, expYear: Int? = nil, country: String? = nil,
        funding: String? = nil, fingerprint: String? = nil
    ) {
        self.brand = brand
        self.last4 = last4
        self.expMonth = expMonth
        self.expYear = expYear
        self.country = country
        self.funding = funding
        self.fingerprint = fingerprint
    }
}
