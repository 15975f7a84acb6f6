import DunlinCore
import Testing

@testable import DunlinGateways

extension GatewayReply {
    /// The result in a few words, for comparing.
    var verdict: String {
        switch result {
        case .value(let intent as IntentSnapshot): "value \(intent.id) \(intent.status.text)"
        case .value(let intents as [IntentSnapshot]): "value [\(intents.map(\.id).joined(separator: ", "))]"
        case .value(let value): "value \(value)"
        case .declined(let intent, let decline): "declined \(intent?.id ?? "-") \(decline.reason)"
        case .refused(let refusal): "refused \(refusal.kind.rawValue) \(refusal.httpStatus) \(refusal.code ?? "-")"
        case .throttled(let throttle):
            "throttled \(throttle.isRateLimit ? "rate" : "lock") \(throttle.retryAfterSeconds.map(String.init) ?? "-")"
        case .notSent: "not sent"
        case .unknown: "unknown"
        }
    }
}

/// One answer of a gateway to a confirm, and what it must be taken for.
struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let step: ScriptedServer.Step
    let verdict: String

    init(_ name: String, _ step: ScriptedServer.Step, _ verdict: String) {
        self.name = name
        self.step = step
        self.verdict = verdict
    }

    var testDescription: String { name }

    /// The faults that mean the same at every gateway.
    static let faults: [Case] = [
        Case("500", .answer(500, body: #"{"error":{"type":"api_error","message":"x"}}"#), "unknown"),
        Case("502 of a proxy", .answer(502, headers: ["Content-Type": "text/html"], body: "<html>"), "unknown"),
        Case("503 without a body", .answer(503), "unknown"),
        Case("504 in plain text", .answer(504, headers: ["Content-Type": "text/plain"], body: "timeout"), "unknown"),
        Case("a status of no meaning", .answer(599, body: "{}"), "unknown"),
        Case(
            "a page instead of an answer", .answer(200, headers: ["Content-Type": "text/html"], body: "<html>"),
            "unknown"),
        Case("a page without its type", .answer(200, body: "\n <!doctype html>"), "unknown"),
        Case("a page with a refusal", .answer(403, headers: ["Content-Type": "text/html"], body: "<html>"), "unknown"),
        Case(
            "a page that is not found", .answer(404, headers: ["Content-Type": "text/html"], body: "<html>"), "unknown"),
        Case("a page with a 400", .answer(400, headers: ["Content-Type": "text/html"], body: "<html>"), "unknown"),
        Case("torn JSON with a 400", .answer(400, body: #"{"error":{"type":"invalid"#), "unknown"),
        Case("torn JSON with a 402", .answer(402, body: #"{"error":{"type":"card_error","#), "unknown"),
        Case("torn JSON", .answer(200, body: #"{"id":"pi_1","object":"payment_int"#), "unknown"),
        Case("an empty 200", .answer(200), "unknown"),
        Case("a 204", .bytes("HTTP/1.1 204 No Content\r\n\r\n"), "unknown"),
        Case("a 402 without a body", .answer(402), "unknown"),
        Case("JSON that is no object", .answer(200, body: "[]"), "unknown"),
        Case("JSON that is a number", .answer(200, body: "12"), "unknown"),
        Case(
            "another kind of object", .answer(200, body: #"{"id":"pi_1","object":"charge","status":"succeeded"}"#),
            "unknown"),
        Case("no status", .answer(200, body: #"{"id":"pi_1","object":"payment_intent"}"#), "unknown"),
        Case("no id", .answer(200, body: #"{"object":"payment_intent","status":"succeeded"}"#), "unknown"),
        Case("a closed connection", .close, "unknown"),
        Case("a reset connection", .reset, "unknown"),
        Case("half a head", .bytes("HTTP/1.1 200 OK\r\nContent-Le"), "unknown"),
        Case("half a body", .bytes("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"id\":\"pi_1\","), "unknown"),
        Case("half a chunk", .bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n{\"id\""), "unknown"),
        Case("no HTTP at all", .bytes("SSH-2.0-OpenSSH_9.2\r\n\r\n"), "unknown"),
        Case("408", .answer(408, body: "{}"), "unknown"),
        Case("424", .answer(424, body: #"{"error":{"type":"api_error"}}"#), "unknown"),
        Case("401 without a body", .answer(401), "refused key 401 -"),
        Case("404 without a body", .answer(404), "refused not_found 404 -"),
        Case("405", .answer(405, body: #"{"error":{"message":"x"}}"#), "refused request 405 -"),
    ]
}
