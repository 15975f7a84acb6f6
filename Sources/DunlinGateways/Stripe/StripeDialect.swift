import DunlinCore

/// Stripe below the level of single requests: headers and errors (stripe.md 0 and 2).
struct StripeDialect: Dialect {
    let key: Secret
    let version: StripeVersion

    let sendsTextErrors = false

    func headers(for call: Call) -> [HTTPHeader] {
        var headers = [
            HTTPHeader("Authorization", "Bearer " + key.exposed), HTTPHeader("Stripe-Version", version.rawValue),
        ]
        if call.effect == .write { headers.append(HTTPHeader("Content-Type", "application/x-www-form-urlencoded")) }
        return headers
    }

    /// A 402 is a decline only when it says so: a refused raw card number is a 402 as well (stripe.md 3.1).
    func paymentRequired(_ answer: Answer, call: Call, decoder: ObjectDecoder) -> GatewayResult<JSON> {
        guard let error = answer.error else { return .unknown(answer.summary) }
        guard error.type == "card_error", call.effect == .write, call.endpoint.mayBeDeclined else {
            return .refused(Classifier.refusal(.request, answer, decoder.scrubber))
        }
        if let setup = Classifier.declinedSetup(error, of: call) { return .value(setup) }
        return .declined(decoder.intent(error.source["payment_intent"]), error.decline(decoder.scrubber))
    }

    /// A 429 without a reason of the limiter is a lock on the object (stripe.md 2.4); neither was executed.
    func tooManyRequests(_ answer: Answer, call: Call, retryAfterSeconds: Int64?) -> GatewayResult<JSON> {
        let isLimiter =
            answer.response.header("Stripe-Rate-Limited-Reason") != nil || answer.error?.code == "rate_limit"
        if !isLimiter, answer.error == nil, call.effect == .write { return .unknown(answer.summary) }
        return .throttled(Throttle(retryAfterSeconds: retryAfterSeconds, isRateLimit: isLimiter))
    }

    func refusalKind(_ error: ErrorBody?) -> Refusal.Kind {
        if error?.type == "idempotency_error" { return .idempotency }
        switch error?.code {
        case "payment_intent_unexpected_state", "intent_invalid_state", "setup_intent_unexpected_state":
            return .wrongState
        default: return .request
        }
    }
}
