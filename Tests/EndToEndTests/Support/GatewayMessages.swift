import Foundation
import NIOCore

/// A request as it reached a gateway in the tests' own process.
struct GatewayRequest: Sendable {
    let method: String
    /// Without the query.
    let path: String
    let query: String
    /// Names in lower case.
    let headers: [String: String]
    let body: [UInt8]
    /// By a clock that never jumps.
    let arrivedAt: NIODeadline

    static let create = "POST /v1/payment_intents"
    static let confirm = "POST /v1/payment_intents/{id}/confirm"
    static let cancel = "POST /v1/payment_intents/{id}/cancel"
    static let retrieve = "GET /v1/payment_intents/{id}"
    static let list = "GET /v1/payment_intents"
    static let search = "GET /v1/payment_intents/search"

    /// Method and path, ids left out.
    var endpoint: String {
        var parts = path.split(separator: "/").map(String.init)
        if parts.count >= 3, parts[1] == "payment_intents", parts[2] != "search" { parts[2] = "{id}" }
        return "\(method) /" + parts.joined(separator: "/")
    }

    var writes: Bool { method == "POST" }
    var isJSON: Bool { headers["content-type"]?.hasPrefix("application/json") ?? false }

    /// The body's fields, or the query's, by name: a form's, or the scalars of a JSON object. `metadata[a]` in both.
    var fields: [String: String] {
        guard writes else { return Self.form(query) }
        guard isJSON else { return Self.form(String(decoding: body, as: UTF8.self)) }
        let object = (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
        var fields: [String: String] = [:]
        for (name, value) in object {
            if let members = value as? [String: Any] {
                for (key, member) in members { fields["\(name)[\(key)]"] = "\(member)" }
            } else {
                fields[name] = "\(value)"
            }
        }
        return fields
    }

    private static func form(_ text: String) -> [String: String] {
        let pairs = text.split(separator: "&").map { pair in
            pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                $0.replacing("+", with: " ").removingPercentEncoding ?? String($0)
            }
        }
        return Dictionary(pairs.map { ($0[0], $0.count > 1 ? $0[1] : "") }, uniquingKeysWith: { $1 })
    }
}

/// What a gateway answers, and how the answer travels.
struct GatewayAnswer: Sendable {
    enum Wire: Sendable {
        case whole
        /// The connection ends without a byte.
        case closed
        /// Half of the body, then the connection ends.
        case truncated
        /// Nothing, ever.
        case silent
    }

    var status = 200
    var headers: [String: String] = ["Content-Type": "application/json"]
    var body: [UInt8]
    var wire = Wire.whole

    static func json(_ status: Int, _ object: [String: Any]) -> Self {
        let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
        return Self(status: status, body: Array(data ?? Data()))
    }

    static let html = Self(
        status: 502, headers: ["Content-Type": "text/html"], body: Array("<html><h1>502 Bad Gateway</h1></html>".utf8))
}
