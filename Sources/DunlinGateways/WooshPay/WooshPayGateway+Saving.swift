public import DunlinCore

extension WooshPayGateway {
    public func setupIntent(_ setupIntentID: String) async -> GatewayReply<SetupIntentSnapshot> {
        await calls.read(Call(.retrieveSetupIntent, objectID: setupIntentID), as: calls.decoder.setupIntents)
    }

    /// The path of a single method is not documented (wooshpay.md 2.2): where it is not there, the customer's list is
    /// asked, which is.
    public func paymentMethod(
        _ paymentMethodID: String, customerID: String
    ) async -> GatewayReply<PaymentMethodSnapshot> {
        let single = await calls.read(
            Call(.retrievePaymentMethod, objectID: paymentMethodID), as: calls.decoder.paymentMethods)
        guard case .refused(let refusal) = single.result, refusal.kind == .notFound else { return single }
        let list = await paymentMethods(ofCustomer: customerID)
        let found = list.result.flatMap { methods -> GatewayResult<PaymentMethodSnapshot> in
            methods.first { $0.id == paymentMethodID }.map { .value($0) } ?? .refused(refusal)
        }
        return GatewayReply(found, exchanges: single.exchanges + list.exchanges)
    }

    public func paymentMethods(ofCustomer customerID: String) async -> GatewayReply<[PaymentMethodSnapshot]> {
        await calls.all(calls.decoder.paymentMethods) { cursor in
            Call(.listPaymentMethods, objectID: customerID, query: requests.page(after: cursor))
        }
    }
}
