public import DunlinCore

extension StripeGateway {
    public func setupIntent(_ setupIntentID: String) async -> GatewayReply<SetupIntentSnapshot> {
        await calls.read(Call(.retrieveSetupIntent, objectID: setupIntentID), as: calls.decoder.setupIntents)
    }

    public func paymentMethod(
        _ paymentMethodID: String, customerID: String
    ) async -> GatewayReply<PaymentMethodSnapshot> {
        await calls.read(Call(.retrievePaymentMethod, objectID: paymentMethodID), as: calls.decoder.paymentMethods)
    }

    public func paymentMethods(ofCustomer customerID: String) async -> GatewayReply<[PaymentMethodSnapshot]> {
        await calls.all(calls.decoder.paymentMethods) { cursor in
            Call(.listPaymentMethods, objectID: customerID, query: requests.page(after: cursor))
        }
    }
}
