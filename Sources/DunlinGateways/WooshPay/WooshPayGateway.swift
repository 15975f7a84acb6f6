public import DunlinCore

/// WooshPay: PaymentIntents charged off session here, saved cards and refunds in the extensions.
public struct WooshPayGateway: WholeGateway, ProcessorCalls {
    public let name: String
    public let kind = GatewayKind.wooshpay
    public let mode: GatewayMode
    public let keyHash: String
    public let totalTimeoutSeconds: Int64
    public let currencies = GatewayCurrencies.wooshpay
    /// Whether idempotency keys do anything is not documented (wooshpay.md 1.3), so nothing relies on them. Two minutes
    /// is the lag that its search is given (wooshpay.md U13).
    public let capabilities = GatewayCapabilities(
        honoursIdempotencyKeys: false, listing: .byReference, confirmAgainAfterSeconds: 120)

    let calls: ObjectCalls
    let requests: WooshPayRequests

    public init(settings: GatewaySettings, environment: GatewayEnvironment) throws(GatewaySettingsError) {
        let host = try KeyAndHost(
            settings, prefixes: [.test: ["sk_test_"], .live: ["sk_live_"]],
            hosts: [.test: "apitest.wooshpay.com", .live: "api.wooshpay.com"])
        guard settings.sending == .twoPhase else {
            throw GatewaySettingsError(
                .sendingNotSupported, gateway: settings.name,
                "sending: one_call needs a gateway that honours idempotency keys; use two_phase")
        }
        name = settings.name
        mode = host.mode
        keyHash = HexDigest.sha256(settings.key.exposed)
        totalTimeoutSeconds = settings.totalTimeoutSeconds
        requests = WooshPayRequests(returnURL: settings.returnURL, offSessionField: settings.offSessionField)
        calls = ObjectCalls(
            settings: settings, environment: environment, baseURL: host.baseURL,
            dialect: WooshPayDialect(key: settings.key), kind: .wooshpay, currencies: currencies)
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
        let call = Call(
            .cancelIntent, objectID: intentID, body: requests.cancel(), idempotencyKey: idempotencyKey)
        return await calls.write(call, as: calls.decoder.intents)
    }

    public func bodyHash(of request: IntentRequest, sending: SendingMode) -> String {
        HexDigest.sha256(
            requests.create(
                request, units: currencies.unitsToHash(request.amount), confirm: sending == .oneCall))
    }

    /// A search for a reference that no debt has.
    public func probe() async -> GatewayReply<GatewayIdentity> {
        await calls.probe(
            Call(
                .searchIntents,
                query: requests.search(reference: "dunlin-probe", limit: 1, startingAfter: nil)))
    }

    /// WooshPay does not tell the account: only whether the key is good, and the time.
    public func identify() async -> GatewayReply<GatewayIdentity> { await probe() }

    /// Not possible: WooshPay's list has no customer, and the unit of its `created` bounds is not known
    /// (wooshpay.md 1.7).
    public func intents(_ query: IntentQuery) async -> GatewayReply<[IntentSnapshot]> {
        .notSupported("WooshPay finds intents by reference only")
    }

    public func intents(reference: String) async -> GatewayReply<[IntentSnapshot]> {
        guard Call.isID(reference) else { return .badReference }
        let reply = await calls.all(calls.decoder.intents) { cursor in
            Call(
                .searchIntents,
                query: requests.search(reference: reference, limit: ListPages.pageSize, startingAfter: cursor))
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
