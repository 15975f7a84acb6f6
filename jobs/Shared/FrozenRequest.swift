import DunlinCalendar
import DunlinCore
import DunlinLedger

/// An attempt with everything that sending it needs, all of it read from the database (money.md 4).
struct FrozenRequest: Sendable {
    let invoice: Invoice
    let intent: Intent
    let attempt: Attempt
    let request: IntentRequest
    let expectation: IntentExpectation

    /// - Throws: `LedgerError` when a stored currency does not exist.
    init(invoice: Invoice, intent: Intent, attempt: Attempt, databaseID: String) throws {
        guard let currency = Currency(attempt.currencyCode) else {
            throw LedgerError(.wrongState, "attempt \(attempt.id) is in an unknown currency")
        }
        let amount = Money(minorUnits: attempt.amountMinor, currency: currency)
        let metadata = invoice.metadata(reference: intent.reference, databaseID: databaseID)
        self.invoice = invoice
        self.intent = intent
        self.attempt = attempt
        request = IntentRequest(
            amount: amount, customerID: attempt.gatewayCustomerID, paymentMethodID: attempt.gatewayPaymentMethodID,
            metadata: metadata, description: attempt.description, statementSuffix: attempt.statementSuffix)
        expectation = IntentExpectation(
            amount: amount, customerID: attempt.gatewayCustomerID, mode: intent.mode, metadata: metadata)
    }

    /// The reference, the operation and the attempt number: a resend repeats it.
    func idempotencyKey(_ operation: String) -> String { "\(intent.reference):\(operation):\(attempt.number)" }

    var baseline: AttemptBaseline { AttemptBaseline(charge: attempt.baselineCharge) }
}

extension Invoice {
    /// What the intent of this debt carries, so that it is recognised in any timeline.
    func metadata(reference: String?, databaseID: String) -> IntentMetadata {
        IntentMetadata(
            reference: reference, subscriptionID: subscriptionID, period: periodStart, invoiceID: String(id),
            databaseID: databaseID)
    }

    func reference(intentNumber: Int, databaseID: String) -> DebtReference {
        DebtReference(
            databaseID: databaseID, subscriptionID: subscriptionID, period: periodStart, intentNumber: intentNumber)
    }
}
