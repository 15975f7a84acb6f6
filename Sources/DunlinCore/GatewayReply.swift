public import DunlinCalendar

/// What came of one call to a gateway, and the fields of the exchange that are kept.
public struct GatewayReply<Value: Sendable>: Sendable {
    public var result: GatewayResult<Value>
    /// One for each request that the call sent (reads are repeated on faults), in order.
    public var exchanges: [Exchange]

    public init(_ result: GatewayResult<Value>, exchanges: [Exchange]) {
        self.result = result
        self.exchanges = exchanges
    }
}

/// The answer to one call. Only `value` and `declined` say what happened at the gateway.
public enum GatewayResult<Value: Sendable>: Sendable {
    /// A 2xx with a readable object.
    case value(Value)
    /// A 402 (or a 2xx that says so) about a card: the intent exists and its last attempt failed.
    case declined(IntentSnapshot?, Decline)
    /// The gateway refused the request itself; nothing happened because of it.
    case refused(Refusal)
    /// Turned away before it was executed (limiter, object lock); nothing happened.
    case throttled(Throttle)
    /// Not one byte was sent: name look-up, connect or TLS failed, or the send deadline had passed.
    case notSent(String)
    /// Anything else: the request may have taken effect. The text says why, for logs.
    case unknown(String)
}

/// A 4xx that is no decline.
public struct Refusal: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        /// 401 or 403: the key. Halts the gateway (money.md 7).
        case key
        /// 404: no such object, in this account and mode.
        case notFound = "not_found"
        /// The object is in a state that does not allow the operation: read it again.
        case wrongState = "wrong_state"
        /// The idempotency key was used with other parameters.
        case idempotency
        /// The request itself: parks the row.
        case request
    }

    public var kind: Kind
    public var httpStatus: Int
    public var code: String?
    public var parameter: String?
    /// True when the request was fine but for the payment method: it was detached, or is no method of the customer's any
    /// more (stripe.md 3.2).
    public var isAboutMethod: Bool {
        guard kind == .request else { return false }
        return code == "payment_method_unexpected_state"
            || (code == "resource_missing" && parameter == "payment_method")
    }
    /// Cleaned of anything that looks like card data.
    public var message: String

    public init(kind: Kind, httpStatus: Int, code: String? = nil, parameter: String? = nil, message: String) {
        self.kind = kind
        self.httpStatus = httpStatus
        self.code = code
        self.parameter = parameter
        self.message = Redaction.clean(message)
    }
}

/// A 429: when to come back, and whether the account's rate should fall.
public struct Throttle: Hashable, Sendable {
    /// From `Retry-After`, where sent.
    public var retryAfterSeconds: Int64?
    /// False for an object lock, which says nothing about the rate.
    public var isRateLimit: Bool

    public init(retryAfterSeconds: Int64?, isRateLimit: Bool) {
        self.retryAfterSeconds = retryAfterSeconds
        self.isRateLimit = isRateLimit
    }
}

/// The allowed fields of one request and its answer (money.md 26): no bodies, no queries, no secrets.
public struct Exchange: Hashable, Sendable {
    public var method: String
    /// Without its query.
    public var path: String
    public var startedAt: Instant
    public var elapsedMilliseconds: Int64
    /// nil when no status line came back.
    public var httpStatus: Int?
    public var requestID: String?
    /// True when the gateway says that it repeated a stored answer.
    public var isReplay: Bool
    public var errorType: String?
    public var errorCode: String?
    public var declineCode: String?
    /// The object that the request was about, once known.
    public var objectID: String?
    /// The gateway's own clock, from its `Date` header.
    public var gatewayDate: Instant?
    /// What went wrong below HTTP.
    public var fault: String?

    /// How the fault of a request begins that never left.
    public static let notSent = "not sent: "

    public init(
        method: String, path: String, startedAt: Instant, elapsedMilliseconds: Int64, httpStatus: Int? = nil,
        requestID: String? = nil, isReplay: Bool = false, errorType: String? = nil, errorCode: String? = nil,
        declineCode: String? = nil, objectID: String? = nil, gatewayDate: Instant? = nil, fault: String? = nil
    ) {
        self.method = method
        self.path = path
        self.startedAt = startedAt
        self.elapsedMilliseconds = elapsedMilliseconds
        self.httpStatus = httpStatus
        self.requestID = requestID
        self.isReplay = isReplay
        self.errorType = errorType
        self.errorCode = errorCode
        self.declineCode = declineCode
        self.objectID = objectID
        self.gatewayDate = gatewayDate
        self.fault = fault.map(Redaction.clean)
    }
}
