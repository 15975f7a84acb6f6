/// What the account has, kept as it changes so that reading it costs nothing.
struct BalanceSheet {
    struct Account: Hashable {
        let dialect: SandboxDialect
        let livemode: Bool
        let currency: String
    }

    private var available: [Account: Int64] = [:]
    private var pending: [Account: Int64] = [:]
    /// Amounts on their way to being available, earliest first: money takes the same time for every charge.
    private var arrivals: [(availableOn: Int64, account: Account, amount: Int64)] = []
    private var arrived = 0

    mutating func add(_ amount: Int64, to account: Account, availableOn: Int64, now: Int64) {
        settle(now: now)
        guard availableOn > now else {
            available[account, default: 0] += amount
            return
        }
        pending[account, default: 0] += amount
        arrivals.append((availableOn, account, amount))
    }

    /// Amounts by currency.
    mutating func balances(
        _ dialect: SandboxDialect, livemode: Bool, now: Int64
    ) -> (available: [String: Int64], pending: [String: Int64]) {
        settle(now: now)
        let isWanted: (Account, Int64) -> Bool = { account, _ in
            account.dialect == dialect && account.livemode == livemode
        }
        let byCurrency = { (amounts: [Account: Int64]) in
            Dictionary(uniqueKeysWithValues: amounts.filter(isWanted).map { ($0.key.currency, $0.value) })
        }
        return (byCurrency(available), byCurrency(pending))
    }

    private mutating func settle(now: Int64) {
        while arrived < arrivals.count, arrivals[arrived].availableOn <= now {
            let arrival = arrivals[arrived]
            pending[arrival.account, default: 0] -= arrival.amount
            available[arrival.account, default: 0] += arrival.amount
            arrived += 1
        }
        guard arrived > 1024, arrived > arrivals.count / 2 else { return }
        arrivals.removeFirst(arrived)
        arrived = 0
    }
}
