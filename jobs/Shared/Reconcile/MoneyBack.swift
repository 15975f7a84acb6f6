import DunlinCore
import DunlinLedger

/// A refund or a dispute as the gateway shows it: money of a payment that goes back.
struct MoneyBack: Sendable {
    var kind: LedgerMoneyBack.Kind
    var id: String
    var amount: Money?
    var intentID: String?
    /// The gateway's word.
    var status: String
    /// What the ledger calls that.
    var ledgerStatus: String
    /// False for one that failed: all the money is where it was.
    var movesMoney = true

    init(_ refund: RefundSnapshot) {
        kind = .refund
        id = refund.id
        amount = refund.amount
        intentID = refund.intentID
        status = refund.status.text
        ledgerStatus = refund.status.ledgerWord
        movesMoney = !refund.status.hasFailed
    }

    init(_ dispute: DisputeSnapshot) {
        kind = .dispute
        id = dispute.id
        amount = dispute.amount
        intentID = dispute.intentID
        status = dispute.status
        ledgerStatus = dispute.status
    }

    /// Reading it again mends the difference. The amount of a refund is what we asked for, which no read changes.
    func isMended(byReading field: MoneyDifference.Field) -> Bool { kind == .dispute || field == .status }
}

extension LedgerMoneyBack.Kind {
    var object: ReconcileException.Object {
        switch self {
        case .refund: .refund
        case .dispute: .dispute
        }
    }

    /// What it does with an amount of an invoice.
    var verb: String {
        switch self {
        case .refund: "gave back"
        case .dispute: "contests"
        }
    }
}

extension RefundStatus {
    fileprivate var ledgerWord: String {
        switch self {
        case .succeeded: "succeeded"
        case .failed, .canceled: "failed"
        case .pending, .requiresAction, .other: "pending"
        }
    }
}
