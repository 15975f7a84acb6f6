/// Money given back.
final class Refund: SandboxRecord {
    let header: RecordHeader
    let charge: Charge
    let amount: Int64
    var status = "succeeded"
    var reason: String?
    var failureReason: String?
    var metadata = Metadata()
    var balanceTransactionID: String?
    var failureBalanceTransactionID: String?

    init(_ header: RecordHeader, charge: Charge, amount: Int64) {
        self.header = header
        self.charge = charge
        self.amount = amount
    }
}
