import DunlinCalendar
import DunlinCore

/// What differs between the processors below the level of single requests.
protocol Dialect: Sendable {
    /// Headers of a call: authorization, version, content type.
    func headers(for call: Call) -> [HTTPHeader]
    /// Whether an error may come as plain text.
    var sendsTextErrors: Bool { get }
    /// What a 402 means; `intent` reads the object that the error may carry.
    func paymentRequired(_ answer: Answer, call: Call, decoder: ObjectDecoder) -> GatewayResult<JSON>
    func tooManyRequests(_ answer: Answer, call: Call, retryAfterSeconds: Int64?) -> GatewayResult<JSON>
    /// Which kind of refusal a 400, or a rarer 4xx, is.
    func refusalKind(_ error: ErrorBody?) -> Refusal.Kind
}

/// Turns an answer into a result by money.md 7. Only a 2xx and a 402 about a card say what happened; whatever else
/// cannot be told for sure is unknown.
struct Classifier: Sendable {
    let dialect: any Dialect
    let decoder: ObjectDecoder
    let now: @Sendable () -> Instant

    func result(_ answer: Answer, of call: Call) -> GatewayResult<JSON> {
        if (200...299).contains(answer.status) { return success(answer) }
        if answer.status == 429 {
            return dialect.tooManyRequests(answer, call: call, retryAfterSeconds: retryAfterSeconds(answer))
        }
        guard isTrustworthy(answer) else { return .unknown(answer.summary) }
        switch answer.status {
        case 401, 403: return .refused(refusal(.key, answer))
        case 402: return dialect.paymentRequired(answer, call: call, decoder: decoder)
        case 404: return .refused(refusal(.notFound, answer))
        case 408, 409, 424: return .unknown(answer.summary)
        case 400...499: return clientError(answer)
        default: return .unknown(answer.summary)
        }
    }

    /// Seconds of a `Retry-After`, which is a number or a date; a week at most.
    func retryAfterSeconds(_ answer: Answer) -> Int64? {
        guard let text = answer.response.header("Retry-After") else { return nil }
        let week: Int64 = 7 * 24 * 3600
        if let seconds = Int64(text) { return seconds < 0 ? nil : min(seconds, week) }
        guard let date = HTTPDate.instant(text) else { return nil }
        let reference = answer.response.header("Date").flatMap(HTTPDate.instant) ?? now()
        return min(max(0, date.milliseconds(since: reference) / 1000), week)
    }

    func refusal(_ kind: Refusal.Kind, _ answer: Answer) -> Refusal {
        Self.refusal(kind, answer, decoder.scrubber)
    }

    static func refusal(_ kind: Refusal.Kind, _ answer: Answer, _ scrubber: Scrubber) -> Refusal {
        var message = answer.error?.message
        if case .text(let text) = answer.content { message = text }
        return Refusal(
            kind: kind, httpStatus: answer.status, code: answer.error?.code, parameter: answer.error?.parameter,
            message: scrubber.clean(message ?? answer.summary))
    }

    private func success(_ answer: Answer) -> GatewayResult<JSON> {
        guard case .json(let body) = answer.content, body.items != nil || body.isObject else {
            return .unknown(answer.summary)
        }
        return .value(body)
    }

    private func clientError(_ answer: Answer) -> GatewayResult<JSON> {
        if answer.error?.code == "rate_limit" {
            return .throttled(Throttle(retryAfterSeconds: retryAfterSeconds(answer), isRateLimit: true))
        }
        return .refused(refusal(dialect.refusalKind(answer.error), answer))
    }

    /// The SetupIntent that a declined confirm carries, with the reason in it: the same answer as where a decline comes
    /// as a 2xx (wooshpay.md 1.6). nil when the error carries none, or is about something else.
    static func declinedSetup(_ error: ErrorBody, of call: Call) -> JSON? {
        guard call.endpoint.isSetup, case .object(var members) = error.source["setup_intent"].opened else { return nil }
        if JSON.object(members)["last_setup_error"].isNull { members["last_setup_error"] = error.source }
        return .object(members)
    }

    /// A page of a proxy says nothing about the gateway. Plain text does where the processor is known to send some.
    private func isTrustworthy(_ answer: Answer) -> Bool {
        switch answer.content {
        case .json, .empty: true
        case .text: dialect.sendsTextErrors || answer.status == 401 || answer.status == 403
        case .unreadable: false
        }
    }
}
