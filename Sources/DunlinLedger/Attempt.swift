public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

extension SendingMode: ColumnValue {}
extension DeclineClass: ColumnValue {}

/// One try to collect an invoice, with the frozen request (money.md 4).
public struct Attempt: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, ColumnValue {
        case sending, processing, unknown
        case succeeded, declined, refused
        case needsCustomer = "needs_customer"
        case neverHappened = "never_happened"

        /// In flight is "not final": unknown and processing block too (money.md 30).
        public var isInFlight: Bool { self == .sending || self == .processing || self == .unknown }
    }

    public var id: Int64
    public var invoiceID: Int64
    public var intentID: Int64
    public var number: Int
    public var state: State
    public var sending: SendingMode
    public var isOnSession: Bool
    public var gateway: String
    public var account: String
    public var gatewayCustomerID: String
    public var paymentMethodID: String
    public var gatewayPaymentMethodID: String
    public var cardKey: String
    /// `yyyy-MM`, as it was known then.
    public var cardExpiry: String?
    public var amountMinor: Int64
    public var currencyCode: String
    public var description: String?
    public var statementSuffix: String?
    public var bodyHash: String
    public var baselineCharge: String?
    public var writtenAt: Instant
    public var sendBy: Instant
    public var gatewayDate: Instant?
    public var sends: Int
    public var asks: Int
    public var serverFailedAt: Instant?
    public var emptyReadAt: Instant?
    /// What its decline means, where it was declined.
    public var declineClass: DeclineClass?

    init(_ row: Row) throws {
        id = try row.get("id")
        invoiceID = try row.get("invoice_id")
        intentID = try row.get("intent_id")
        number = try row.get("number")
        state = try row.get("state")
        sending = try row.get("sending")
        isOnSession = try row.get("is_on_session")
        gateway = try row.get("gateway")
        account = try row.get("account")
        gatewayCustomerID = try row.get("gateway_customer_id")
        paymentMethodID = try row.get("payment_method_id")
        gatewayPaymentMethodID = try row.get("gateway_payment_method_id")
        cardKey = try row.get("card_key")
        cardExpiry = try row.get("card_expiry")
        amountMinor = try row.get("amount_minor")
        currencyCode = try row.get("currency")
        description = try row.get("description")
        statementSuffix = try row.get("statement_suffix")
        bodyHash = try row.get("body_hash")
        baselineCharge = try row.get("baseline_charge")
        writtenAt = try row.get("written_at")
        sendBy = try row.get("send_by")
        gatewayDate = try row.get("gateway_date")
        sends = try row.get("sends")
        asks = try row.get("asks")
        serverFailedAt = try row.get("server_failed_at")
        emptyReadAt = try row.get("empty_read_at")
        declineClass = try row.get("decline_class")
    }
}

/// An attempt to be written before it is sent.
public struct NewAttempt: Sendable {
    public var invoiceID: Int64
    public var intentID: Int64
    public var number: Int
    public var sending: SendingMode
    public var gateway: String
    public var account: String
    public var gatewayCustomerID: String
    public var method: PaymentMethod
    public var amount: Money
    public var description: String?
    public var statementSuffix: String?
    public var bodyHash: String
    public var baselineCharge: String?
    public var sendBy: Instant
    /// The gateway's clock as read in this pass.
    public var gatewayDate: Instant?

    public init(
        invoiceID: Int64, intentID: Int64, number: Int, sending: SendingMode, gateway: String, account: String,
        gatewayCustomerID: String, method: PaymentMethod, amount: Money, description: String?, statementSuffix: String?,
        bodyHash: String, baselineCharge: String?, sendBy: Instant, gatewayDate: Instant?
    ) {
        self.invoiceID = invoiceID
        self.intentID = intentID
        self.number = number
        self.sending = sending
        self.gateway = gateway
        self.account = account
        self.gatewayCustomerID = gatewayCustomerID
        self.method = method
        self.amount = amount
        self.description = description
        self.statementSuffix = statementSuffix
        self.bodyHash = bodyHash
        self.baselineCharge = baselineCharge
        self.sendBy = sendBy
        self.gatewayDate = gatewayDate
    }
}

extension PaymentMethod {
    /// What network limits and final declines are counted by: the card's fingerprint where known, else the gateway's
    /// id of the method (P6).
    public var cardKey: String { fingerprint.flatMap { $0.isEmpty ? nil : $0 } ?? gatewayPaymentMethodID }

    /// The last month in which the card is good, as `yyyy-MM`; nil where it is not known.
    public var cardExpiry: String? {
        guard let expYear, let expMonth else { return nil }
        return "\(expYear)-\(expMonth < 10 ? "0" : "")\(expMonth)"
    }
}

extension Attempt {
    /// It was made on this method, as it is known now: with another number or date it is another card.
    public func isOf(_ method: PaymentMethod) -> Bool {
        guard gatewayPaymentMethodID == method.gatewayPaymentMethodID else { return false }
        // A fingerprint or date that was learned since makes no other card.
        let isSameNumber = cardKey == method.cardKey || cardKey == method.gatewayPaymentMethodID
        let isSameDate = cardExpiry == nil || method.cardExpiry == nil || cardExpiry == method.cardExpiry
        return isSameNumber && isSameDate
    }
}
