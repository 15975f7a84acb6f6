public import DunlinCore

/// Stripe: PaymentIntents charged off session here, saved cards and refunds in the extensions.
public struct StripeGateway: WholeGateway, ProcessorCalls {
    public let name: String
    public let kind = GatewayKind.stripe
    public let mode: GatewayMode
    public let keyHash: String
    public let totalTimeoutSeconds: Int64
    public let currencies = GatewayCurrencies.stripe
    /// Keys are honoured for a day at least, so that a confirm may be repeated at once with its key (stripe.md 2.1).
    public let capabilities = GatewayCapabilities(
        honoursIdempotencyKeys: true, listing: .byCreation, confirmAgainAfterSeconds: 60, showsDisputes: true)

    let calls: ObjectCalls
    let requests: StripeRequests

    public init(settings: GatewaySettings, environment: GatewayEnvironment) throws(GatewaySettingsError) {
        try self.init(settings: settings, environment: environment, version: .current)
    }

    init(
        settings: GatewaySettings, environment: GatewayEnvironment, version: StripeVersion
    ) throws(GatewaySettingsError) {
        let host = try KeyAndHost(
            settings, prefixes: [.test: ["sk_test_", "rk_test_"], .live: ["sk_live_", "rk_live_"]],
            hosts: [.test: "api.stripe.com", .live: "api.stripe.com"])
        name = settings.name
        mode = host.mode
        keyHash = HexDigest.sha256(settings.key.exposed)
        totalTimeoutSeconds = settings.totalTimeoutSeconds
        requests = StripeRequests(version: version, currencies: currencies)
        calls = ObjectCalls(
            settings: settings, environment: environment, baseURL: host.baseURL,
            dialect: StripeDialect(key: settings.key, version: version), kind: .stripe, currencies: currencies)
    }

    public func create(
        _ request: IntentRequest, idempotencyKey: String, deadline: SendDeadline
    ) async -> GatewayReply<IntentSnapshot> {
        await create(request, confirm: false, idempotencyKey: idempotencyKey, deadline: deadline)
    }

    public func createAndConfirm(
        _ request: IntentRequest, idempotencyKey: String, deadline: SendDeadline
    ) async -> GatewayReply<IntentSnapshot> {
        await create(request, confirm: true, idempotencyKey: idempotencyKey, deadline: deadline).readAsConfirmed()
    }

    public func confirm(
        _ intentID: String, request: IntentRequest, idempotencyKey: String, deadline: SendDeadline
    ) async -> GatewayReply<IntentSnapshot> {
        let call = Call(
            .confirmIntent, objectID: intentID, body: requests.confirm(request), idempotencyKey: idempotencyKey)
        return await calls.write(call, deadline: deadline, as: calls.decoder.intents).readAsConfirmed()
    }

    public func retrieve(_ intentID: String) async -> GatewayReply<IntentSnapshot> {
        await calls.read(Call(.retrieveIntent, objectID: intentID), as: calls.decoder.intents)
    }

    public func cancel(_ intentID: String, idempotencyKey: String) async -> GatewayReply<IntentSnapshot> {
        await calls.write(
            Call(.cancelIntent, objectID: intentID, idempotencyKey: idempotencyKey), as: calls.decoder.intents)
    }

    public func bodyHash(of request: IntentRequest, sending: SendingMode) -> String {
        HexDigest.sha256(
            requests.create(
                request, units: currencies.unitsToHash(request.amount), confirm: sending == .oneCall))
    }

    public func probe() async -> GatewayReply<GatewayIdentity> {
        await calls.probe(Call(.listIntents, query: "limit=1"))
    }

    /// A restricted key may not read the account: its id is nil then, and the key is not bad because of it.
    public func identify() async -> GatewayReply<GatewayIdentity> {
        let reply = await calls.client.read(Call(.retrieveAccount))
        let date = reply.exchanges.last?.gatewayDate
        switch reply.result {
        case .refused(let refusal) where refusal.httpStatus == 403 || refusal.httpStatus == 404:
            return GatewayReply(.value(GatewayIdentity(account: nil, date: date)), exchanges: reply.exchanges)
        case let result:
            let identity = result.flatMap { json -> GatewayResult<GatewayIdentity> in
                guard let account = json["id"].text else { return .unknown("the answer is no readable account") }
                return .value(GatewayIdentity(account: account, date: date))
            }
            return GatewayReply(identity, exchanges: reply.exchanges)
        }
    }

    public func intents(_ query: IntentQuery) async -> GatewayReply<[IntentSnapshot]> {
        await calls.all(calls.decoder.intents) { cursor in
            Call(.listIntents, query: requests.list(query, startingAfter: cursor))
        }
    }

    /// By Stripe's search, which lags behind by up to an hour: what it finds is there, and what it does not find proves
    /// nothing (stripe.md 2.5). A cross-check only.
    public func intents(reference: String) async -> GatewayReply<[IntentSnapshot]> {
        guard Call.isID(reference) else { return .badReference }
        let reply = await ListPages.all(id: \.id, nextCursor: \.nextPage) { page in
            await calls.page(
                Call(.searchIntents, query: requests.search(reference: reference, page: page)),
                of: calls.decoder.intents)
        }
        return reply.keeping(reference: reference)
    }

    private func create(
        _ request: IntentRequest, confirm: Bool, idempotencyKey: String, deadline: SendDeadline
    ) async -> GatewayReply<IntentSnapshot> {
        switch currencies.units(of: request.amount) {
        case .failure(let error): return .notChargeable(request.amount, error)
        case .success(let units):
            let body = requests.create(request, units: units, confirm: confirm)
            return await calls.write(
                Call(.createIntent, body: body, idempotencyKey: idempotencyKey), deadline: deadline,
                as: calls.decoder.intents)
        }
    }
}
