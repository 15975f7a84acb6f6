import DunlinSandbox
import Foundation
import Testing

/// Something that goes wrong with one request.
struct Mishap: Sendable, CustomTestStringConvertible {
    enum Kind: String, Sendable, CaseIterable {
        case pageInsteadOfEffect, pageAfterEffect, failureInsteadOfEffect, failureAfterEffect
        case closedBeforeEffect, closedAfterEffect, truncated, silent, emptyObject, otherObject
    }

    let kind: Kind
    let endpoint: String
    let gateway: GatewayName

    var testDescription: String { "\(gateway.rawValue) \(endpoint) \(kind.rawValue)" }

    static let all = GatewayName.allCases.flatMap { gateway in
        [GatewayRequest.create, GatewayRequest.confirm].flatMap { endpoint in
            Kind.allCases.map { Mishap(kind: $0, endpoint: endpoint, gateway: gateway) }.filter { !$0.isForeign }
        }
    }

    /// A create that is answered with somebody else's intent: no answer of ours will ever come.
    var isForeign: Bool { kind == .otherObject && endpoint == GatewayRequest.create }

    var trouble: GatewayServer.Trouble {
        let failure = GatewayAnswer.json(500, ["error": ["type": "api_error", "message": "Something went wrong."]])
        var closed = GatewayAnswer.html
        closed.wire = .closed
        return switch kind {
        case .pageInsteadOfEffect: .instead(.html, hasEffect: false)
        case .pageAfterEffect: .instead(.html, hasEffect: true)
        case .failureInsteadOfEffect: .instead(failure, hasEffect: false)
        case .failureAfterEffect: .instead(failure, hasEffect: true)
        case .closedBeforeEffect: .instead(closed, hasEffect: false)
        case .closedAfterEffect: .instead(closed, hasEffect: true)
        case .truncated: .travels(.truncated)
        case .silent: .travels(.silent)
        case .emptyObject: .instead(.json(200, [:]), hasEffect: true)
        case .otherObject:
            .instead(
                .json(200, ["id": "pi_other", "object": "payment_intent", "status": "succeeded"]), hasEffect: true)
        }
    }
}

/// Gateways that are down, slow or talk nonsense: the batch goes on, what is unknown stays unknown until the gateway
/// itself settles it, and nobody pays twice.
@Suite(.fewAtOnce) struct GatewayTroubleTests {
    @Test(arguments: Mishap.all)
    func aMishapWithOneRequestLeavesOneUnknownAndTheOthersCharged(mishap: Mishap) async throws {
        let stage = try await Stage(
            mishap.gateway, cards: Array(repeating: "pm_card_visa", count: 4),
            settings: [mishap.gateway.prefix + "_TOTAL_TIMEOUT_SECONDS": "1"]
        ) { $0.ignoresIdempotencyKeys = true }
        stage.server.disturb(mishap.endpoint, nth: 2, mishap.trouble)
        let first = try await stage.site.pass()
        #expect(first["attempted"] == 4)
        #expect(first["succeeded"] == 3)
        #expect(first["unknown"] == 1)
        #expect(first["declined"] == 0)
        #expect(first["refused"] == 0)
        #expect(try await stage.site.invoices("unknown") == 1)
        try await stage.site.settle()
        try await stage.expectsEachCollectedOnce(4)
    }

    /// What is not as it was sent is not confirmed, and a person looks (money.md 3).
    @Test(arguments: GatewayName.allCases)
    func aCreateAnsweredWithAnotherIntentIsHeldForAPerson(gateway: GatewayName) async throws {
        let stage = try await Stage(gateway, cards: Array(repeating: "pm_card_visa", count: 3))
        let mishap = Mishap(kind: .otherObject, endpoint: GatewayRequest.create, gateway: gateway)
        stage.server.disturb(GatewayRequest.create, nth: 2, mishap.trouble)
        let first = try await stage.site.pass(status: 1)
        #expect(first["succeeded"] == 2)
        #expect(try await stage.site.invoices("on_hold") == 1)
        #expect(stage.server.requests.allSatisfy { !$0.path.contains("pi_other/confirm") })
        try await stage.site.pass(after: 86_400)
        try await stage.expectsEachCollectedOnce(2)
    }

    @Test func aGatewayThatIsDownEndsWithStatusThreeAndTheOtherGoesOn() async throws {
        let model = SandboxModel()
        let wooshpay = try await GatewayServer { model.answer($0) }
        let gone = try await GatewayServer { model.answer($0) }
        let address = gone.baseURL
        gone.close()
        var site = try Site([.stripe: address, .wooshpay: wooshpay.baseURL])
        try await site.open(
            try GatewayName.allCases.map {
                SampleSubscription(card: try model.save(card: "pm_card_visa"), gateway: $0)
            })
        let first = try await site.pass(status: 3)
        #expect(first["succeeded"] == 1)
        #expect(try await site.list("invoices").count == 1, "nothing is planned where the gateway does not answer")
        let back = try await GatewayServer { model.answer($0) }
        site.program.environment["DUNLIN_STRIPE_BASE_URL"] = back.baseURL
        #expect(try await site.pass(after: 3_600)["succeeded"] == 1)
        #expect(model.sandbox.audit.successes == 2)
        #expect(model.sandbox.audit.doubles.isEmpty)
        try await site.prove()
    }

    /// From the first answer on, every answer is nonsense: nothing is planned, and nothing is lost.
    @Test(arguments: GatewayName.allCases, [Mishap.Kind.pageInsteadOfEffect, .truncated, .closedBeforeEffect, .silent])
    func aGatewayThatTalksNonsenseFromTheStartIsLeftForALaterPass(
        gateway: GatewayName, kind: Mishap.Kind
    ) async throws {
        let stage = try await Stage(gateway, settings: [gateway.prefix + "_TOTAL_TIMEOUT_SECONDS": "1"])
        let mishap = Mishap(kind: kind, endpoint: "*", gateway: gateway)
        stage.server.disturb("*", times: 1_000, mishap.trouble)
        let first = try await stage.site.pass(status: 3)
        #expect(first["invoiced"] == 0)
        #expect(stage.server.requests.allSatisfy { !$0.writes })
        stage.server.endTroubles()
        #expect(try await stage.site.pass(after: 3_600)["succeeded"] == 2)
        try await stage.expectsEachCollectedOnce(2)
    }

    /// The gateway goes away in the middle of a batch: after five unknowns in a row nothing more is sent, and the first
    /// good answer settles everything.
    @Test(arguments: GatewayName.allCases)
    func anOutageInTheMiddleOfABatchStopsItAndLosesNothing(gateway: GatewayName) async throws {
        let stage = try await Stage(
            gateway, cards: Array(repeating: "pm_card_visa", count: 40),
            settings: ["DUNLIN_WORKER_CONCURRENCY": "4"]
        ) { $0.ignoresIdempotencyKeys = true }
        var closed = GatewayAnswer.html
        closed.wire = .closed
        stage.server.disturb("*", nth: 12, times: 1_000, .instead(closed, hasEffect: true))
        let first = try await stage.site.pass(status: 3)
        let unknown = try #require(first["unknown"])
        // Where a look-up goes before each create, a silent look-up tells of the outage too, and leaves nothing unknown.
        let least = gateway == .stripe ? 5 : 0
        #expect(unknown >= least && unknown <= 5 + 4, "\(unknown)")
        let sent = stage.server.requests.count(where: \.writes)
        #expect(sent < 40)
        stage.server.endTroubles()
        try await stage.site.settle(from: 1_200)
        try await stage.expectsEachCollectedOnce(40)
    }

    /// A refused key stops charging, is no decline, and costs nobody a try.
    @Test(arguments: GatewayName.allCases, [401, 403])
    func aKeyThatIsRefusedInTheMiddleOfABatchStopsCharging(gateway: GatewayName, status: Int) async throws {
        let stage = try await Stage(gateway, settings: ["DUNLIN_WORKER_CONCURRENCY": "1"])
        let refusal = GatewayAnswer.json(
            status, ["error": ["type": "invalid_request_error", "message": "Invalid API Key provided: sk_test_****"]])
        stage.server.disturb(GatewayRequest.create, times: 100, .instead(refusal, hasEffect: false))
        let first = try await stage.site.pass(status: 3)
        #expect(first["declined"] == 0)
        #expect(first["refused"] == 0)
        #expect(first["unknown"] == 0)
        stage.server.endTroubles()
        let started = try await stage.site.program.run("charging", "start", "--reason", "the key is mended")
        #expect(started.status == 0, "\(started.error)")
        try await stage.site.settle()
        try await stage.expectsEachCollectedOnce(2)
    }

    /// A gateway that has no more room says so, and everybody is charged in the end.
    @Test func aGatewayThatIsBusyIsAskedAgainLater() async throws {
        let stage = try await Stage(cards: Array(repeating: "pm_card_visa", count: 6))
        var busy = GatewayAnswer.json(429, ["error": ["type": "invalid_request_error", "code": "rate_limit"]])
        busy.headers["Stripe-Rate-Limited-Reason"] = "endpoint-rate"
        stage.server.disturb(GatewayRequest.confirm, nth: 2, times: 3, .instead(busy, hasEffect: false))
        try await stage.site.pass()
        try await stage.site.settle()
        try await stage.expectsEachCollectedOnce(6)
    }
}
