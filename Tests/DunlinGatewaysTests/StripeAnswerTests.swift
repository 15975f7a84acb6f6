import DunlinCalendar
import DunlinCore
import Synchronization
import Testing

@testable import DunlinGateways

@Suite struct StripeAnswerTests {
    private func confirm(_ step: ScriptedServer.Step) async throws -> GatewayReply<IntentSnapshot> {
        let request = try Sample.request()
        return try await Harness.run(.stripe, [step]) { gateway, harness in
            let reply = await gateway.confirm("pi_1", request: request, idempotencyKey: "k", deadline: .none)
            #expect(harness.server.requests.count == 1)
            #expect(reply.exchanges.count == 1)
            return reply
        }
    }

    static let answers: [Case] = [
        Case("paid", .answer(200, body: Sample.stripeIntent(status: "succeeded")), "value pi_1 succeeded"),
        Case("201", .answer(201, body: Sample.stripeIntent(status: "succeeded")), "value pi_1 succeeded"),
        Case("processing", .answer(200, body: Sample.stripeIntent(status: "processing")), "value pi_1 processing"),
        Case(
            "action", .answer(200, body: Sample.stripeIntent(status: "requires_action")), "value pi_1 requires_action"),
        Case("a status of next year", .answer(200, body: Sample.stripeIntent(status: "new")), "value pi_1 new"),
        Case(
            "a decline in a 200",
            .answer(
                200,
                body: Sample.stripeIntent(
                    status: "requires_payment_method", error: #"{"code":"card_declined","decline_code":"lost_card"}"#)),
            "declined pi_1 lost_card"),
        Case(
            "declined",
            .answer(402, body: Sample.stripeDecline(#""code":"card_declined","decline_code":"insufficient_funds""#)),
            "declined pi_1 insufficient_funds"),
        Case(
            "declined by a code alone", .answer(402, body: Sample.stripeDecline(#""code":"expired_card""#)),
            "declined pi_1 expired_card"),
        Case(
            "authentication", .answer(402, body: Sample.stripeDecline(#""code":"authentication_required""#)),
            "declined pi_1 authentication_required"),
        Case(
            "declined without an intent",
            .answer(402, body: #"{"error":{"type":"card_error","code":"card_declined"}}"#), "declined - card_declined"),
        Case(
            "a decline of another intent",
            .answer(
                402,
                body: Sample.stripeDecline(#""code":"card_declined""#, intent: Sample.stripeIntent(id: "pi_2"))),
            "unknown"),
        Case("another intent", .answer(200, body: Sample.stripeIntent(status: "succeeded", id: "pi_2")), "unknown"),
        Case(
            "a raw card number without clearance",
            .answer(402, body: #"{"error":{"type":"invalid_request_error","message":"x"}}"#), "refused request 402 -"),
        Case(
            "bad parameter",
            .answer(400, body: #"{"error":{"type":"invalid_request_error","code":"parameter_unknown","param":"x"}}"#),
            "refused request 400 parameter_unknown"),
        Case(
            "wrong state",
            .answer(
                400, body: #"{"error":{"type":"invalid_request_error","code":"payment_intent_unexpected_state"}}"#),
            "refused wrong_state 400 payment_intent_unexpected_state"),
        Case(
            "a method that was detached",
            .answer(
                400, body: #"{"error":{"type":"invalid_request_error","code":"payment_method_unexpected_state"}}"#),
            "refused request 400 payment_method_unexpected_state"),
        Case(
            "key used with other parameters", .answer(400, body: #"{"error":{"type":"idempotency_error"}}"#),
            "refused idempotency 400 -"),
        Case(
            "the old form of the limit",
            .answer(400, body: #"{"error":{"type":"invalid_request_error","code":"rate_limit"}}"#), "throttled rate -"),
        Case(
            "bad key", .answer(401, body: #"{"error":{"type":"invalid_request_error","message":"Invalid API Key"}}"#),
            "refused key 401 -"),
        Case(
            "missing permission", .answer(403, body: #"{"error":{"type":"invalid_request_error"}}"#),
            "refused key 403 -"),
        Case(
            "a bad key in plain text", .answer(401, headers: ["Content-Type": "text/plain"], body: "no"),
            "refused key 401 -"),
        Case(
            "missing object",
            .answer(404, body: #"{"error":{"type":"invalid_request_error","code":"resource_missing"}}"#),
            "refused not_found 404 resource_missing"),
        Case(
            "a missing page in plain text", .answer(404, headers: ["Content-Type": "text/plain"], body: "no"), "unknown"
        ),
        Case(
            "the key is in use",
            .answer(409, body: #"{"error":{"type":"idempotency_error","code":"idempotency_key_in_use"}}"#), "unknown"),
        Case(
            "limiter",
            .answer(
                429, headers: ["Stripe-Rate-Limited-Reason": "endpoint-rate", "Retry-After": "7"],
                body: #"{"error":{"type":"invalid_request_error"}}"#), "throttled rate 7"),
        Case(
            "limiter by its code", .answer(429, body: #"{"error":{"code":"rate_limit"}}"#), "throttled rate -"),
        Case(
            "lock", .answer(429, body: #"{"error":{"type":"invalid_request_error","code":"lock_timeout"}}"#),
            "throttled lock -"),
        Case(
            "a lock until a date",
            .answer(
                429, headers: ["Retry-After": "Sat, 21 Nov 2026 10:01:30 GMT"],
                body: #"{"error":{"code":"lock_timeout"}}"#), "throttled lock 90"),
        Case(
            "a limiter with nonsense to wait for",
            .answer(429, headers: ["Retry-After": "soon", "Stripe-Rate-Limited-Reason": "global-rate"]),
            "throttled rate -"),
        Case("a limit of a proxy", .answer(429, headers: ["Content-Type": "text/html"], body: "<html>"), "unknown"),
        Case("redirect", .answer(307, headers: ["Location": "/elsewhere"]), "unknown"),
    ]

    @Test(arguments: answers + Case.faults)
    func anAnswerToAConfirmIsTakenForWhatItProves(_ example: Case) async throws {
        let reply = try await confirm(example.step)
        #expect(reply.verdict == example.verdict)
    }

    @Test func aDeclineCarriesEveryCodeAndTheIntent() async throws {
        let reply = try await confirm(
            .answer(
                402,
                headers: ["Request-Id": "req_1", "Idempotent-Replayed": "true"],
                body: Sample.stripeDecline(
                    #""code":"card_declined","decline_code":"do_not_honor","advice_code":"try_again_later","#
                        + #""network_decline_code":"05","network_advice_code":"02""#)))
        guard case .declined(let intent, let decline) = reply.result else {
            Issue.record("\(reply.result)")
            return
        }
        #expect(
            decline
                == Decline(
                    code: "card_declined", declineCode: "do_not_honor", adviceCode: "try_again_later",
                    networkDeclineCode: "05", networkAdviceCode: "02", message: "Your card was declined.",
                    chargeID: "ch_1"))
        #expect(intent?.status == .requiresPaymentMethod)
        #expect(intent?.metadata == Sample.metadata)
        let exchange = try #require(reply.exchanges.first)
        #expect(
            exchange
                == Exchange(
                    method: "POST", path: "/v1/payment_intents/pi_1/confirm", startedAt: Harness.start,
                    elapsedMilliseconds: 0, httpStatus: 402, requestID: "req_1", isReplay: true,
                    errorType: "card_error", errorCode: "card_declined", declineCode: "do_not_honor",
                    objectID: "pi_1", gatewayDate: Harness.start))
    }

    @Test func anUnconfirmedCreateThatReadsWithoutAMethodIsAValue() async throws {
        let request = try Sample.request()
        let body = Sample.stripeIntent(status: "requires_payment_method", error: #"{"code":"card_declined"}"#)
        try await Harness.run(.stripe, [.answer(200, body: body), .answer(200, body: body)]) { gateway, _ in
            let created = await gateway.create(request, idempotencyKey: "k", deadline: .none)
            #expect(created.verdict == "value pi_1 requires_payment_method")
            #expect(created.exchanges.first?.objectID == "pi_1")
            let confirmed = await gateway.createAndConfirm(request, idempotencyKey: "k", deadline: .none)
            #expect(confirmed.verdict == "declined pi_1 card_declined")
        }
    }

    @Test func aDeclineOfACreateInOneCallNamesTheIntentThatWasMade() async throws {
        let request = try Sample.request()
        let decline = Sample.stripeDecline(#""code":"card_declined","decline_code":"generic_decline""#)
        try await Harness.run(.stripe, [.answer(402, body: decline)]) { gateway, _ in
            let reply = await gateway.createAndConfirm(request, idempotencyKey: "k", deadline: .none)
            #expect(reply.verdict == "declined pi_1 generic_decline")
            #expect(reply.exchanges.first?.objectID == "pi_1")
        }
    }

    @Test func theAccountIsToldWhereTheKeyMayReadIt() async throws {
        func identity(_ steps: ScriptedServer.Step...) async throws -> GatewayReply<GatewayIdentity> {
            try await Harness.run(.stripe, steps) { gateway, _ in await gateway.identify() }
        }
        func account(_ reply: GatewayReply<GatewayIdentity>) -> GatewayIdentity? {
            guard case .value(let identity) = reply.result else { return nil }
            return identity
        }
        let known = try await identity(.answer(200, body: #"{"id":"acct_1","object":"account"}"#))
        #expect(account(known) == GatewayIdentity(account: "acct_1", date: Harness.start))
        let restricted = try await identity(.answer(403, body: #"{"error":{"type":"invalid_request_error"}}"#))
        #expect(account(restricted) == GatewayIdentity(account: nil, date: Harness.start))
        let missing = try await identity(.answer(404, body: #"{"error":{"type":"invalid_request_error"}}"#))
        #expect(account(missing) == GatewayIdentity(account: nil, date: Harness.start))
        let bad = try await identity(.answer(401, body: #"{"error":{"type":"invalid_request_error"}}"#))
        #expect(bad.verdict == "refused key 401 -")
    }

    @Test func aProbeTellsTheGatewaysTime() async throws {
        let empty = #"{"object":"list","data":[],"has_more":false}"#
        try await Harness.run(.stripe, [.answer(200, body: empty), .answer(403, body: "{}")]) { gateway, harness in
            guard case .value(let identity) = await gateway.probe().result else {
                Issue.record("the probe got no value")
                return
            }
            #expect(identity == GatewayIdentity(account: nil, date: Harness.start))
            #expect(await gateway.probe().verdict == "refused key 403 -")
            #expect(harness.gates.withLock { $0 } == ["GET /v1/payment_intents", "GET /v1/payment_intents"])
        }
    }
}
