/// A row of `payment_methods`: a saved card or account, by the gateway's id, as the owner wrote it.
public struct PaymentMethod: Hashable, Sendable, Identifiable {
    /// What a customer's method is tried as.
    public enum Role: String, Hashable, Sendable, CaseIterable {
        case `default`, backup
    }

    public var id: String
    public var customerID: String
    public var gatewayPaymentMethodID: String
    /// `card`; a subscription on any other type is parked.
    public var type: String
    public var brand: String?
    public var last4: String?
    public var expMonth: Int?
    public var expYear: Int?
    public var isDefault: Bool
    /// May be charged when the default one is declined.
    public var isBackup: Bool
    /// When the customer agreed to be charged while absent, as written.
    public var consentAt: String?
    /// The same for the same card, whatever its id at the gateway.
    public var fingerprint: String?
    /// Of the issuing bank.
    public var country: String?
    /// `credit`, `debit`, `prepaid`.
    public var funding: String?

    public init(
        id: String, customerID: String, gatewayPaymentMethodID: String, type: String = "card", brand: String? = nil,
        last4: String? = nil, expMonth: Int? = nil, expYear: Int? = nil, isDefault: Bool = false,
        isBackup: Bool = false, consentAt: String? = nil, fingerprint: String? = nil,
        country: String? = nil, funding: String? = nil
    ) {
        self.id = id
        self.customerID = customerID
        self.gatewayPaymentMethodID = gatewayPaymentMethodID
        self.type = type
        self.brand = brand
        self.last4 = last4
        self.expMonth = expMonth
        self.expYear = expYear
        self.isDefault = isDefault
        self.isBackup = isBackup
        self.consentAt = consentAt
        self.fingerprint = fingerprint
        self.country = country
        self.funding = funding
    }
}
