/// A charge that the card holder contests.
final class Dispute: SandboxRecord {
    let header: RecordHeader
    let charge: Charge
    let amount: Int64
    let reason: String
    var status: String
    var evidence: [JSONValue.Member] = []
    var submissionCount: Int64 = 0
    let dueBy: Int64
    var metadata = Metadata()
    var balanceTransactions: [BalanceTransaction] = []

    init(_ header: RecordHeader, charge: Charge, amount: Int64, reason: String, status: String, dueBy: Int64) {
        self.header = header
        self.charge = charge
        self.amount = amount
        self.reason = reason
        self.status = status
        self.dueBy = dueBy
    }
}
