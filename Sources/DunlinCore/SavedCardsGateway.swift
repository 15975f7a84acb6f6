/// Reading what customers saved at one configured gateway.
public protocol SavedCardsGateway: Sendable {
    func setupIntent(_ setupIntentID: String) async -> GatewayReply<SetupIntentSnapshot>
    func paymentMethod(_ paymentMethodID: String, customerID: String) async -> GatewayReply<PaymentMethodSnapshot>
    /// Every method that the customer has saved, all pages.
    func paymentMethods(ofCustomer customerID: String) async -> GatewayReply<[PaymentMethodSnapshot]>
}
