/// Money sent to the account's bank.
final class Payout: SandboxRecord {
    let header: RecordHeader
    let amount: Int64
    let currency: String
    let isAutomatic: Bool
    let arrivalDate: Int64
    var status = "pending"
    var balanceTransactionID: String?
    /// What is in it, oldest first, its own transaction last; only that one where the amount was chosen by hand.
    var transactions: [BalanceTransaction] = []
    var metadata = Metadata()

    init(_ header: RecordHeader, amount: Int64, currency: String, isAutomatic: Bool, arrivalDate: Int64) {
        self.header = header
        self.amount = amount
        self.currency = currency
        self.isAutomatic = isAutomatic
        self.arrivalDate = arrivalDate
    }
}
