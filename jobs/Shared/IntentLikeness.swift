import DunlinCore
import DunlinLedger

extension Intent {
    /// The first field in which what the gateway shows differs from what this intent was created with; nil when it is
    /// ours (money.md 3).
    func difference(from snapshot: IntentSnapshot, of invoice: Invoice, databaseID: String) -> String? {
        guard let currency = Currency(currencyCode) else { return "currency" }
        var metadata = invoice.metadata(reference: reference, databaseID: databaseID)
        // A second intent of a name has a row name of its own.
        if snapshot.id == gatewayID { metadata.reference = snapshot.metadata.reference }
        return IntentExpectation(
            amount: Money(minorUnits: amountMinor, currency: currency), customerID: gatewayCustomerID, mode: mode,
            metadata: metadata
        ).difference(from: snapshot)
    }
}
