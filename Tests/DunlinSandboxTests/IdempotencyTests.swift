import DunlinSandbox
import Testing

@Suite struct IdempotencyTests {
    private let client = TestClient()

    private func count(_ client: TestClient) -> Int {
        client.stripe("GET", "/v1/customers")["data"]?.array?.count ?? -1
    }

    @Test func aRepeatedKeyGivesTheFirstAnswerAgain() {
        let first = client.stripe("POST", "/v1/customers", "email=a@example.com", idempotencyKey: "k")
        let second = client.stripe("POST", "/v1/customers", "email=a@example.com", idempotencyKey: "k")
        #expect(second.response.body == first.response.body)
        #expect(second.response.header("Idempotent-Replayed") == "true")
        #expect(second.response.header("Original-Request") == first.response.header("Request-Id"))
        #expect(second.response.header("Request-Id") != first.response.header("Request-Id"))
        #expect(count(client) == 1)
    }

    @Test func theOrderOfParametersDoesNotMatterToAKey() {
        let first = client.stripe("POST", "/v1/customers", "email=a&name=b", idempotencyKey: "k")
        let second = client.stripe("POST", "/v1/customers", "name=b&email=a", idempotencyKey: "k")
        #expect(first.id == second.id)
    }

    @Test func aKeyWithOtherParametersOrAnotherEndpointIsAnError() {
        client.stripe("POST", "/v1/customers", "email=a", idempotencyKey: "k")
        let other = client.stripe("POST", "/v1/customers", "email=b", idempotencyKey: "k")
        #expect(other.status == 400)
        #expect(other.error["type"]?.string == "idempotency_error")
        #expect(other.error["code"] == nil)
        let elsewhere = client.stripe("POST", "/v1/setup_intents", "email=a", idempotencyKey: "k")
        #expect(elsewhere.error["type"]?.string == "idempotency_error")
        #expect(count(client) == 1)
    }

    @Test func aStoredDeclineIsReplayedAndDrawsNoSecondCharge() {
        let saved = client.savedCard("pm_card_sandbox_insufficient_funds_1")
        let first = client.charge(saved, idempotencyKey: "k")
        let second = client.charge(saved, idempotencyKey: "k")
        #expect(second.status == 402)
        #expect(second.response.body == first.response.body)
        #expect(client.sandbox.audit.declines == 1)
        #expect(client.charge(saved, idempotencyKey: "k2")["status"]?.string == "succeeded")
    }

    @Test func aParameterErrorIsNotStored() {
        let bad = client.stripe("POST", "/v1/payment_intents", "amount=100", idempotencyKey: "k")
        #expect(bad.error["code"]?.string == "parameter_missing")
        let good = client.stripe("POST", "/v1/payment_intents", "amount=100&currency=usd", idempotencyKey: "k")
        #expect(good.status == 200)
    }

    @Test func aKeyIsForgottenAfterADay() {
        let first = client.stripe("POST", "/v1/customers", "email=a", idempotencyKey: "k")
        client.sandbox.advance(to: client.sandbox.now + 86_400_000)
        let same = client.stripe("POST", "/v1/customers", "email=a", idempotencyKey: "k")
        #expect(same.id == first.id)
        client.sandbox.advance(to: client.sandbox.now + 1)
        let new = client.stripe("POST", "/v1/customers", "email=a", idempotencyKey: "k")
        #expect(new.id != first.id)
    }

    @Test func aKeyInUseIsAConflict() {
        client.sandbox.addFault(FaultRule(.latency, timesMax: 1, delayMilliseconds: 5000))
        let start = client.sandbox.now
        let first = client.stripe("POST", "/v1/customers", "email=a", idempotencyKey: "k", at: start)
        #expect(first.response.delayMilliseconds == 5000)
        let early = client.stripe("POST", "/v1/customers", "email=a", idempotencyKey: "k", at: start + 4999)
        #expect(early.status == 409)
        #expect(early.error["code"]?.string == "idempotency_key_in_use")
        let late = client.stripe("POST", "/v1/customers", "email=a", idempotencyKey: "k", at: start + 5000)
        #expect(late.id == first.id)
    }

    @Test func aSandboxThatIgnoresKeysMakesTwo() {
        var options = SandboxOptions()
        options.ignoresIdempotencyKeys = true
        let client = TestClient(options)
        let saved = client.savedCard()
        client.charge(saved, more: "&metadata[dunlin_reference]=r", idempotencyKey: "k")
        client.charge(saved, more: "&metadata[dunlin_reference]=r", idempotencyKey: "k")
        #expect(client.sandbox.audit.doubledReferences == ["r"])
    }

    @Test func keysOfTheTwoDialectsDoNotMeet() {
        let one = client.stripe("POST", "/v1/customers", "", idempotencyKey: "k")
        let other = client.wooshpay("POST", "/v1/customers", "{}", idempotencyKey: "k")
        #expect(other.status == 200)
        #expect(one.id != other.id)
    }
}
