public import DunlinCore

extension StripeGateway {
    public func paymentMethod(
        _ paymentMethodID: String, customerID: String
    ) async -> GatewayReply<PaymentMethodSnapshot> {
        await calls.read(Call(.retrievePaymentMethod, objectID: paymentMethodID), as: calls.decoder.paymentMethods)
    }
}

extension StripeGateway {
    public func createSetupIntent(
        _ request: SetupIntentRequest, idempotencyKey: String
    ) async -> GatewayReply<SetupIntentSnapshot> {
        await withMethod(request.paymentMethodID, request.card, idempotencyKey) { method in
            Call(
                .createSetupIntent, body: requests.createSetupIntent(request, paymentMethodID: method),
                idempotencyKey: idempotencyKey)
        }
    }

    public func confirmSetupIntent(
        _ setupIntentID: String, _ confirmation: SetupIntentConfirmation, idempotencyKey: String
    ) async -> GatewayReply<SetupIntentSnapshot> {
        await withMethod(confirmation.paymentMethodID, confirmation.card, idempotencyKey) { method in
            Call(
                .confirmSetupIntent, objectID: setupIntentID,
                body: requests.confirmSetupIntent(confirmation, paymentMethodID: method),
                idempotencyKey: idempotencyKey)
        }
    }

    public func setupIntent(
        _ setupIntentID: String, asClient access: ClientAccess
    ) async -> GatewayReply<SetupIntentSnapshot> {
        let client = calls.client(
            key: access.publishableKey,
            dialect: StripeDialect(key: access.publishableKey, version: requests.version))
        return await client.read(
            Call(.retrieveSetupIntent, objectID: setupIntentID, query: access.query), as: calls.decoder.setupIntents)
    }

    public func setupIntents(_ query: SetupIntentQuery) async -> GatewayReply<ListPage<SetupIntentSnapshot>> {
        await calls.page(
            Call(.listSetupIntents, query: requests.listSetupIntents(query)), of: calls.decoder.setupIntents)
    }

    public func allSetupIntents(_ query: SetupIntentQuery) async -> GatewayReply<[SetupIntentSnapshot]> {
        await calls.allSetupIntents(query) { Call(.listSetupIntents, query: requests.listSetupIntents($0)) }
    }

    public func createSetupSession(
        _ request: SetupSessionRequest, idempotencyKey: String
    ) async -> GatewayReply<SetupSession> {
        await calls.write(
            Call(.createCheckoutSession, body: requests.setupSession(request), idempotencyKey: idempotencyKey),
            as: calls.decoder.setupSessions)
    }

    /// Makes a PaymentMethod of a raw card first, where one is given, and sends the call with its id.
    private func withMethod(
        _ paymentMethodID: String?, _ card: CardData?, _ idempotencyKey: String, _ call: (String?) -> Call
    ) async -> GatewayReply<SetupIntentSnapshot> {
        guard let card else { return await calls.write(call(paymentMethodID), as: calls.decoder.setupIntents) }
        let made = await calls.write(
            Call(.createPaymentMethod, body: requests.paymentMethod(card), idempotencyKey: idempotencyKey + ":method"),
            as: calls.decoder.paymentMethods)
        guard case .value(let method) = made.result else {
            return GatewayReply(
                made.result.flatMap { _ in .unknown("no method") }, exchanges: made.exchanges)
        }
        let reply = await calls.write(call(method.id), as: calls.decoder.setupIntents)
        return GatewayReply(reply.result, exchanges: made.exchanges + reply.exchanges)
    }
}
