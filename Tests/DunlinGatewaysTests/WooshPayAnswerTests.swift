import DunlinCalendar
import DunlinCore
import Synchronization
import Testing

@testable import DunlinGateways

@Suite struct WooshPayAnswerTests {
    private static let id = "pi_1953045900000000001"

    private func confirm(_ step: ScriptedServer.Step) async throws -> GatewayReply<IntentSnapshot> {
        let request = try Sample.request()
        return try await Harness.run(.wooshpay, [step]) { gateway, harness in
            let reply = await gateway.confirm(Self.id, request: request, idempotencyKey: "k", deadline: .none)
            #expect(harness.server.requests.count == 1)
            return reply
        }
    }

    private static let text = ["Content-Type": "text/plain"]

    static let answers: [Case] = [
        Case("paid", .answer(200, body: Sample.wooshpayIntent(status: "succeeded")), "value \(id) succeeded"),
        Case(
            "action", .answer(200, body: Sample.wooshpayIntent(status: "requires_action")),
            "value \(id) requires_action"),
        Case(
            "a decline as an object",
            .answer(
                200,
                body: Sample.wooshpayIntent(
                    status: "requires_payment_method",
                    error: #"{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds"}"#)),
            "declined \(id) insufficient_funds"),
        Case(
            "a decline as an object within a string",
            .answer(
                200,
                body: Sample.wooshpayIntent(status: "requires_payment_method", error: #""{\"code\":\"expired_card\"}""#)
            ),
            "declined \(id) expired_card"),
        Case(
            "no method and no error", .answer(200, body: Sample.wooshpayIntent(status: "requires_payment_method")),
            "value \(id) requires_payment_method"),
        Case(
            "no method and an empty error",
            .answer(200, body: Sample.wooshpayIntent(status: "requires_payment_method", error: #""""#)),
            "value \(id) requires_payment_method"),
        Case("failed", .answer(200, body: Sample.wooshpayIntent(status: "failed")), "declined \(id) failed"),
        Case(
            "a decline as an error",
            .answer(
                402, body: #"{"error":{"type":"card_error","code":"card_declined","decline_code":"do_not_honor"}}"#),
            "declined - do_not_honor"),
        Case(
            "a flat decline", .answer(402, body: #"{"code":"insufficient_funds","message":"x"}"#),
            "declined - insufficient_funds"),
        Case("a 402 with a text for an error", .answer(402, body: #"{"error":"refunds are not enabled"}"#), "unknown"),
        Case("a 402 in plain text", .answer(402, headers: text, body: "Payment failed"), "unknown"),
        Case(
            "a 402 about the account",
            .answer(402, body: #"{"error":{"type":"invalid_request_error","code":"x"}}"#), "refused request 402 x"),
        Case("bad parameter", .answer(400, body: #"{"error":"amount is required"}"#), "refused request 400 -"),
        Case("bad parameter in plain text", .answer(400, headers: text, body: "amount"), "refused request 400 -"),
        Case(
            "flat error", .answer(400, body: #"{"code":"bad","message":"x","param":"amount"}"#),
            "refused request 400 bad"),
        Case(
            "key used with other parameters", .answer(400, body: #"{"type":"idempotency_error","message":"x"}"#),
            "refused idempotency 400 -"),
        Case(
            "wrong state", .answer(400, body: #"{"error":{"code":"payment_intent_unexpected_state"}}"#),
            "refused wrong_state 400 payment_intent_unexpected_state"),
        Case("bad key", .answer(401, body: #"{"message":"Unauthorized"}"#), "refused key 401 -"),
        Case("missing permission", .answer(403, headers: text, body: "no"), "refused key 403 -"),
        Case("missing object", .answer(404, body: #"{"message":"no such"}"#), "refused not_found 404 -"),
        Case("conflict", .answer(409, body: #"{"error":{"type":"idempotency_error"}}"#), "unknown"),
        Case("too many", .answer(429, headers: ["Retry-After": "7"], body: "{}"), "unknown"),
        Case("a failing sandbox", .answer(500, headers: text, body: "temporary problem"), "unknown"),
    ]

    @Test(arguments: answers + Case.faults)
    func anAnswerToAConfirmIsTakenForWhatItProves(_ example: Case) async throws {
        #expect(try await confirm(example.step).verdict == example.verdict)
    }

    @Test func aLimitOnAReadIsALimit() async throws {
        let limit = ScriptedServer.Step.answer(429, headers: ["Retry-After": "60"], body: "{}")
        try await Harness.run(.wooshpay, [limit]) { gateway, harness in
            let reply = await gateway.retrieve(Self.id)
            #expect(reply.verdict == "throttled rate 60")
            #expect(harness.server.requests.count == 1)
            #expect(harness.waits.withLock { $0.isEmpty })
        }
    }

    @Test func theAccountIsNotTold() async throws {
        let empty = #"{"object":"list","data":[],"has_more":false}"#
        try await Harness.run(.wooshpay, [.answer(200, body: empty), .answer(401)]) { gateway, _ in
            guard case .value(let identity) = await gateway.identify().result else {
                Issue.record("there is no identity")
                return
            }
            #expect(identity == GatewayIdentity(account: nil, date: Harness.start))
            #expect(await gateway.identify().verdict == "refused key 401 -")
        }
    }

    @Test func anErrorOnTheIntentIsItsMarkForAnAttemptThatReachedTheCard() async throws {
        let fresh = ScriptedServer.Step.answer(200, body: Sample.wooshpayIntent())
        let failed = ScriptedServer.Step.answer(
            200, body: Sample.wooshpayIntent(status: "requires_payment_method", error: #"{"code":"card_declined"}"#))
        try await Harness.run(.wooshpay, [fresh, failed]) { gateway, _ in
            for expected in [nil, "error"] {
                guard case .value(let intent) = await gateway.retrieve(Self.id).result else {
                    Issue.record("there is no intent")
                    return
                }
                #expect(intent.latestCharge == expected)
                #expect(intent.metadata == Sample.metadata)
                #expect(intent.createdAt == Instant(seconds: 1_795_341_000))
            }
        }
    }
}
