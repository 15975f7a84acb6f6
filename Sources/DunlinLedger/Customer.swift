/// A row of `customers`: who pays, as the owner wrote it.
public struct Customer: Hashable, Sendable, Identifiable {
    public var id: String
    /// The name of a gateway of the settings; an unknown one parks the customer's subscriptions.
    public var gateway: String
    public var gatewayCustomerID: String
    public var email: String?
    public var name: String?
    public var country: String?
    /// A zone of the IANA database, for what is shown to the customer; billing uses the subscription's.
    public var timeZone: String?
    public var locale: String?

    public init(
        id: String, gateway: String, gatewayCustomerID: String, email: String? = nil, name: String? = nil,
        country: String? = nil, timeZone: String? = nil, locale: String? = nil
    ) {
        self.id = id
        self.gateway = gateway
        self.gatewayCustomerID = gatewayCustomerID
        self.email = email
        self.name = name
        self.country = country
        self.timeZone = timeZone
        self.locale = locale
    }
}
