/// One debt at the gateway, confirmed once per attempt.
final class PaymentIntent: SandboxRecord {
    let header: RecordHeader
    var amount: Int64
    /// Lower case.
    var currency: String
    var status = IntentStatus.requiresPaymentMethod
    var customer: Customer?
    var paymentMethod: PaymentMethod?
    var captureMethod = "automatic_async"
    var confirmationMethod = "automatic"
    var description: String?
    var metadata = Metadata()
    var receiptEmail: String?
    var returnURL: String?
    var setupFutureUsage: String?
    var shipping: JSONValue = .null
    var statementDescriptor: String?
    var statementDescriptorSuffix: String?
    var transferGroup: String?
    var paymentMethodTypes = ["card"]
    /// nil where types were named; otherwise whether methods may redirect.
    var automaticPaymentMethods: AutomaticPaymentMethods?
    var requestThreeDSecure = "automatic"
    var lastError: IntentError?
    var nextAction: NextAction?
    var charges: [Charge] = []
    var amountCapturable: Int64 = 0
    var amountReceived: Int64 = 0
    var canceledAt: Int64?
    var cancellationReason: String?
    var confirmations = 0
    let clientSecret: String
    /// WooshPay's own references.
    var merchantOrderID: String?
    var merchantUserID: String?
    var quantity: Int64?
    /// Of a Checkout session, which alone may end it.
    var checkoutSessionID: String?

    var latestCharge: Charge? { charges.last }

    init(_ header: RecordHeader, amount: Int64, currency: String, clientSecret: String) {
        self.header = header
        self.amount = amount
        self.currency = currency
        self.clientSecret = clientSecret
    }

    /// The object as it is now, for an event to keep.
    func copy() -> PaymentIntent {
        let copy = PaymentIntent(header, amount: amount, currency: currency, clientSecret: clientSecret)
        copy.status = status
        copy.customer = customer
        copy.paymentMethod = paymentMethod
        copy.captureMethod = captureMethod
        copy.confirmationMethod = confirmationMethod
        copy.description = description
        copy.metadata = metadata
        copy.receiptEmail = receiptEmail
        copy.returnURL = returnURL
        copy.setupFutureUsage = setupFutureUsage
        copy.shipping = shipping
        copy.statementDescriptor = statementDescriptor
        copy.statementDescriptorSuffix = statementDescriptorSuffix
        copy.transferGroup = transferGroup
        copy.paymentMethodTypes = paymentMethodTypes
        copy.automaticPaymentMethods = automaticPaymentMethods
        copy.requestThreeDSecure = requestThreeDSecure
        copy.lastError = lastError
        copy.lastError?.paymentMethod = lastError?.paymentMethod?.copy()
        copy.nextAction = nextAction
        copy.charges = charges
        copy.amountCapturable = amountCapturable
        copy.amountReceived = amountReceived
        copy.canceledAt = canceledAt
        copy.cancellationReason = cancellationReason
        copy.confirmations = confirmations
        copy.merchantOrderID = merchantOrderID
        copy.merchantUserID = merchantUserID
        copy.quantity = quantity
        copy.checkoutSessionID = checkoutSessionID
        return copy
    }
}

/// Where a PaymentIntent or SetupIntent stands; the raw values are both gateways' own.
enum IntentStatus: String {
    case requiresPaymentMethod = "requires_payment_method"
    case requiresConfirmation = "requires_confirmation"
    case requiresAction = "requires_action"
    case processing
    case requiresCapture = "requires_capture"
    case succeeded
    case canceled
}

/// Stripe's `automatic_payment_methods`.
struct AutomaticPaymentMethods {
    var isEnabled: Bool
    var allowsRedirects: Bool
}

/// Why the last attempt on an intent failed.
struct IntentError {
    var kind = SandboxFailure.Kind.card
    var code: String
    var message: String
    var decline: CardDecline?
    var chargeID: String?
    var paymentMethod: PaymentMethod?
}

/// What the card holder has to do before an intent goes on.
struct NextAction {
    /// Names the hosted page; not guessable, and gone when the action is done.
    var token: String
    var returnURL: String?
    /// Only Stripe's browser library could carry it out.
    var isForBrowserLibrary = false
}
