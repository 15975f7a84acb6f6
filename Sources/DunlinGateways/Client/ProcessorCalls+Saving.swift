import DunlinCore

extension ProcessorCalls {
    public func setupIntent(_ setupIntentID: String) async -> GatewayReply<SetupIntentSnapshot> {
        await calls.read(Call(.retrieveSetupIntent, objectID: setupIntentID), as: calls.decoder.setupIntents)
    }

    public func paymentMethods(ofCustomer customerID: String) async -> GatewayReply<[PaymentMethodSnapshot]> {
        await calls.all(calls.decoder.paymentMethods) { cursor in
            Call(.listPaymentMethods, objectID: customerID, query: requests.page(after: cursor))
        }
    }

    public func createCustomer(
        _ request: CustomerRequest, idempotencyKey: String
    ) async -> GatewayReply<GatewayCustomer> {
        await calls.write(
            Call(.createCustomer, body: requests.customer(request), idempotencyKey: idempotencyKey),
            as: calls.decoder.customers)
    }

    public func updateSetupIntent(
        _ setupIntentID: String, _ change: SetupIntentChange, idempotencyKey: String
    ) async -> GatewayReply<SetupIntentSnapshot> {
        await calls.write(
            Call(
                .updateSetupIntent, objectID: setupIntentID, body: requests.updateSetupIntent(change),
                idempotencyKey: idempotencyKey), as: calls.decoder.setupIntents)
    }

    public func cancelSetupIntent(
        _ setupIntentID: String, reason: SetupCancelReason?, idempotencyKey: String
    ) async -> GatewayReply<SetupIntentSnapshot> {
        await calls.write(
            Call(
                .cancelSetupIntent, objectID: setupIntentID, body: requests.cancelSetupIntent(reason),
                idempotencyKey: idempotencyKey), as: calls.decoder.setupIntents)
    }
}
