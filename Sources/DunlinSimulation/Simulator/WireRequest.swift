import DunlinCore
import DunlinGateways
import Foundation

/// One request, as the judge on the wire reads it.
struct WireRequest: Sendable {
    enum Operation: String, Hashable, Sendable {
        case create, confirm
        case oneCall = "one-call"
        case refund, cancel, read, other

        /// Creates or moves money.
        var isMoney: Bool { self == .create || self == .confirm || self == .oneCall || self == .refund }
        /// A charge of a card.
        var isCharge: Bool { self == .create || self == .confirm || self == .oneCall }
    }

    let request: HTTPRequest
    let kind: GatewayKind
    let operation: Operation
    let path: String
    let query: String
    let key: String?

    init(_ request: HTTPRequest, kind: GatewayKind) {
        self.request = request
        self.kind = kind
        let target = request.url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).last ?? ""
        let parts = target.split(separator: "?", maxSplits: 1)
        path = "/" + (parts.first ?? "")
        query = parts.count > 1 ? String(parts[1]) : ""
        key = request.headers.first { $0.name == "Idempotency-Key" }?.value
        operation = Self.operation(request.method, path, key)
    }

    private static func operation(_ method: String, _ path: String, _ key: String?) -> Operation {
        guard method == "POST" else { return .read }
        if path.hasSuffix("/confirm") { return .confirm }
        if path.hasSuffix("/cancel") { return .cancel }
        if path == "/v1/refunds" { return .refund }
        guard path == "/v1/payment_intents" else { return .other }
        return key?.contains(":one-call:") == true ? .oneCall : .create
    }

    var body: String { String(decoding: request.body, as: UTF8.self) }
    var text: String { "\(request.method) \(path)\(key.map { " [\($0)]" } ?? "")" }

    /// The path has an intent's id.
    var namesIntent: Bool {
        path.hasPrefix("/v1/payment_intents/") && !path.hasSuffix("/search") && !path.hasSuffix("/cancel")
    }

    var intentID: String? {
        let parts = path.split(separator: "/")
        return parts.count >= 3 && parts[1] == "payment_intents" ? String(parts[2]) : nil
    }

    /// What the query names, ids and references among it.
    var queryWords: [String] { words(of: query) }

    /// What a text names that may be encoded as in an address.
    func words(of text: String) -> [String] {
        let text = text.removingPercentEncoding ?? text
        return text.split { !($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }.map(String.init)
    }

    /// Reference and attempt number out of an idempotency key such as `ref:confirm:2`.
    var debt: (reference: String, attempt: Int)? {
        guard let parts = key?.split(separator: ":"), parts.count == 3, let number = Int(parts[2]) else { return nil }
        return (String(parts[0]), number)
    }
}
