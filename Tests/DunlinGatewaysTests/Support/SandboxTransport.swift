import DunlinCalendar
import DunlinCore
import DunlinSandbox
import Testing

@testable import DunlinGateways

/// Carries requests to the sandbox's model without a socket. An answer that the model loses is lost here too.
struct SandboxTransport: Transport {
    let sandbox: Sandbox
    /// Is told of everything that passes.
    var recorder: Recorder?

    func send(
        _ request: HTTPRequest, totalTimeoutMilliseconds: Int64, deadline: SendDeadline
    ) async throws(TransportError) -> HTTPResponse {
        if deadline.hasPassed() { throw .notSent("the send deadline had passed") }
        let target = request.url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).last ?? ""
        let parts = target.split(separator: "?", maxSplits: 1)
        let headers = request.headers.map { ($0.name.lowercased(), $0.value) }
        let response = sandbox.handle(
            SandboxRequest(
                method: request.method, path: "/" + (parts.first ?? ""),
                query: parts.count > 1 ? String(parts[1]) : "",
                headers: Dictionary(headers) { $1 }, body: request.body,
                dialect: headers.contains { $0.1.hasPrefix("Basic") } ? .wooshpay : .stripe))
        switch response.delivery {
        case .normal, .trickle: break
        case .dropped, .silent, .truncated: throw .lost("the sandbox lost it")
        }
        let answer = HTTPResponse(
            status: response.status, headers: response.headers.map { HTTPHeader($0.name, $0.value) },
            body: response.body)
        recorder?.keep(Recorder.Message(request: request, response: answer))
        return answer
    }
}

/// A gateway over a sandbox of its own, with one customer.
struct Conforming: Sendable {
    /// The dialects, and the forms in which WooshPay may turn out to speak.
    enum Variant: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case stripe
        case wooshpay
        case wooshpayWithOddTypes
        case wooshpayWithDeclinesAsErrors
        case wooshpayWithFlatErrors

        var testDescription: String { rawValue }
        var kind: GatewayKind { self == .stripe ? .stripe : .wooshpay }

        var quirks: WooshPayQuirks {
            var quirks = WooshPayQuirks()
            switch self {
            case .stripe, .wooshpay: break
            case .wooshpayWithOddTypes:
                (quirks.stringifiedJSON, quirks.emptyStrings, quirks.nullAmountReceived) = (true, true, true)
            case .wooshpayWithDeclinesAsErrors: (quirks.declinesAs402, quirks.authenticationAs402) = (true, true)
            case .wooshpayWithFlatErrors:
                (quirks.declinesAs402, quirks.authenticationAs402, quirks.flatErrors) = (true, true, true)
            }
            return quirks
        }
    }

    static let key = "sk_test_conformance0001"

    let gateway: any WholeGateway
    let sandbox: Sandbox
    let customerID: String

    init(
        _ variant: Variant, listening recorder: Recorder? = nil, change: (inout SandboxOptions) -> Void = { _ in }
    ) throws {
        var options = SandboxOptions()
        options.start = Harness.start.milliseconds
        options.quirks = variant.quirks
        change(&options)
        let sandbox = Sandbox(options)
        self.sandbox = sandbox
        let settings = GatewaySettings(
            name: "main", kind: variant.kind, key: Secret(Self.key), userAgent: "dunlin/0.1.0",
            returnURL: "https://example.com/back")
        gateway = try settings.gateway(
            environment: GatewayEnvironment(
                transport: SandboxTransport(sandbox: sandbox, recorder: recorder),
                now: { Instant(milliseconds: sandbox.now) },
                sleep: { sandbox.advance(to: sandbox.now + $0) }, randomBits: { 0 }))
        customerID = try Self.post(sandbox, "/v1/customers", "email=a%40example.com")
    }

    /// The id of a saved card that behaves as its test token says.
    func card(_ token: String = "pm_card_visa") throws -> String {
        try Self.post(sandbox, "/v1/payment_methods/\(token)/attach", "customer=\(customerID)")
    }

    func request(card: String, reference: String = "dl-1", minorUnits: Int64 = 1099) throws -> IntentRequest {
        IntentRequest(
            amount: Money(minorUnits: minorUnits, currency: try #require(Currency("USD"))), customerID: customerID,
            paymentMethodID: card,
            metadata: IntentMetadata(
                reference: reference, subscriptionID: "sub-1", period: "2026-11-01", invoiceID: "1", databaseID: "db"))
    }

    func expectation(_ request: IntentRequest) -> IntentExpectation {
        IntentExpectation(
            amount: request.amount, customerID: request.customerID, mode: .test, metadata: request.metadata)
    }

    /// Creates the intent, which must work.
    func create(_ request: IntentRequest) async throws -> IntentSnapshot {
        let reply = await gateway.create(request, idempotencyKey: "\(request.metadata):create", deadline: .none)
        guard case .value(let intent) = reply.result else {
            Issue.record("create: \(reply.verdict)")
            throw CancellationError()
        }
        return intent
    }

    func confirm(
        _ intent: IntentSnapshot, _ request: IntentRequest, attempt: Int = 1
    ) async -> GatewayReply<IntentSnapshot> {
        await gateway.confirm(
            intent.id, request: request, idempotencyKey: "\(intent.id):confirm:\(attempt)", deadline: .none)
    }

    func retrieve(_ id: String) async throws -> IntentSnapshot {
        let reply = await gateway.retrieve(id)
        guard case .value(let intent) = reply.result else {
            Issue.record("retrieve: \(reply.verdict)")
            throw CancellationError()
        }
        return intent
    }

    /// What is at the gateway under the reference, by the way that the gateway has for it.
    func find(_ reference: String) async -> GatewayReply<[IntentSnapshot]> {
        if gateway.capabilities.listing == .byReference { return await gateway.intents(reference: reference) }
        let reply = await gateway.intents(
            IntentQuery(customerID: customerID, createdFrom: Harness.start.adding(days: -1)))
        guard case .value(let intents) = reply.result else { return reply }
        return GatewayReply(.value(intents.filter { $0.metadata.reference == reference }), exchanges: reply.exchanges)
    }

    private static func post(_ sandbox: Sandbox, _ path: String, _ form: String) throws -> String {
        let response = sandbox.handle(
            SandboxRequest(
                method: "POST", path: path,
                headers: [
                    "authorization": "Bearer " + key, "content-type": "application/x-www-form-urlencoded",
                ], body: Array(form.utf8), dialect: .stripe))
        return try #require(
            JSON(parsing: response.body)?["id"].text, "\(String(decoding: response.body, as: UTF8.self))")
    }
}
