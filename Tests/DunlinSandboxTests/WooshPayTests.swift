import DunlinSandbox
import Testing

@Suite struct WooshPayTests {
    private let client = TestClient()

    private func savedCard(_ number: String, _ client: TestClient) -> (customer: String, method: String) {
        let customer = client.wooshpay("POST", "/v1/customers", #"{"email":"a@example.com"}"#).id
        let setup = client.wooshpay(
            "POST", "/v1/setup_intents",
            """
            {"confirm":true,"customer":"\(customer)","payment_method_types":["card"],"payment_method_data":{"type":"card",
            "card":{"exp_month":"04","exp_year":"2037","number":"\(number)","cvc":"022","name":"A B"}},
            "usage":"off_session","return_url":"https://example.com"}
            """)
        return (customer, setup["payment_method"]?.string ?? "")
    }

    private func charge(_ saved: (customer: String, method: String), _ client: TestClient) -> TestClient.Answer {
        client.wooshpay(
            "POST", "/v1/payment_intents",
            """
            {"amount":2500,"currency":"USD","confirm":true,"off_session":true,"customer":"\(saved.customer)",
            "payment_method":"\(saved.method)","return_url":"https://example.com/done","merchant_order_id":"order-1"}
            """)
    }

    @Test func aCardIsSavedWithItsDataAndChargedLater() {
        let saved = savedCard("4761344136141390", client)
        let answer = charge(saved, client)
        #expect(answer.status == 200)
        #expect(answer["status"]?.string == "succeeded")
        #expect(answer["currency"]?.string == "USD")
        #expect(answer["merchant_order_id"]?.string == "order-1")
        #expect(answer["latest_charge"] == nil)
        #expect(client.sandbox.audit.successesByReference == ["order-1": 1])
    }

    @Test func idsTellTheMomentToHalfASecond() {
        let customer = client.wooshpay("POST", "/v1/customers", "{}")
        let digits = Int64(customer.id.dropFirst(4)) ?? 0
        let created = customer["created"]?.integer ?? 0
        #expect(customer.id.count == 4 + 19)
        #expect(abs((digits >> 22) + 1_288_834_974_657 - created) <= 500)
    }

    @Test func anIntentIsFoundByItsOrder() {
        let answer = charge(savedCard("4111111111111111", client), client)
        let found = client.wooshpay(
            "GET", "/v1/payment_intents/search", query: "query=merchant_order_id:'order-1'&limit=10")
        #expect(found["object"]?.string == "list")
        #expect(found["data"]?.array?.map { $0["id"]?.string } == [answer.id])
        let none = client.wooshpay("GET", "/v1/payment_intents/search", query: "query=merchant_order_id:'order-2'")
        #expect(none["data"]?.array == [])
    }

    @Test func aDeclineIsAnOrdinaryAnswerUnlessTheQuirkSaysOtherwise() {
        let number = "4000000000000341"
        let plain = charge(savedCard(number, client), client)
        #expect(plain.status == 200)
        #expect(plain["status"]?.string == "requires_payment_method")
        #expect(plain["last_payment_error"]?["type"]?.string == "card_error")
        var options = SandboxOptions()
        options.quirks.declinesAs402 = true
        let quirky = TestClient(options)
        let answer = charge(savedCard(number, quirky), quirky)
        #expect(answer.status == 402)
        #expect(answer.error["code"]?.string == "card_declined")
    }

    @Test func authenticationOffSessionIsAnActionUnlessTheQuirkSaysOtherwise() {
        let customer = client.wooshpay("POST", "/v1/customers", "{}").id
        let asked = charge((customer, "pm_card_authenticationRequired"), client)
        #expect(asked.status == 200)
        #expect(asked["status"]?.string == "requires_action")
        #expect(asked["next_action"]?["type"]?.string == "challenge_redirect")
        #expect(asked["next_action"]?["challenge_redirect"]?["return_url"]?.string == "https://example.com/done")
        var options = SandboxOptions()
        options.quirks.authenticationAs402 = true
        let quirky = TestClient(options)
        let other = quirky.wooshpay("POST", "/v1/customers", "{}").id
        #expect(charge((other, "pm_card_authenticationRequired"), quirky).status == 402)
    }

    @Test func theGuidesChallengeCardAsksWhenItIsSaved() {
        let customer = client.wooshpay("POST", "/v1/customers", "{}").id
        let setup = client.wooshpay(
            "POST", "/v1/setup_intents",
            """
            {"confirm":true,"customer":"\(customer)","payment_method_types":["card"],"payment_method_data":{"type":"card",
            "card":{"exp_month":"04","exp_year":"2037","number":"4462030000000000","cvc":"022"}},
            "usage":"on_session","return_url":"https://example.com"}
            """)
        #expect(setup["status"]?.string == "requires_action")
        #expect(setup["next_action"]?["type"]?.string == "challenge_redirect")
        #expect(client.sandbox.authenticate(intentID: setup.id, .approve))
        let saved = client.wooshpay("GET", "/v1/setup_intents/\(setup.id)")
        #expect(saved["status"]?.string == "succeeded")
        let cards = client.wooshpay("GET", "/v1/customers/\(customer)/payment_methods")
        #expect(cards["data"]?.array?.map { $0["id"]?.string } == [saved["payment_method"]?.string])
        #expect(charge((customer, saved["payment_method"]?.string ?? ""), client)["status"]?.string == "succeeded")
    }

    @Test func aCancellationNeedsAReason() {
        let intent = client.wooshpay("POST", "/v1/payment_intents", #"{"amount":100,"currency":"USD"}"#)
        #expect(client.wooshpay("POST", "/v1/payment_intents/\(intent.id)/cancel", "{}").status == 400)
        let canceled = client.wooshpay(
            "POST", "/v1/payment_intents/\(intent.id)/cancel", #"{"cancellation_reason":"customer went away"}"#)
        #expect(canceled["status"]?.string == "canceled")
        #expect(canceled["cancellation_reason"]?.string == "customer went away")
    }

    @Test func oddTypesComeWithTheQuirks() throws {
        var options = SandboxOptions()
        options.quirks = try #require(WooshPayQuirks(names: ["all"]))
        let quirky = TestClient(options)
        let paid = charge(savedCard("4111111111111111", quirky), quirky)
        #expect(paid["payment_method_types"]?.string == #"["card"]"#)
        #expect(paid["amount_received"]?.isNull == true)
        #expect(paid["next_action"]?.string == "")
        let customer = quirky.wooshpay("POST", "/v1/customers", "{}").id
        let asked = charge((customer, "pm_card_authenticationRequired"), quirky)
        let action = try JSONValue(parsing: Array((asked["next_action"]?.string ?? "").utf8))
        #expect(action["type"] == nil)
        #expect(action["challenge_redirect"]?["url"]?.string?.hasPrefix("http") == true)
        #expect(WooshPayQuirks(names: ["no_such_quirk"]) == nil)
    }

    @Test func errorsComeInThreeShapes() {
        func body(_ set: (inout WooshPayQuirks) -> Void) -> JSONValue {
            var options = SandboxOptions()
            set(&options.quirks)
            return TestClient(options).wooshpay("GET", "/v1/payment_intents/pi_1").json
        }
        #expect(body { _ in }["error"]?["code"]?.string == "resource_missing")
        #expect(body { $0.flatErrors = true }["code"]?.string == "resource_missing")
        #expect(body { $0.textErrors = true }["error"]?.string?.hasPrefix("No such") == true)
    }

    @Test func theHostedSessionNamesItsSetupIntent() {
        let session = client.wooshpay(
            "POST", "/v1/checkout/sessions/setup",
            #"{"success_url":"https://a.example","cancel_url":"https://b.example","payment_method_types":["card"]}"#)
        #expect(session["mode"]?.string == "setup")
        #expect(session["expires_at"]?.integer == (session["created"]?.integer ?? 0) + 86_400_000)
        let intent = session["setup_intent"]?.string ?? ""
        #expect(client.wooshpay("GET", "/v1/setup_intents/\(intent)")["status"]?.string == "requires_payment_method")
        client.sandbox.advance(to: client.sandbox.now + 86_400_000)
        #expect(client.wooshpay("GET", "/v1/checkout/sessions/\(session.id)")["status"]?.string == "expired")
        #expect(client.wooshpay("GET", "/v1/setup_intents/\(intent)")["status"]?.string == "canceled")
    }

    @Test func aRefundTakesItsAmountAsText() {
        let paid = charge(savedCard("4111111111111111", client), client)
        let refund = client.wooshpay(
            "POST", "/v1/refunds", #"{"payment_intent":"\#(paid.id)","amount":"500","reason":"resolved_dispute"}"#)
        #expect(refund["amount"]?.integer == 500)
        #expect(client.wooshpay("GET", "/v1/refunds/\(refund.id)")["status"]?.string == "succeeded")
    }

    @Test func theDialectsListOnlyTheirOwn() {
        client.stripe("POST", "/v1/payment_intents", "amount=100&currency=usd")
        client.wooshpay("POST", "/v1/payment_intents", #"{"amount":100,"currency":"USD"}"#)
        #expect(client.stripe("GET", "/v1/payment_intents")["data"]?.array?.count == 1)
        #expect(client.wooshpay("GET", "/v1/payment_intents", query: "limit=5")["data"]?.array?.count == 1)
    }

    @Test func aRequestsLookTellsItsDialect() {
        func isStripe(_ method: String, _ path: String, _ headers: [String: String], _ body: String = "") -> Bool {
            var headers = headers
            headers["authorization"] = headers["authorization"] ?? "Basic c2tfdGVzdF9FWEFNUExFS0VZMDAwMTo="
            let answer = client.send(
                SandboxRequest(method: method, path: path, headers: headers, body: Array(body.utf8)))
            return answer.response.header("Stripe-Version") != nil
        }
        let form = ["content-type": "application/x-www-form-urlencoded"]
        let json = ["content-type": "application/json"]
        #expect(isStripe("POST", "/v1/customers", form, "email=a"))
        #expect(!isStripe("POST", "/v1/customers", json, "{}"))
        #expect(!isStripe("GET", "/v1/payment_intents", json))
        #expect(isStripe("GET", "/v1/payment_intents", [:]))
        #expect(isStripe("GET", "/v1/payment_intents", ["stripe-version": "2026-07-29.dahlia"]))
        #expect(isStripe("GET", "/v1/payment_intents", ["authorization": "Bearer sk_test_a"]))
        #expect(!isStripe("GET", "/v1/payment_intents/pi_1953045900000000001", [:]))
        #expect(!isStripe("POST", "/v1/checkout/sessions/setup", [:]))
    }
}
