/// What went wrong with a call, in one value: for a person to read, and for code that has to go on.
public struct GatewayFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Hashable, Sendable {
        /// The bank or the gateway said no to the card.
        case declined
        /// The key was refused, or may not do this.
        case key
        case notFound = "not_found"
        /// The object is in a state that does not allow it.
        case wrongState = "wrong_state"
        /// The idempotency key was used with other parameters.
        case idempotency
        /// The request itself is not accepted.
        case request
        /// Turned away by a limiter or a lock.
        case throttled
        /// Not one byte left.
        case notSent = "not_sent"
        /// No answer that says what happened.
        case unknown
    }

    /// Whether the same call may be made again.
    public enum Again: Hashable, Sendable {
        case no
        /// At once, or after so many seconds.
        case afterSeconds(Int64)
        /// Only after the object has been read: the call may have taken effect.
        case afterReading
    }

    public var kind: Kind
    public var httpStatus: Int?
    /// The gateway's word for the error.
    public var code: String?
    public var declineCode: String?
    public var adviceCode: String?
    public var networkDeclineCode: String?
    public var networkAdviceCode: String?
    /// The parameter that the gateway complains about.
    public var parameter: String?
    /// What the gateway's support asks for.
    public var requestID: String?
    /// Cleaned of card data and secrets.
    public var message: String
    public var moneyMayHaveMoved: Bool
    public var again: Again

    /// For an answer of a form that its call never has.
    public static let noAnswer = GatewayFailure(
        kind: .unknown, message: "an unexpected answer", moneyMayHaveMoved: false, again: .afterReading)

    public var description: String {
        let codes = [code, declineCode.map { "decline \($0)" }, adviceCode.map { "advice \($0)" }, parameter]
        let inBrackets = codes.compactMap { $0 }.joined(separator: ", ")
        return inBrackets.isEmpty ? message : "\(message) (\(inBrackets))"
    }

    /// How long a call that was turned away without a time waits.
    static let waitSecondsDefault: Int64 = 5
}

extension GatewayReply {
    /// Why there is no value; nil when there is one.
    ///
    /// - Parameter movesMoney: true for calls that create or move money (a confirm, a refund).
    public func failure(movesMoney: Bool) -> GatewayFailure? {
        let last = exchanges.last
        func failure(_ kind: GatewayFailure.Kind, _ message: String, _ again: GatewayFailure.Again) -> GatewayFailure {
            GatewayFailure(
                kind: kind, httpStatus: last?.httpStatus, code: last?.errorCode, declineCode: last?.declineCode,
                requestID: last?.requestID, message: message, moneyMayHaveMoved: false, again: again)
        }
        switch result {
        case .value: return nil
        case .declined(_, let decline): return failure(.declined, "the card was declined", .no).adding(decline)
        case .refused(let refusal): return failure(refusal.kind.failureKind, refusal.message, .no).adding(refusal)
        case .throttled(let throttle):
            let seconds = throttle.retryAfterSeconds ?? GatewayFailure.waitSecondsDefault
            let what = throttle.isRateLimit ? "too many requests" : "the object is locked"
            return failure(.throttled, "\(what); nothing was done", .afterSeconds(seconds))
        case .notSent(let why): return failure(.notSent, "not sent: \(why)", .afterSeconds(0))
        case .unknown(let why):
            var unknown = failure(.unknown, "no clear answer: \(why)", .afterReading)
            unknown.moneyMayHaveMoved = movesMoney
            return unknown
        }
    }
}

extension GatewayFailure {
    fileprivate func adding(_ decline: Decline) -> GatewayFailure {
        var full = self
        full.code = decline.code
        full.declineCode = decline.declineCode
        full.adviceCode = decline.adviceCode
        full.networkDeclineCode = decline.networkDeclineCode
        full.networkAdviceCode = decline.networkAdviceCode
        if let message = decline.message { full.message = message }
        // Another request may be made, but not because of this answer: the rules of declines.json say when.
        full.again = .no
        return full
    }

    fileprivate func adding(_ refusal: Refusal) -> GatewayFailure {
        var full = self
        full.httpStatus = refusal.httpStatus == 0 ? nil : refusal.httpStatus
        full.code = refusal.code
        full.parameter = refusal.parameter
        return full
    }
}

extension Refusal.Kind {
    fileprivate var failureKind: GatewayFailure.Kind {
        switch self {
        case .key: .key
        case .notFound: .notFound
        case .wrongState: .wrongState
        case .idempotency: .idempotency
        case .request: .request
        }
    }
}
