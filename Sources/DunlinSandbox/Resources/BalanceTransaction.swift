/// A change of the account's balance.
final class BalanceTransaction: SandboxRecord {
    let header: RecordHeader
    /// Positive adds to the balance.
    let amount: Int64
    let fee: Int64
    let currency: String
    /// `charge`, `refund`, `refund_failure`, `adjustment` or `payout`.
    let type: String
    let sourceID: String
    let availableOn: Int64
    var payoutID: String?

    var net: Int64 { amount - fee }

    init(
        _ header: RecordHeader, amount: Int64, fee: Int64, currency: String, type: String, sourceID: String,
        availableOn: Int64
    ) {
        self.header = header
        self.amount = amount
        self.fee = fee
        self.currency = currency
        self.type = type
        self.sourceID = sourceID
        self.availableOn = availableOn
    }
}
