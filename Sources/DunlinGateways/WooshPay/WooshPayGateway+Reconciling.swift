public import DunlinCore

/// Nothing of it can be relied on: payments are found by reference only, refunds and charges have no list, and the unit of
/// the bounds of lists is not known (wooshpay.md 1.7, 2.4, 2.5).
extension WooshPayGateway {
    public func intentsPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<IntentSnapshot>> { .noSuchList }
    public func chargesPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<ChargeSnapshot>> { .noSuchList }
    public func charges(ofIntent intentID: String) async -> GatewayReply<[ChargeSnapshot]> { .noSuchList }
    public func refundsPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<RefundSnapshot>> { .noSuchList }
    public func disputesPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<DisputeSnapshot>> { .noSuchList }
    public func payoutsPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<PayoutSnapshot>> { .noSuchList }

    public func balanceTransactionsPage(
        _ query: MoneyQuery, payoutID: String?
    ) async -> GatewayReply<ListPage<BalanceTransactionSnapshot>> { .noSuchList }
}

extension GatewayReply {
    fileprivate static var noSuchList: GatewayReply { .notSupported("WooshPay has no list that can be relied on") }
}
