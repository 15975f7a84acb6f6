public import DunlinCore

extension WooshPayGateway {
    /// Not possible: WooshPay has no list of refunds (wooshpay.md 2.5).
    public func refunds(ofIntent intentID: String) async -> GatewayReply<[RefundSnapshot]> {
        .notSupported("WooshPay has no list of refunds")
    }
}
