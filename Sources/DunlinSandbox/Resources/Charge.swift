/// One movement of money, tried or done.
final class Charge: SandboxRecord {
    let header: RecordHeader
    let paymentIntent: PaymentIntent
    let paymentMethod: PaymentMethod
    var amount: Int64
    let currency: String
    let customer: Customer?
    var status = "succeeded"
    var decline: CardDecline?
    /// What authentication went before, in the words of `three_d_secure.result`.
    var authenticationResult: String?
    var isCaptured = true
    var amountCaptured: Int64 = 0
    var amountRefunded: Int64 = 0
    var isDisputed = false
    var isExpired = false
    var description: String?
    var metadata = Metadata()
    var receiptEmail: String?
    var statementDescriptorSuffix: String?
    var balanceTransactionID: String?
    var refunds: [Refund] = []
    var fraudReport: String?
    /// When the hold of an uncaptured charge ends.
    var captureBefore: Int64?

    init(
        _ header: RecordHeader, paymentIntent: PaymentIntent, paymentMethod: PaymentMethod, amount: Int64,
        currency: String, customer: Customer?
    ) {
        self.header = header
        self.paymentIntent = paymentIntent
        self.paymentMethod = paymentMethod
        self.amount = amount
        self.currency = currency
        self.customer = customer
    }

    /// The object as it is now, for an event to keep.
    func copy() -> Charge {
        let copy = Charge(
            header, paymentIntent: paymentIntent, paymentMethod: paymentMethod.copy(), amount: amount,
            currency: currency, customer: customer)
        copy.status = status
        copy.decline = decline
        copy.authenticationResult = authenticationResult
        copy.isCaptured = isCaptured
        copy.amountCaptured = amountCaptured
        copy.amountRefunded = amountRefunded
        copy.isDisputed = isDisputed
        copy.isExpired = isExpired
        copy.description = description
        copy.metadata = metadata
        copy.receiptEmail = receiptEmail
        copy.statementDescriptorSuffix = statementDescriptorSuffix
        copy.balanceTransactionID = balanceTransactionID
        copy.refunds = refunds
        copy.fraudReport = fraudReport
        copy.captureBefore = captureBefore
        return copy
    }
}
