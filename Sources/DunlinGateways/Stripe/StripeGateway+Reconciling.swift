import DunlinCalendar
public import DunlinCore

extension StripeGateway {
    public func intentsPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<IntentSnapshot>> {
        await calls.page(Call(.listIntents, query: requests.page(query)), of: calls.decoder.intents)
    }

    public func chargesPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<ChargeSnapshot>> {
        await calls.page(Call(.listCharges, query: requests.page(query)), of: calls.decoder.charges)
    }

    public func charges(ofIntent intentID: String) async -> GatewayReply<[ChargeSnapshot]> {
        await calls.all(calls.decoder.charges) { cursor in
            Call(.listCharges, query: requests.page([("payment_intent", intentID)], after: cursor))
        }
    }

    public func refundsPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<RefundSnapshot>> {
        await calls.page(Call(.listRefunds, query: requests.page(query)), of: calls.decoder.refunds)
    }

    public func disputesPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<DisputeSnapshot>> {
        await calls.page(Call(.listDisputes, query: requests.page(query)), of: calls.decoder.disputes)
    }

    public func payoutsPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<PayoutSnapshot>> {
        await calls.page(Call(.listPayouts, query: requests.page(query)), of: calls.decoder.payouts)
    }

    /// What is in a payout is told for automatic ones only (docs.stripe.com/reports/payout-reconciliation).
    public func balanceTransactionsPage(
        _ query: MoneyQuery, payoutID: String?
    ) async -> GatewayReply<ListPage<BalanceTransactionSnapshot>> {
        let text =
            payoutID.map { requests.page([("payout", $0)], after: query.cursor) } ?? requests.page(query)
        return await calls.page(Call(.listBalanceTransactions, query: text), of: calls.decoder.balanceTransactions)
    }
}

extension StripeRequests {
    /// A page of a list by creation, a hundred at most.
    func page(_ query: MoneyQuery) -> String {
        var fields: [(String, String)] = []
        if let from = query.createdFrom { fields.append(("created[gte]", String(from.seconds))) }
        if let through = query.createdThrough { fields.append(("created[lte]", String(through.seconds))) }
        return page(fields, after: query.cursor)
    }
}
