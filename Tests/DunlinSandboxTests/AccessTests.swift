import Testing

@testable import DunlinSandbox

@Suite struct AccessTests {
    private func status(_ authorization: String?, keys: [String] = []) -> Int {
        var options = SandboxOptions()
        options.keys = keys
        var headers = ["content-type": "application/x-www-form-urlencoded"]
        headers["authorization"] = authorization
        return Sandbox(options).handle(SandboxRequest(method: "GET", path: "/v1/account", headers: headers)).status
    }

    @Test func aWellFormedTestKeyIsLetInByBasicOrBearer() {
        #expect(status("Bearer sk_test_abc") == 200)
        #expect(status("bearer rk_test_abc") == 200)
        #expect(status("Basic c2tfdGVzdF9FWEFNUExFS0VZMDAwMTo=") == 200)
    }

    @Test(arguments: [
        nil, "Bearer", "Bearer sk_live_abc", "Bearer pk_live_abc", "Bearer pk_test_", "Bearer sk_test_",
        "Bearer sk_test_a b", "Basic !!",
        "Basic Og==", "Digest sk_test_abc",
    ])
    func anythingElseIsA401(authorization: String?) {
        #expect(status(authorization) == 401)
    }

    @Test func namedKeysAreTheOnlyOnes() {
        #expect(status("Bearer sk_test_abc", keys: ["sk_live_named"]) == 401)
        #expect(status("Bearer sk_live_named", keys: ["sk_live_named"]) == 200)
    }

    @Test func aRefusalDoesNotRepeatTheKey() {
        let answer = TestClient().send(
            SandboxRequest(
                method: "GET", path: "/v1/account", headers: ["authorization": "Bearer sk_live_0123456789abcdefghij"]))
        let text = String(decoding: answer.response.body, as: UTF8.self)
        #expect(text.contains("ghij"))
        #expect(!text.contains("0123456789"))
    }

    @Test func liveObjectsAreNotSeenWithATestKey() {
        var options = SandboxOptions()
        options.keys = ["sk_live_named", "sk_test_named"]
        var live = TestClient(options)
        live.key = "sk_live_named"
        let customer = live.stripe("POST", "/v1/customers")
        #expect(customer["livemode"]?.boolean == true)
        live.key = "sk_test_named"
        #expect(live.stripe("GET", "/v1/customers/\(customer.id)").status == 404)
        #expect(live.stripe("GET", "/v1/customers")["data"]?.array == [])
    }

    @Test func anUnknownAddressIsA404() {
        let answer = TestClient().stripe("POST", "/v1/subscriptions")
        #expect(answer.status == 404)
        #expect(answer.error["type"]?.string == "invalid_request_error")
        #expect(TestClient().stripe("GET", "/").status == 404)
    }

    @Test func anOldVersionIsEchoedAndNonsenseIsRefused() {
        var client = TestClient()
        client.version = "2020-08-27"
        #expect(client.stripe("GET", "/v1/account").response.header("Stripe-Version") == "2020-08-27")
        client.version = "latest"
        #expect(client.stripe("GET", "/v1/account").status == 400)
        client.version = "2026-10-28.endive"
        let answer = client.stripe(
            "POST", "/v1/payment_intents", "amount=100&currency=usd&payment_method_types[0]=card")
        #expect(answer.error["code"]?.string == "payment_method_types_no_longer_supported")
    }

    @Test func aStateFileHasNoKeysAndNoCardsThatAreNotTestCards() throws {
        let request = SandboxRequest(
            method: "POST", path: "/v1/payment_methods",
            headers: ["authorization": "Bearer sk_test_secret", "content-type": "application/x-www-form-urlencoded"],
            body: Array("type=card&card[number]=4929420573595709&again=4242424242424242".utf8), receivedAt: 5)
        let answer = Sandbox().handle(request)
        let kept = try #require(JournalRequest(request, answeredWith: answer))
        let line = JournalEntry.request(kept).line
        let text = String(decoding: line, as: UTF8.self)
        #expect(!text.contains("sk_test_secret"))
        #expect(!text.contains("4929420573595709"))
        #expect(text.contains("4242424242424242"))
        #expect(JournalEntry(line: line) == .request(kept))
        #expect(JournalEntry(line: Array(line.dropLast(20))) == nil)
    }

    @Test func aRequestThatWasStoppedBeforeItsEffectIsNotKept() {
        let sandbox = Sandbox()
        sandbox.addFault(FaultRule(.dropBefore, timesMax: 1))
        let request = SandboxRequest(
            method: "POST", path: "/v1/customers", headers: ["authorization": "Bearer sk_test_a"])
        #expect(JournalRequest(request, answeredWith: sandbox.handle(request)) == nil)
        #expect(JournalRequest(request, answeredWith: sandbox.handle(request)) != nil)
    }
}
