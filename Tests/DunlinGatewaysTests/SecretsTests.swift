import DunlinCalendar
import DunlinCore
import Testing

@testable import DunlinGateways

@Suite struct SecretsTests {
    private static let card = "4242 4242 4242 4242"

    /// Everything that a processor could echo into an error.
    private func echo(_ key: String) -> String {
        let basic = Base64Text.encode(key + ":")
        let bare = Base64Text.encode(key)
        return "\(key) \(basic) \(bare) pi_1_secret_canaryClientSecret, card \(Self.card) at https://a.b/?k=canaryQuery"
    }

    private func expectClean(_ text: String, _ key: String, _ what: String) {
        let forbidden = [
            key, String(Base64Text.encode(key).prefix(20)), "canaryClientSecret", "canaryQuery", "4242 4242 4242 4242",
            "424242424242",
        ]
        for secret in forbidden {
            // Compared apart from the expectation, which would print the whole text.
            let leaks = text.contains(secret)
            #expect(!leaks, "\(what): \(secret)")
        }
    }

    @Test func noSecretThatAGatewayEchoesComesThroughAnyAnswer() async throws {
        let request = try Sample.request()
        for kind in GatewayKind.allCases {
            let key = kind == .stripe ? Harness.stripeKey : Harness.wooshpayKey
            let leak = echo(key)
            for status in [400, 401, 402, 403, 404, 409, 418, 429, 500] {
                for type in ["card_error", "invalid_request_error", leak] {
                    let body = """
                        {"error":{"type":"\(type)","code":"\(leak)","decline_code":"\(leak)","param":"\(leak)",\
                        "message":"\(leak)","advice_code":"\(leak)","charge":"\(leak)","network_decline_code":"\(leak)"}}
                        """
                    let step = ScriptedServer.Step.answer(status, headers: ["Request-Id": leak], body: body)
                    try await Harness.run(kind, [step]) { gateway, _ in
                        let reply = await gateway.confirm(
                            "pi_1", request: request, idempotencyKey: "k", deadline: .none)
                        expectClean("\(reply)", key, "\(kind) \(status) \(type)")
                    }
                }
            }
        }
    }

    @Test func noSecretComesThroughAFaultOrAnOddAnswer() async throws {
        let request = try Sample.request()
        for kind in GatewayKind.allCases {
            let key = kind == .stripe ? Harness.stripeKey : Harness.wooshpayKey
            let leak = echo(key)
            let text = ["Content-Type": "text/plain"]
            for step in [
                ScriptedServer.Step.close, .reset, .bytes(leak + "\r\n\r\n"), .answer(401, headers: text, body: leak),
                .answer(400, headers: text, body: leak), .answer(502, headers: text, body: leak),
                .answer(200, body: #"{"id":"\#(leak)","object":"payment_intent","status":"succeeded"}"#),
                .answer(
                    200,
                    body: Sample.stripeIntent(status: "requires_payment_method", error: #"{"message":"\#(leak)"}"#)),
            ] {
                try await Harness.run(kind, [step]) { gateway, _ in
                    let reply = await gateway.confirm("pi_1", request: request, idempotencyKey: "k", deadline: .none)
                    expectClean("\(reply)", key, "\(kind) \(step)")
                }
            }
        }
    }

    @Test func noDriverOrSettingPrintsItsKey() async throws {
        for kind in GatewayKind.allCases {
            let settings = Harness.settings(kind, baseURL: nil)
            let gateway = try settings.gateway(
                environment: GatewayEnvironment(
                    transport: DeadTransport(), now: { Harness.start }, sleep: { _ in }, randomBits: { 0 }))
            var dumped = ""
            dump(gateway, to: &dumped)
            dump(settings, to: &dumped)
            for text in [dumped, "\(gateway)", "\(settings)", String(reflecting: gateway)] {
                expectClean(text, settings.key.exposed, "\(kind)")
            }
        }
    }

    @Test func aLongTextIsCut() {
        let scrubber = Scrubber(key: Secret("sk_test_abc"))
        #expect(scrubber.clean(String(repeating: "x", count: 100_000)).count == Scrubber.lengthMax)
        #expect(scrubber.clean("a sk_test_abc b") == "a … b")
        #expect(scrubber.cleanID("pi_4242424242424242") == "pi_4242424242424242")
        #expect(scrubber.cleanID("req_sk_test_abc") == "req_…")
        #expect(scrubber.cleanID("pi_1_secret_abc") == "pi_1_secret_…")
        #expect(scrubber.clean("seti_1_secret_abcDEF123. More") == "seti_1_secret_…. More")
    }
}
