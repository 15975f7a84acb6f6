import DunlinCalendar
import DunlinCore

/// Sends the calls of a driver, keeps the fields of each exchange, and repeats reads within bounds.
struct GatewayClient: Sendable {
    static let triesMax = 3
    /// A longer `Retry-After` is handed to the caller instead of being waited for.
    static let waitMillisecondsMax: Int64 = 5_000

    let baseURL: String
    let settings: GatewaySettings
    let environment: GatewayEnvironment
    let classifier: Classifier

    private var scrubber: Scrubber { classifier.decoder.scrubber }

    /// Sends a request that changes something: once.
    func write(_ call: Call, deadline: SendDeadline) async -> GatewayReply<JSON> {
        let (result, exchange, _) = await sendOnce(call, deadline: deadline)
        return GatewayReply(result, exchanges: [exchange])
    }

    /// Sends a read, up to three times while it meets faults.
    func read(_ call: Call) async -> GatewayReply<JSON> {
        var exchanges: [Exchange] = []
        for attempt in 1...Self.triesMax {
            await environment.readGate(call.endpoint.rawValue)
            let (result, exchange, answer) = await sendOnce(call, deadline: .none)
            exchanges.append(exchange)
            guard attempt < Self.triesMax, Self.mayRepeat(result, answer),
                let wait = waitMilliseconds(after: attempt, answer),
                (try? await environment.sleep(wait)) != nil
            else { return GatewayReply(result, exchanges: exchanges) }
        }
        return GatewayReply(.unknown("no try was made"), exchanges: exchanges)
    }

    /// `Stripe-Should-Retry` overrides everything; without it faults and limits are worth another try (stripe.md 2.2).
    private static func mayRepeat(_ result: GatewayResult<JSON>, _ answer: Answer?) -> Bool {
        if case .value = result { return false }
        switch answer?.response.header("Stripe-Should-Retry")?.lowercased() {
        case "true": return true
        case "false": return false
        default: break
        }
        switch result {
        case .notSent, .unknown, .throttled: return true
        case .value, .declined, .refused: return false
        }
    }

    /// Half a second, doubled after each try, times a half to one; or what the gateway asked for. nil when that is more
    /// than a call should hang.
    private func waitMilliseconds(after attempt: Int, _ answer: Answer?) -> Int64? {
        let full: Int64 = 500 << Int64(attempt - 1)
        let backoff = full / 2 + Int64(environment.randomBits() % UInt64(full / 2 + 1))
        guard let seconds = answer.flatMap(classifier.retryAfterSeconds) else { return backoff }
        let asked = max(backoff, seconds * 1000)
        return asked <= Self.waitMillisecondsMax ? asked : nil
    }

    private func sendOnce(
        _ call: Call, deadline: SendDeadline
    ) async -> (result: GatewayResult<JSON>, exchange: Exchange, answer: Answer?) {
        let startedAt = environment.now()
        let outcome: Result<HTTPResponse, TransportError>
        do {
            outcome = .success(
                try await environment.transport.send(
                    request(for: call), totalTimeoutMilliseconds: settings.totalTimeoutMilliseconds, deadline: deadline)
            )
        } catch {
            outcome = .failure(error)
        }
        var exchange = Exchange(
            method: call.method, path: call.path, startedAt: startedAt,
            elapsedMilliseconds: max(0, environment.now().milliseconds(since: startedAt)), objectID: call.objectID)
        switch outcome {
        case .failure(let error):
            exchange.fault = scrubber.clean(error.description)
            return (Self.result(of: error, scrubber), exchange, nil)
        case .success(let response):
            let answer = Answer(response, scrubber)
            fill(&exchange, from: answer)
            let result = classifier.result(answer, of: call)
            if case .unknown(let reason) = result, exchange.errorType == nil { exchange.fault = reason }
            return (result, exchange, answer)
        }
    }

    private func request(for call: Call) -> HTTPRequest {
        var headers = classifier.dialect.headers(for: call)
        headers.append(HTTPHeader("User-Agent", settings.userAgent))
        if let key = call.idempotencyKey { headers.append(HTTPHeader("Idempotency-Key", key)) }
        return HTTPRequest(method: call.method, url: baseURL + call.target, headers: headers, body: call.body)
    }

    private static func result(of error: TransportError, _ scrubber: Scrubber) -> GatewayResult<JSON> {
        switch error {
        case .notSent(let reason): .notSent(scrubber.clean(reason))
        case .lost: .unknown(scrubber.clean(error.description))
        }
    }

    private func fill(_ exchange: inout Exchange, from answer: Answer) {
        let response = answer.response
        exchange.httpStatus = response.status
        exchange.requestID = response.header("Request-Id").map(scrubber.cleanID)
        exchange.isReplay = response.header("Idempotent-Replayed")?.lowercased() == "true"
        exchange.gatewayDate = response.header("Date").flatMap(HTTPDate.instant)
        exchange.errorType = answer.error?.type
        exchange.errorCode = answer.error?.code
        exchange.declineCode = answer.error?.declineCode
        guard exchange.objectID == nil, case .json(let body) = answer.content else { return }
        let named = answer.error.map { [$0.source["payment_intent"], $0.source["setup_intent"]] } ?? [body]
        exchange.objectID = named.lazy.compactMap(\.id).first { Call.isID($0) }
    }
}
