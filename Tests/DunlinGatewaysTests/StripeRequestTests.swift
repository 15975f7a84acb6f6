import DunlinCalendar
import DunlinCore
import Testing

@testable import DunlinGateways

@Suite struct StripeRequestTests {
    private let intent = ScriptedServer.Step.answer(200, body: Sample.stripeIntent())
    private let metadata =
        "metadata[dunlin_reference]=dl-abc234&metadata[dunlin_subscription]=sub%201%2F%C3%BC"
        + "&metadata[dunlin_period]=2026-11-01&metadata[dunlin_invoice]=42&metadata[dunlin_database]=db-1"

    /// The one request that `call` sends.
    private func captured(
        _ step: ScriptedServer.Step? = nil, _ call: (any WholeGateway) async throws -> Void
    ) async throws -> String {
        try await Harness.run(.stripe, [step ?? intent]) { gateway, harness in
            try await call(gateway)
            #expect(harness.server.requests.count == 1)
            return harness.server.requests.first ?? ""
        }
    }

    private func post(_ path: String, key: String, body: String) -> String {
        """
        POST \(path) HTTP/1.1\r
        Authorization: Bearer \(Harness.stripeKey)\r
        Stripe-Version: 2026-07-29.dahlia\r
        Content-Type: application/x-www-form-urlencoded\r
        User-Agent: dunlin/0.1.0\r
        Idempotency-Key: \(key)\r
        host: 127.0.0.1:PORT\r
        Content-Length: \(body.utf8.count)\r
        \r
        \(body)
        """
    }

    private func get(_ target: String) -> String {
        """
        GET \(target) HTTP/1.1\r
        Authorization: Bearer \(Harness.stripeKey)\r
        Stripe-Version: 2026-07-29.dahlia\r
        User-Agent: dunlin/0.1.0\r
        host: 127.0.0.1:PORT\r
        \r

        """
    }

    @Test func aCreateSendsTheDocumentedMinimumUnconfirmed() async throws {
        let request = try Sample.request()
        let sent = try await captured {
            _ = await $0.create(request, idempotencyKey: "dl-abc234:create:1", deadline: .none)
        }
        let body =
            "amount=1099&currency=usd&customer=cus_1&payment_method=pm_1&payment_method_types[0]=card&" + metadata
        #expect(sent == post("/v1/payment_intents", key: "dl-abc234:create:1", body: body))
    }

    @Test func descriptionAndSuffixAreSentWhenSetAndEscaped() async throws {
        let request = try Sample.request(description: "Plan A & B = 100%+", suffix: "NOV")
        let sent = try await captured { _ = await $0.create(request, idempotencyKey: "k", deadline: .none) }
        let body =
            "amount=1099&currency=usd&customer=cus_1&payment_method=pm_1&payment_method_types[0]=card"
            + "&description=Plan%20A%20%26%20B%20%3D%20100%25%2B&statement_descriptor_suffix=NOV&" + metadata
        #expect(sent == post("/v1/payment_intents", key: "k", body: body))
    }

    @Test func oneCallConfirmsOffSession() async throws {
        let request = try Sample.request()
        let sent = try await captured { _ = await $0.createAndConfirm(request, idempotencyKey: "k", deadline: .none) }
        let body =
            "amount=1099&currency=usd&customer=cus_1&payment_method=pm_1&payment_method_types[0]=card"
            + "&off_session=true&confirm=true&" + metadata
        #expect(sent == post("/v1/payment_intents", key: "k", body: body))
    }

    @Test func aConfirmNamesTheCardAndNothingElse() async throws {
        let request = try Sample.request()
        let sent = try await captured {
            _ = await $0.confirm("pi_1", request: request, idempotencyKey: "k", deadline: .none)
        }
        #expect(
            sent == post("/v1/payment_intents/pi_1/confirm", key: "k", body: "payment_method=pm_1&off_session=true"))
    }

    @Test func aCancelHasNoBody() async throws {
        let sent = try await captured { _ = await $0.cancel("pi_1", idempotencyKey: "k") }
        #expect(sent == post("/v1/payment_intents/pi_1/cancel", key: "k", body: ""))
    }

    @Test func readsSendNoBodyAndNoIdempotencyKey() async throws {
        #expect(try await captured { _ = await $0.retrieve("pi_1") } == get("/v1/payment_intents/pi_1"))
        let list = ScriptedServer.Step.answer(200, body: #"{"object":"list","data":[],"has_more":false}"#)
        #expect(try await captured(list) { _ = await $0.probe() } == get("/v1/payment_intents?limit=1"))
        let account = ScriptedServer.Step.answer(200, body: #"{"id":"acct_1","object":"account"}"#)
        #expect(try await captured(account) { _ = await $0.identify() } == get("/v1/account"))
    }

    @Test func aListingAsksForACustomersIntentsFromAnInstant() async throws {
        let list = ScriptedServer.Step.answer(200, body: #"{"object":"list","data":[],"has_more":false}"#)
        let from = Instant(milliseconds: 1_795_341_000_999)
        let ofCustomer = try await captured(list) {
            _ = await $0.intents(IntentQuery(customerID: "cus_1", createdFrom: from))
        }
        #expect(ofCustomer == get("/v1/payment_intents?customer=cus_1&created%5Bgte%5D=1795341000&limit=100"))
        let ofAll = try await captured(list) {
            _ = await $0.intents(IntentQuery(customerID: nil, createdFrom: from))
        }
        #expect(ofAll == get("/v1/payment_intents?created%5Bgte%5D=1795341000&limit=100"))
    }

    @Test func theCrossCheckSearchesTheMetadata() async throws {
        let result = ScriptedServer.Step.answer(200, body: #"{"object":"search_result","data":[],"has_more":false}"#)
        let sent = try await captured(result) { _ = await $0.intents(reference: "dl-abc234") }
        #expect(
            sent
                == get(
                    "/v1/payment_intents/search?query=metadata%5B%22dunlin_reference%22%5D%3A%22dl-abc234%22&limit=100")
        )
    }

    @Test func theHashIsThatOfTheBodySentAndTellsTheSendingModesApart() async throws {
        let request = try Sample.request()
        try await Harness.run(.stripe, [intent, intent]) { gateway, harness in
            _ = await gateway.create(request, idempotencyKey: "k", deadline: .none)
            _ = await gateway.createAndConfirm(request, idempotencyKey: "k", deadline: .none)
            let bodies = harness.server.requests.compactMap { $0.split(separator: "\r\n\r\n").last.map(String.init) }
            #expect(bodies.count == 2)
            #expect(gateway.bodyHash(of: request, sending: .twoPhase) == HexDigest.sha256(bodies[0]))
            #expect(gateway.bodyHash(of: request, sending: .oneCall) == HexDigest.sha256(bodies[1]))
            #expect(bodies[0] != bodies[1])
        }
    }

    @Test func amountsAreSentInStripesOwnUnits() async throws {
        for (minorUnits, code, sent) in [
            (Int64(500), "JPY", "amount=500&currency=jpy&"), (5, "ISK", "amount=500&currency=isk&"),
            (5, "UGX", "amount=500&currency=ugx&"), (5120, "KWD", "amount=5120&currency=kwd&"),
        ] {
            let request = try Sample.request(minorUnits: minorUnits, currency: code)
            let text = try await captured { _ = await $0.create(request, idempotencyKey: "k", deadline: .none) }
            #expect(text.contains("\r\n\r\n" + sent), "\(code)")
        }
    }

    @Test func anAmountThatStripeDoesNotTakeIsRefusedUnsent() async throws {
        for (minorUnits, code) in [(Int64(49), "USD"), (5125, "KWD"), (100_000_000, "USD"), (100, "KPW")] {
            let request = try Sample.request(minorUnits: minorUnits, currency: code)
            try await Harness.run(.stripe, []) { gateway, harness in
                let reply = await gateway.create(request, idempotencyKey: "k", deadline: .none)
                guard case .refused(let refusal) = reply.result else {
                    Issue.record("\(code): \(reply.result)")
                    return
                }
                #expect(refusal.code == "amount_not_chargeable" && refusal.kind == .request)
                #expect(harness.server.requests.isEmpty && reply.exchanges.isEmpty)
                #expect(!gateway.bodyHash(of: request, sending: .twoPhase).isEmpty)
            }
        }
    }

    @Test func anIDThatCouldChangeThePathIsRefusedUnsent() async throws {
        for id in ["", "..", "pi_1/confirm", "pi_1?x=1", "pi 1"] {
            let request = try Sample.request()
            try await Harness.run(.stripe, []) { gateway, harness in
                let replies = [
                    await gateway.retrieve(id), await gateway.cancel(id, idempotencyKey: "k"),
                    await gateway.confirm(id, request: request, idempotencyKey: "k", deadline: .none),
                ]
                for reply in replies {
                    guard case .refused = reply.result else {
                        Issue.record("\(id): \(reply.result)")
                        continue
                    }
                }
                #expect(harness.server.requests.isEmpty)
            }
        }
    }

    @Test func fromEndiveOnCardsAreAllowedInsteadOfListed() throws {
        let requests = StripeRequests(version: .endive, currencies: .stripe)
        let body = requests.create(try Sample.request(), units: 1099, confirm: false)
        let text = String(decoding: body, as: UTF8.self)
        #expect(text.contains("&allowed_payment_method_types[0]=card&"))
        #expect(!text.contains("&payment_method_types"))
        #expect(StripeVersion.current == .dahlia)
    }
}
