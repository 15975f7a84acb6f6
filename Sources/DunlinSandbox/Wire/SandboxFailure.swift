/// Why a request got no 2xx answer: what goes into the error object of either dialect.
///
/// Holds card brands and last digits at most, never a number.
struct SandboxFailure: Error {
    enum Kind: String {
        case card = "card_error"
        case invalidRequest = "invalid_request_error"
        case idempotency = "idempotency_error"
        case api = "api_error"
    }

    /// The id of the object that the error carries, rendered in the dialect of the request; one that was never
    /// created is left out.
    enum Subject: Hashable {
        case paymentIntent(String)
        case setupIntent(String)
        case paymentMethod(String)
    }

    var status: Int
    var kind: Kind
    var code: String?
    var message: String
    var parameter: String?
    var decline: CardDecline?
    var chargeID: String?
    var subject: Subject?
    /// Whether the idempotency layer keeps this answer: true once execution had begun.
    var isStored = true
    var headers: [SandboxHeader] = []

    init(_ status: Int, _ kind: Kind, code: String? = nil, _ message: String, parameter: String? = nil) {
        self.status = status
        self.kind = kind
        self.code = code
        self.message = message
        self.parameter = parameter
    }

    func with(_ subject: Subject) -> SandboxFailure {
        var copy = self
        copy.subject = subject
        return copy
    }

    private func unstored() -> SandboxFailure {
        var copy = self
        copy.isStored = false
        return copy
    }

    /// A parameter that no execution begins with; the same key may be sent again with a better one.
    static func parameter(_ code: String?, _ name: String, _ message: String) -> SandboxFailure {
        SandboxFailure(400, .invalidRequest, code: code, message, parameter: name).unstored()
    }

    static func missing(_ name: String) -> SandboxFailure {
        parameter("parameter_missing", name, "Missing required param: \(name).")
    }

    static func invalid(_ name: String, _ message: String) -> SandboxFailure { parameter(nil, name, message) }

    static func noSuch(_ kind: String, _ id: String, parameter: String, status: Int = 404) -> SandboxFailure {
        SandboxFailure(
            status, .invalidRequest, code: "resource_missing", "No such \(kind): '\(id)'", parameter: parameter)
    }

    static func declined(_ decline: CardDecline, chargeID: String? = nil) -> SandboxFailure {
        var failure = SandboxFailure(
            402, .card, code: decline.code, decline.message, parameter: decline.parameter)
        failure.decline = decline
        failure.chargeID = chargeID
        return failure
    }

    static func unauthorized(_ message: String) -> SandboxFailure {
        SandboxFailure(401, .invalidRequest, message).unstored()
    }

    static func keyInUse(_ key: String) -> SandboxFailure {
        SandboxFailure(
            409, .idempotency, code: "idempotency_key_in_use",
            "There is currently another in-progress request using this Idempotency-Key (\(key)). Try again later."
        ).unstored()
    }

    static func keyMismatch(_ key: String) -> SandboxFailure {
        SandboxFailure(
            400, .idempotency,
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                + "Try using a key other than '\(key)' if you meant to execute a different request."
        ).unstored()
    }

    static func limited(reason: String?, retryAfterSeconds: Int64?) -> SandboxFailure {
        var failure = SandboxFailure(
            429, .invalidRequest, code: "rate_limit", "Too many requests. Slow down and try again."
        ).unstored()
        if let reason { failure.headers.append(SandboxHeader("Stripe-Rate-Limited-Reason", reason)) }
        if let retryAfterSeconds { failure.headers.append(SandboxHeader("Retry-After", String(retryAfterSeconds))) }
        return failure
    }

    static let lockTimeout: SandboxFailure = {
        var failure = SandboxFailure(
            429, .invalidRequest, code: "lock_timeout",
            "This object cannot be accessed right now because another request or process holds it."
        ).unstored()
        failure.headers = [SandboxHeader("Stripe-Should-Retry", "true")]
        return failure
    }()

    static func server(_ status: Int) -> SandboxFailure {
        let failure = SandboxFailure(status, .api, "An error occurred at the gateway. The result is not known.")
        // Only a 500 comes from the endpoint itself; the others never reached it.
        return status == 500 ? failure : failure.unstored()
    }
}
