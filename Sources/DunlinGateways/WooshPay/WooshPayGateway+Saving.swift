public import DunlinCore

extension WooshPayGateway {
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
}

extension WooshPayGateway {
    public func createSetupIntent(
        _ request: SetupIntentRequest, idempotencyKey: String
    ) async -> GatewayReply<SetupIntentSnapshot> {
        let reply = await calls.write(
            Call(
                .createSetupIntent, body: requests.createSetupIntent(request), idempotencyKey: idempotencyKey),
            as: calls.decoder.setupIntents)
        // The usage is not echoed (wooshpay.md 2.3): it is what was asked for.
        let full = reply.result.flatMap { intent -> GatewayResult<SetupIntentSnapshot> in
            var intent = intent
            intent.usage = intent.usage ?? request.usage
            return .value(intent)
        }
        return GatewayReply(full, exchanges: reply.exchanges)
    }

    public func confirmSetupIntent(
        _ setupIntentID: String, _ confirmation: SetupIntentConfirmation, idempotencyKey: String
    ) async -> GatewayReply<SetupIntentSnapshot> {
        await calls.write(
            Call(
                .confirmSetupIntent, objectID: setupIntentID, body: requests.confirmSetupIntent(confirmation),
                idempotencyKey: idempotencyKey), as: calls.decoder.setupIntents)
    }

    public func setupIntent(
        _ setupIntentID: String, asClient access: ClientAccess
    ) async -> GatewayReply<SetupIntentSnapshot> {
        let client = calls.client(
            key: access.publishableKey, dialect: WooshPayDialect(key: access.publishableKey))
        return await client.read(
            Call(.retrieveSetupIntent, objectID: setupIntentID, query: access.query), as: calls.decoder.setupIntents)
    }

    /// The bounds of the creation time are applied here, so that a page may hold fewer than the limit.
    public func setupIntents(_ query: SetupIntentQuery) async -> GatewayReply<ListPage<SetupIntentSnapshot>> {
        let reply = await calls.page(
            Call(.listSetupIntents, query: requests.listSetupIntents(query)), of: calls.decoder.setupIntents)
        let kept = reply.result.flatMap { page -> GatewayResult<ListPage<SetupIntentSnapshot>> in
            .value(ListPage(items: page.items.filter(query.admits), hasMore: page.hasMore))
        }
        return GatewayReply(kept, exchanges: reply.exchanges)
    }

    public func allSetupIntents(_ query: SetupIntentQuery) async -> GatewayReply<[SetupIntentSnapshot]> {
        let reply = await calls.allSetupIntents(query) {
            Call(.listSetupIntents, query: requests.listSetupIntents($0))
        }
        return GatewayReply(reply.result.flatMap { .value($0.filter(query.admits)) }, exchanges: reply.exchanges)
    }

    public func createSetupSession(
        _ request: SetupSessionRequest, idempotencyKey: String
    ) async -> GatewayReply<SetupSession> {
        await calls.write(
            Call(.createSetupSession, body: requests.setupSession(request), idempotencyKey: idempotencyKey),
            as: calls.decoder.setupSessions)
    }
}

extension SetupIntentQuery {
    /// One whose time cannot be read cannot be ruled out.
    fileprivate func admits(_ intent: SetupIntentSnapshot) -> Bool {
        guard let created = intent.createdAt else { return true }
        return created >= createdFrom ?? created && created <= createdThrough ?? created
    }
}
