import DunlinCalendar
import DunlinCore
import Synchronization
import Testing

@testable import DunlinGateways

/// A driver over a real socket, with a clock that stands still and waits that take no time.
final class Harness: Sendable {
    static let start = Instant(seconds: 1_795_255_200)  // 2026-11-21T10:00:00Z
    static let stripeKey = "sk_test_canary51StripeKeyThatMustNotLeak"
    static let wooshpayKey = "sk_test_canaryWooshPayKeyThatMustNotLeak"

    let server: ScriptedServer
    let transport: LiveTransport
    let waits = Mutex<[Int64]>([])
    let gates = Mutex<[String]>([])

    private init(_ script: [ScriptedServer.Step]) {
        server = ScriptedServer(script)
        transport = LiveTransport(limits: .init(connectTimeoutMilliseconds: 2_000, responseBytesMax: 64 * 1024))
    }

    private var environment: GatewayEnvironment {
        GatewayEnvironment(
            transport: transport, now: { Self.start }, sleep: { wait in self.waits.withLock { $0.append(wait) } },
            randomBits: { 0 }, readGate: { endpoint in self.gates.withLock { $0.append(endpoint) } })
    }

    static func settings(_ kind: GatewayKind, baseURL: String?) -> GatewaySettings {
        GatewaySettings(
            name: kind.rawValue, kind: kind, baseURL: baseURL,
            key: Secret(kind == .stripe ? stripeKey : wooshpayKey), totalTimeoutMilliseconds: 5_000,
            userAgent: "dunlin/0.1.0")
    }

    /// Runs `body` with a driver whose requests meet the script.
    static func run<Result>(
        _ kind: GatewayKind, _ script: [ScriptedServer.Step],
        settings change: (inout GatewaySettings) -> Void = { _ in },
        _ body: (any WholeGateway, Harness) async throws -> Result
    ) async throws -> Result {
        let harness = Harness(script)
        try await harness.server.start()
        var settings = settings(kind, baseURL: harness.server.baseURL)
        change(&settings)
        let gateway = try settings.gateway(environment: harness.environment)
        let result = await outcome { try await body(gateway, harness) }
        try await harness.transport.shutdown()
        try await harness.server.stop()
        return try result.get()
    }
}

/// `Result(catching:)` for asynchronous work.
private func outcome<Success>(of body: () async throws -> Success) async -> Result<Success, any Error> {
    do { return .success(try await body()) } catch { return .failure(error) }
}

enum Sample {
    static let metadata = IntentMetadata(
        reference: "dl-abc234", subscriptionID: "sub 1/ü", period: "2026-11-01", invoiceID: "42", databaseID: "db-1")

    static func request(
        minorUnits: Int64 = 1099, currency: String = "USD", description: String? = nil, suffix: String? = nil
    ) throws -> IntentRequest {
        IntentRequest(
            amount: Money(minorUnits: minorUnits, currency: try #require(Currency(currency))),
            customerID: "cus_1", paymentMethodID: "pm_1", metadata: metadata, description: description,
            statementSuffix: suffix)
    }

    /// A PaymentIntent as Stripe sends it, shortened to what matters here.
    static func stripeIntent(
        status: String = "requires_confirmation", charge: String = "null", error: String = "null", id: String = "pi_1"
    ) -> String {
        """
        {"id":"\(id)","object":"payment_intent","amount":1099,"currency":"usd","customer":"cus_1",\
        "client_secret":"\(id)_secret_canaryClientSecret","created":1795341000,"livemode":false,"latest_charge":\(charge),\
        "last_payment_error":\(error),"metadata":{"dunlin_reference":"dl-abc234","dunlin_subscription":"sub 1/ü",\
        "dunlin_period":"2026-11-01","dunlin_invoice":"42","dunlin_database":"db-1"},"next_action":null,\
        "payment_method":"pm_1","status":"\(status)"}
        """
    }

    static func wooshpayIntent(
        status: String = "requires_confirmation", error: String = "null",
        id: String = "pi_1953045900000000001"
    ) -> String {
        """
        {"id":"\(id)","object":"payment_intent","amount":1099,"currency":"USD","customer":"cus_1",\
        "client_secret":"\(id)_secret_canaryClientSecret","created":1795341000000,"livemode":false,\
        "last_payment_error":\(error),"merchant_order_id":"dl-abc234","metadata":{"dunlin_reference":"dl-abc234",\
        "dunlin_subscription":"sub 1/ü","dunlin_period":"2026-11-01","dunlin_invoice":"42","dunlin_database":"db-1"},\
        "next_action":"","payment_method_types":"[\\"card\\"]","payment_method":"pm_1","cancel_at":"",\
        "amount_received":null,"status":"\(status)"}
        """
    }

    static func stripeDecline(_ fields: String, intent: String = stripeIntent(status: "requires_payment_method"))
        -> String
    {
        """
        {"error":{"type":"card_error","charge":"ch_1","message":"Your card was declined.",\(fields),\
        "payment_intent":\(intent)}}
        """
    }
}

/// One call, and the request that it must send, byte for byte: the documented form.
struct Captured: CustomTestStringConvertible, Sendable {
    let name: String
    let call: @Sendable (any WholeGateway) async throws -> Void
    /// `POST /v1/…` or `GET /v1/…`.
    let line: String
    let body: String

    init(
        _ name: String, _ line: String, _ body: String = "",
        _ call: @escaping @Sendable (any WholeGateway) async throws -> Void
    ) {
        self.name = name
        self.line = line
        self.body = body
        self.call = call
    }

    var testDescription: String { name }

    /// Sends the call to a server that answers with an error, and compares what arrived first.
    func check(_ kind: GatewayKind) async throws {
        let answer = ScriptedServer.Step.answer(400, body: #"{"error":{"type":"invalid_request_error"}}"#)
        let sent = try await Harness.run(
            kind, [answer, answer], settings: { $0.returnURL = "https://yourwebsite.com" },
            { gateway, harness in
                try await call(gateway)
                return harness.server.requests.first ?? ""
            })
        #expect(sent == request(kind))
    }

    private func request(_ kind: GatewayKind) -> String {
        var lines = ["\(line) HTTP/1.1"]
        switch kind {
        case .stripe:
            lines += ["Authorization: Bearer \(Harness.stripeKey)", "Stripe-Version: 2026-07-29.dahlia"]
            if isWrite { lines.append("Content-Type: application/x-www-form-urlencoded") }
        case .wooshpay:
            let basic = Base64Text.encode(Harness.wooshpayKey + ":")
            lines += [
                "Authorization: Basic \(basic)", "Accept: application/json", "Content-Type: application/json",
            ]
        }
        lines.append("User-Agent: dunlin/0.1.0")
        if isWrite { lines.append("Idempotency-Key: k") }
        lines.append("host: 127.0.0.1:PORT")
        if isWrite { lines.append("Content-Length: \(body.utf8.count)") }
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    private var isWrite: Bool { line.hasPrefix("POST") }
}
