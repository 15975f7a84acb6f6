public import DunlinCalendar

/// The state of an intent at the gateway (stripe.md 1.2, wooshpay.md 2.4).
public enum IntentStatus: Hashable, Sendable {
    case requiresPaymentMethod, requiresConfirmation, requiresAction, processing, requiresCapture, succeeded, canceled
    /// A value that no dossier names. Treated as pending: it proves nothing.
    case other(String)

    public init(_ text: String) {
        switch text {
        case "requires_payment_method": self = .requiresPaymentMethod
        case "requires_confirmation": self = .requiresConfirmation
        case "requires_action": self = .requiresAction
        case "processing": self = .processing
        case "requires_capture": self = .requiresCapture
        case "succeeded": self = .succeeded
        case "canceled": self = .canceled
        default: self = .other(text)
        }
    }

    /// The gateway's own word, as stored.
    public var text: String {
        switch self {
        case .requiresPaymentMethod: "requires_payment_method"
        case .requiresConfirmation: "requires_confirmation"
        case .requiresAction: "requires_action"
        case .processing: "processing"
        case .requiresCapture: "requires_capture"
        case .succeeded: "succeeded"
        case .canceled: "canceled"
        case .other(let text): text
        }
    }
}

/// What an intent carries so that it can be recognised later, in any timeline (design.md 9).
public struct IntentMetadata: Hashable, Sendable {
    public var reference: String?
    public var subscriptionID: String?
    /// The local start date of the period, `yyyy-MM-dd`.
    public var period: String?
    public var invoiceID: String?
    public var databaseID: String?

    public init(
        reference: String? = nil, subscriptionID: String? = nil, period: String? = nil, invoiceID: String? = nil,
        databaseID: String? = nil
    ) {
        self.reference = reference
        self.subscriptionID = subscriptionID
        self.period = period
        self.invoiceID = invoiceID
        self.databaseID = databaseID
    }

    /// Key and value pairs as sent, in a fixed order, without those that are nil.
    public var pairs: [(key: String, value: String)] {
        [
            ("dunlin_reference", reference), ("dunlin_subscription", subscriptionID), ("dunlin_period", period),
            ("dunlin_invoice", invoiceID), ("dunlin_database", databaseID),
        ].compactMap { key, value in value.map { (key, $0) } }
    }

    /// The keys of `pairs`.
    public static let names = IntentMetadata(
        reference: "", subscriptionID: "", period: "", invoiceID: "", databaseID: ""
    )
    .pairs.map(\.key)

    /// Reads the keys of `pairs` from an intent's metadata.
    public init(_ metadata: [String: String]) {
        self.init(
            reference: metadata["dunlin_reference"], subscriptionID: metadata["dunlin_subscription"],
            period: metadata["dunlin_period"], invoiceID: metadata["dunlin_invoice"],
            databaseID: metadata["dunlin_database"])
    }
}

/// An intent as a gateway showed it at one moment: only the fields that a decision needs, never a client secret.
public struct IntentSnapshot: Hashable, Sendable {
    public var id: String
    public var status: IntentStatus
    /// In ISO minor units, converted back from the gateway's scale; nil when the gateway sent no readable amount.
    public var amount: Money?
    public var customerID: String?
    public var paymentMethodID: String?
    /// nil where the gateway does not say.
    public var isLive: Bool?
    public var metadata: IntentMetadata
    /// What changes with each attempt that reached the card: Stripe's `latest_charge`. A gateway without such a field
    /// gives a mark for "there is a payment error", which is enough as each of its intents carries one attempt.
    public var latestCharge: String?
    /// Why the last attempt on the intent failed.
    public var lastDecline: Decline?
    /// Where the customer's browser may be sent; kept in memory only.
    public var nextActionURL: String?
    /// The gateway's clock.
    public var createdAt: Instant?

    public init(
        id: String, status: IntentStatus, amount: Money? = nil, customerID: String? = nil,
        paymentMethodID: String? = nil,
        isLive: Bool? = nil, metadata: IntentMetadata = IntentMetadata(), latestCharge: String? = nil,
        lastDecline: Decline? = nil, nextActionURL: String? = nil, createdAt: Instant? = nil
    ) {
        self.id = id
        self.status = status
        self.amount = amount
        self.customerID = customerID
        self.paymentMethodID = paymentMethodID
        self.isLive = isLive
        self.metadata = metadata
        self.latestCharge = latestCharge
        self.lastDecline = lastDecline
        self.nextActionURL = nextActionURL
        self.createdAt = createdAt
    }
}
