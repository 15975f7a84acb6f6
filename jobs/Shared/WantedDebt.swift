import DunlinDatabase
import DunlinLedger

extension Invoice {
    /// Nothing forbids that this debt is charged now: asked again in the transaction before each confirm, since what an
    /// earlier one allowed may have been taken back while the gateway was silent (money.md 19, P7).
    func isWanted(_ tx: Transaction) throws -> Bool {
        guard state == .open, let subscription = try Subscriptions.find(subscriptionID, tx),
            subscription.status.under(try BillingStates.find(subscriptionID, tx)?.hold) == .active
        else { return false }
        return try Disputes.open(ofCustomer: customerID, tx) == nil
    }
}
