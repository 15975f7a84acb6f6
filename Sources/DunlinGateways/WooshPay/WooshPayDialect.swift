import DunlinCore

/// WooshPay below the level of single requests: headers and errors (wooshpay.md 1.1 to 1.6).
struct WooshPayDialect: Dialect {
    let key: Secret

    let sendsTextErrors = true

    /// Both content headers are required on every call, GETs included.
    func headers(for call: Call) -> [HTTPHeader] {
        [
            HTTPHeader("Authorization", "Basic " + Base64Text.encode(key.exposed + ":")),
            HTTPHeader("Accept", "application/json"), HTTPHeader("Content-Type", "application/json"),
        ]
    }

    /// The form of a decline is not documented, so its type may be missing; a 402 that names no reason at all may be
    /// one or may not.
    func paymentRequired(_ answer: Answer, call: Call, decoder: ObjectDecoder) -> GatewayResult<JSON> {
        guard let error = answer.error else { return .unknown(answer.summary) }
        guard call.effect == .write, call.endpoint.mayBeDeclined, error.type == nil || error.type == "card_error"
        else {
            return .refused(Classifier.refusal(.request, answer, decoder.scrubber))
        }
        guard error.type != nil || error.code != nil || error.declineCode != nil else {
            return .unknown(answer.summary)
        }
        if let setup = Classifier.declinedSetup(error, of: call) { return .value(setup) }
        return .declined(decoder.intent(error.source["payment_intent"]), error.decline(decoder.scrubber))
    }

    /// Whether a limiter runs before the request is carried out is not documented: after a write, ask first.
    func tooManyRequests(_ answer: Answer, call: Call, retryAfterSeconds: Int64?) -> GatewayResult<JSON> {
        if call.effect == .write { return .unknown(answer.summary) }
        return .throttled(Throttle(retryAfterSeconds: retryAfterSeconds, isRateLimit: true))
    }

    func refusalKind(_ error: ErrorBody?) -> Refusal.Kind {
        if error?.type == "idempotency_error" { return .idempotency }
        // A method that cannot be used says nothing about the intent.
        guard let code = error?.code, code != "payment_method_unexpected_state" else { return .request }
        return code.hasSuffix("_unexpected_state") ? .wrongState : .request
    }
}
