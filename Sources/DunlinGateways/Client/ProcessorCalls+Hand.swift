import DunlinCore

extension ProcessorCalls {
    public func create(
        _ request: HandIntentRequest, idempotencyKey: String, deadline: SendDeadline
    ) async -> GatewayReply<IntentSnapshot> {
        switch currencies.units(of: request.amount) {
        case .failure(let error): return .notChargeable(request.amount, error)
        case .success(let units):
            return await calls.write(
                Call(
                    .createIntent, body: requests.create(request, units: units), idempotencyKey: idempotencyKey),
                deadline: deadline, as: calls.decoder.intents)
        }
    }

    public func update(
        _ intentID: String, _ change: IntentChange, idempotencyKey: String
    ) async -> GatewayReply<IntentSnapshot> {
        await calls.write(
            Call(
                .updateIntent, objectID: intentID, body: requests.update(change), idempotencyKey: idempotencyKey),
            as: calls.decoder.intents)
    }

    public func confirm(
        _ intentID: String, _ confirmation: IntentConfirmation, idempotencyKey: String, deadline: SendDeadline
    ) async -> GatewayReply<IntentSnapshot> {
        let call = Call(
            .confirmIntent, objectID: intentID, body: requests.confirm(confirmation), idempotencyKey: idempotencyKey)
        return await calls.write(call, deadline: deadline, as: calls.decoder.intents).readAsConfirmed()
    }

    public func cancel(
        _ intentID: String, reason: CancelReason, idempotencyKey: String
    ) async -> GatewayReply<IntentSnapshot> {
        await calls.write(
            Call(
                .cancelIntent, objectID: intentID, body: requests.cancel(reason), idempotencyKey: idempotencyKey),
            as: calls.decoder.intents)
    }
}
