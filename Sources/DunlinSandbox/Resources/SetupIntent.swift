/// The saving of a card.
final class SetupIntent: SandboxRecord {
    let header: RecordHeader
    var status = IntentStatus.requiresPaymentMethod
    var customer: Customer?
    var paymentMethod: PaymentMethod?
    var description: String?
    var metadata = Metadata()
    var usage = "off_session"
    var returnURL: String?
    var paymentMethodTypes = ["card"]
    var automaticPaymentMethods: AutomaticPaymentMethods?
    var requestThreeDSecure = "automatic"
    var attachesToSelf = false
    var flowDirections: [String]?
    var lastError: IntentError?
    var nextAction: NextAction?
    var attempts: [SetupAttempt] = []
    var cancellationReason: String?
    var confirmations = 0
    let clientSecret: String
    var checkoutSessionID: String?
    var singleUseMandate: String?

    init(_ header: RecordHeader, clientSecret: String) {
        self.header = header
        self.clientSecret = clientSecret
    }
}
