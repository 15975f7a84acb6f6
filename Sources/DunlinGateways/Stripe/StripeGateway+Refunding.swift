public import DunlinCore

extension StripeGateway {
    public func refunds(ofIntent intentID: String) async -> GatewayReply<[RefundSnapshot]> {
        await calls.all(calls.decoder.refunds) { cursor in
            Call(.listRefunds, query: requests.page([("payment_intent", intentID)], after: cursor))
        }
    }
}
