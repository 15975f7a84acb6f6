public import DunlinCore

/// Carries one request to a gateway and one answer back.
///
/// The seam for simulators and tests. Whoever implements it sends a request at most once, follows no redirect, and
/// tells apart whether a request that failed may have arrived (money.md 7 and 11).
public protocol Transport: Sendable {
    /// - Parameters:
    ///   - totalTimeoutMilliseconds: longest time from the hand-over to the last byte of the answer.
    ///   - deadline: asked after the last wait, right before the request is written; once it has passed the request is
    ///     not sent.
    func send(
        _ request: HTTPRequest, totalTimeoutMilliseconds: Int64, deadline: SendDeadline
    ) async throws(TransportError) -> HTTPResponse
}

/// Why there is no answer. The text names the fault and holds no header, no body and no query.
public enum TransportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The gateway cannot have received the request: name look-up, connect, TLS, or the deadline, came first.
    case notSent(String)
    /// A byte of the request may have left; what became of it is not known.
    case lost(String)

    public var description: String {
        switch self {
        case .notSent(let reason): Exchange.notSent + reason
        case .lost(let reason): "sent, but the answer was lost: \(reason)"
        }
    }
}
