import DunlinSandbox
import Testing

/// What a page in a browser may do with a publishable key.
@Suite struct PublishableKeyTests {
    private let client = TestClient()
    private var page: TestClient {
        var page = client
        page.key = "pk_test_page"
        return page
    }

    private func secret(_ intent: TestClient.Answer) -> String { intent["client_secret"]?.string ?? "" }

    private var paid: TestClient.Answer {
        client.charge(client.savedCard(), more: "&metadata[a]=b&receipt_email=a@example.com")
    }

    @Test func aPageReadsAPaymentWithoutWhatIsNotForBrowsers() {
        let intent = paid
        let read = client.stripe("GET", "/v1/payment_intents/\(intent.id)")
        let seen = page.stripe("GET", "/v1/payment_intents/\(intent.id)", "client_secret=\(secret(intent))")
        #expect(seen.status == 200)
        for name in ["status", "amount", "currency", "payment_method", "client_secret", "receipt_email"] {
            #expect(seen[name] == read[name])
            #expect(seen[name] != nil)
        }
        for name in ["customer", "metadata", "latest_charge", "amount_received", "payment_method_options"] {
            #expect(seen[name] == nil)
            #expect(read[name] != nil)
        }
    }

    @Test func aPageReadsASetupAndSeesWhereToGo() {
        let intent = client.stripe(
            "POST", "/v1/setup_intents",
            "payment_method_types[0]=card&payment_method=pm_card_authenticationRequired&confirm=true"
                + "&return_url=https://a.example")
        let seen = page.stripe("GET", "/v1/setup_intents/\(intent.id)", "client_secret=\(secret(intent))")
        #expect(seen["status"]?.string == "requires_action")
        #expect(seen["next_action"] == intent["next_action"])
        #expect(seen["usage"]?.string == "off_session")
        #expect(seen["latest_attempt"] == nil)
    }

    @Test func theKeyMayBeAParameterAsBrowsersSendIt() {
        let intent = paid
        let query = "key=pk_test_page&client_secret=\(secret(intent))"
        let request = SandboxRequest(
            method: "GET", path: "/v1/payment_intents/\(intent.id)", query: query, headers: ["origin": "http://shop"])
        let answer = client.send(request)
        #expect(answer["status"]?.string == "succeeded")
        #expect(answer.response.header("Access-Control-Allow-Origin") == "*")
        let secretKey = SandboxRequest(method: "GET", path: "/v1/account", query: "key=sk_test_page")
        #expect(client.send(secretKey).status == 401)
    }

    @Test func withoutTheRightClientSecretAPageSeesNothing() {
        let (intent, other) = (paid, paid)
        let path = "/v1/payment_intents/\(intent.id)"
        #expect(page.stripe("GET", path).error["code"]?.string == "parameter_missing")
        let wrong = page.stripe("GET", path, "client_secret=\(secret(other))")
        #expect(wrong.status == 400)
        #expect(wrong.error["code"]?.string == "payment_intent_invalid_parameter")
        #expect(page.stripe("GET", "/v1/payment_intents/pi_none", "client_secret=a").status == 404)
    }

    @Test(arguments: [
        ("GET", "/v1/account"), ("GET", "/v1/payment_intents"), ("POST", "/v1/payment_intents"),
        ("POST", "/v1/customers"), ("GET", "/v1/customers"),
    ])
    func everythingElseWantsASecretKey(method: String, path: String) {
        let answer = page.stripe(method, path)
        #expect(answer.status == 403)
        #expect(answer.error["code"]?.string == "secret_key_required")
    }

    @Test func onlyAPageWithItsKeyIsAnsweredAcrossOrigins() {
        let headers = ["authorization": "Bearer sk_test_a", "origin": "http://shop"]
        let answer = client.send(SandboxRequest(method: "GET", path: "/v1/account", headers: headers))
        #expect(answer.status == 200)
        #expect(answer.response.header("Access-Control-Allow-Origin") == nil)
        let asked = client.send(
            SandboxRequest(method: "OPTIONS", path: "/v1/payment_intents/pi_1", headers: ["origin": "http://shop"]))
        #expect(asked.status == 204)
        #expect(asked.response.header("Access-Control-Allow-Headers")?.contains("authorization") == true)
    }

    @Test func wooshPaysIntentsAreReadTheSameWay() throws {
        let intent = client.wooshpay("POST", "/v1/payment_intents", #"{"amount":100,"currency":"USD"}"#)
        let seen = page.stripe("GET", "/v1/payment_intents/\(intent.id)", "client_secret=\(secret(intent))")
        #expect(seen["status"]?.string == "requires_payment_method")
        #expect(seen["metadata"] == nil)
    }
}
