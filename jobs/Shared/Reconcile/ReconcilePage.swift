import DunlinCore
import DunlinLedger

/// What one page of a comparison came to, before it is stored.
struct ReconcilePage: Sendable {
    /// An object that is to be read again, because the gateway shows money that the ledger has not heard of.
    struct Read: Sendable {
        var object: ReconcileException.Object
        var objectID: String
        var intentID: String?
        var metadata = IntentMetadata()
    }

    var exceptions: [ReconcileException] = []
    /// Rows of exceptions that turned out to be none.
    var removed: [Int64] = []
    var seen: [ReconcileSeen.Object] = []
    var payouts: [PayoutSnapshot] = []
    var transactions: [ReconciledTransaction] = []
    var reads: [Read] = []
    var exchanges: [Exchange] = []
    var checked: Int64 = 0
    var leftOut: Int64 = 0
    var foreign: Int64 = 0
    /// Where the next page begins; nil when the phase is over.
    var cursor: String?
}
