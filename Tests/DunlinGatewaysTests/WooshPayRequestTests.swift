import DunlinCalendar
import DunlinCore
import Testing

@testable import DunlinGateways

@Suite struct WooshPayRequestTests {
    private let intent = ScriptedServer.Step.answer(200, body: Sample.wooshpayIntent())
    private let metadata = """
        "metadata":{"dunlin_reference":"dl-abc234","dunlin_subscription":"sub 1/ü","dunlin_period":"2026-11-01",\
        "dunlin_invoice":"42","dunlin_database":"db-1"}
        """
    /// Key and colon in Base64.
    private let authorization = "Basic c2tfdGVzdF9jYW5hcnlXb29zaFBheUtleVRoYXRNdXN0Tm90TGVhazo="

    private func captured(
        _ step: ScriptedServer.Step? = nil, settings: (inout GatewaySettings) -> Void = { _ in },
        _ call: (any WholeGateway) async throws -> Void
    ) async throws -> String {
        try await Harness.run(.wooshpay, [step ?? intent], settings: settings) { gateway, harness in
            try await call(gateway)
            #expect(harness.server.requests.count == 1)
            return harness.server.requests.first ?? ""
        }
    }

    private func post(_ path: String, key: String, body: String) -> String {
        """
        POST \(path) HTTP/1.1\r
        Authorization: \(authorization)\r
        Accept: application/json\r
        Content-Type: application/json\r
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
        Authorization: \(authorization)\r
        Accept: application/json\r
        Content-Type: application/json\r
        User-Agent: dunlin/0.1.0\r
        host: 127.0.0.1:PORT\r
        \r

        """
    }

    @Test func aCreateSendsTheDocumentedMinimumUnconfirmed() async throws {
        let request = try Sample.request()
        let sent = try await captured { _ = await $0.create(request, idempotencyKey: "k", deadline: .none) }
        let body = """
            {"amount":1099,"currency":"USD","customer":"cus_1","payment_method":"pm_1",\
            "merchant_order_id":"dl-abc234",\(metadata)}
            """
        #expect(sent == post("/v1/payment_intents", key: "k", body: body))
    }

    @Test func aDescriptionIsSentWhenSetAndEscaped() async throws {
        let request = try Sample.request(description: "a \"b\" \\ \n\u{1}ü", suffix: "never sent")
        let sent = try await captured { _ = await $0.create(request, idempotencyKey: "k", deadline: .none) }
        let body = """
            {"amount":1099,"currency":"USD","customer":"cus_1","payment_method":"pm_1",\
            "merchant_order_id":"dl-abc234","description":"a \\"b\\" \\\\ \\n\\u0001ü",\(metadata)}
            """
        #expect(sent == post("/v1/payment_intents", key: "k", body: body))
    }

    @Test func aConfirmIsOffSessionAndNamesTheCard() async throws {
        let request = try Sample.request()
        let sent = try await captured {
            _ = await $0.confirm("pi_1953045900000000001", request: request, idempotencyKey: "k", deadline: .none)
        }
        #expect(
            sent
                == post(
                    "/v1/payment_intents/pi_1953045900000000001/confirm", key: "k",
                    body: #"{"payment_method":"pm_1","off_session":true}"#))
    }

    @Test func theReturnAddressAndTheSpellingOfOffSessionComeFromTheSettings() async throws {
        let request = try Sample.request()
        let change: (inout GatewaySettings) -> Void = {
            $0.returnURL = "https://example.com/back?a=1"
            $0.offSessionField = "off-session"
        }
        let confirm = try await captured(settings: change) {
            _ = await $0.confirm("pi_1953045900000000001", request: request, idempotencyKey: "k", deadline: .none)
        }
        let tail = #""off-session":true,"return_url":"https://example.com/back?a=1""#
        #expect(confirm.hasSuffix(#"{"payment_method":"pm_1",\#(tail)}"#))
        let oneCall = try await captured(settings: change) {
            _ = await $0.createAndConfirm(request, idempotencyKey: "k", deadline: .none)
        }
        #expect(oneCall.contains(#""payment_method":"pm_1","confirm":true,\#(tail),"merchant_order_id""#))
    }

    @Test func aCancelGivesTheReasonThatIsRequired() async throws {
        let sent = try await captured { _ = await $0.cancel("pi_1953045900000000001", idempotencyKey: "k") }
        #expect(
            sent
                == post(
                    "/v1/payment_intents/pi_1953045900000000001/cancel", key: "k",
                    body: #"{"cancellation_reason":"abandoned"}"#))
    }

    @Test func readsSendBothContentHeadersAndNoBody() async throws {
        #expect(
            try await captured { _ = await $0.retrieve("pi_1953045900000000001") }
                == get("/v1/payment_intents/pi_1953045900000000001"))
        let empty = ScriptedServer.Step.answer(200, body: #"{"object":"list","data":[],"has_more":false}"#)
        #expect(
            try await captured(empty) { _ = await $0.intents(reference: "dl-abc234") }
                == get("/v1/payment_intents/search?query=merchant_order_id%3A%27dl-abc234%27&limit=100"))
        for call in [
            { (gateway: any WholeGateway) async in _ = await gateway.probe() },
            { gateway in _ = await gateway.identify() },
        ] {
            #expect(
                try await captured(empty) { await call($0) }
                    == get("/v1/payment_intents/search?query=merchant_order_id%3A%27dunlin-probe%27&limit=1"))
        }
    }

    @Test func theTestVectorOfTheAuthorizationIsMet() {
        #expect(
            Base64Text.encode("sk_test_EXAMPLEKEY0001:") == "c2tfdGVzdF9FWEFNUExFS0VZMDAwMTo=")
        for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            #expect(Base64Text.encode(text) == encoded)
        }
    }

    @Test func aReferenceThatCouldChangeTheSearchIsRefusedUnsent() async throws {
        try await Harness.run(.wooshpay, []) { gateway, harness in
            let reply = await gateway.intents(reference: "a' OR amount>'0")
            guard case .refused = reply.result else {
                Issue.record("\(reply.result)")
                return
            }
            #expect(harness.server.requests.isEmpty)
        }
    }

    @Test func aCurrencyOfUnknownDigitsIsRefusedUnsent() async throws {
        let request = try Sample.request(minorUnits: 5000, currency: "VND")
        try await Harness.run(.wooshpay, []) { gateway, harness in
            let reply = await gateway.create(request, idempotencyKey: "k", deadline: .none)
            guard case .refused(let refusal) = reply.result else {
                Issue.record("\(reply.result)")
                return
            }
            #expect(refusal.code == "amount_not_chargeable")
            #expect(harness.server.requests.isEmpty)
        }
    }

    @Test func listingByCustomerIsDeclaredImpossibleAndRefused() async throws {
        try await Harness.run(.wooshpay, []) { gateway, harness in
            #expect(gateway.capabilities.listing == .byReference)
            #expect(!gateway.capabilities.honoursIdempotencyKeys)
            let reply = await gateway.intents(IntentQuery(customerID: "cus_1", createdFrom: Harness.start))
            guard case .refused(let refusal) = reply.result else {
                Issue.record("\(reply.result)")
                return
            }
            #expect(refusal.code == "not_supported")
            #expect(harness.server.requests.isEmpty)
        }
    }
}
