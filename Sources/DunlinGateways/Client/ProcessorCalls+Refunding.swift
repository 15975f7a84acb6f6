import DunlinCore

extension ProcessorCalls {
    public func refund(
        _ request: RefundRequest, idempotencyKey: String, deadline: SendDeadline
    ) async -> GatewayReply<RefundSnapshot> {
        guard let units = currencies.unitsOfPart(request.amount) else { return .notRefundable(request.amount) }
        return await calls.write(
            Call(.createRefund, body: requests.refund(request, units: units), idempotencyKey: idempotencyKey),
            deadline: deadline, as: calls.decoder.refunds)
    }

    public func refund(_ refundID: String) async -> GatewayReply<RefundSnapshot> {
        await calls.read(Call(.retrieveRefund, objectID: refundID), as: calls.decoder.refunds)
    }
}
