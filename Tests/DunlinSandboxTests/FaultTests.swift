import DunlinSandbox
import Testing

@Suite struct FaultTests {
    private let client = TestClient()

    private var customers: Int { client.stripe("GET", "/v1/customers")["data"]?.array?.count ?? -1 }

    @Test(arguments: [
        (FaultRule.Kind.dropBefore, 0), (.dropAfter, 1), (.silentBefore, 0), (.silentAfter, 1), (.errorBefore, 0),
        (.errorAfter, 1), (.rateLimited, 0), (.lockTimeout, 0), (.htmlBefore, 0), (.htmlAfter, 1), (.truncated, 1),
    ])
    func aFaultStrikesBeforeOrAfterTheEffect(kind: FaultRule.Kind, made: Int) {
        client.sandbox.addFault(FaultRule(kind, method: "POST", timesMax: 1))
        client.stripe("POST", "/v1/customers")
        #expect(customers == made)
        client.stripe("POST", "/v1/customers")
        #expect(customers == made + 1)
    }

    @Test func aDroppedReplyIsDeliveredAsNothing() {
        client.sandbox.addFault(FaultRule(.dropAfter))
        #expect(client.stripe("POST", "/v1/customers").response.delivery == .dropped)
    }

    @Test func everyReplyCanBeLostOnce() {
        client.sandbox.addFault(FaultRule(.dropAfter, frequency: .firstOfEach))
        let first = client.stripe("POST", "/v1/customers", "email=a", idempotencyKey: "k")
        let second = client.stripe("POST", "/v1/customers", "email=a", idempotencyKey: "k")
        #expect(first.response.delivery == .dropped)
        #expect(second.response.delivery == .normal)
        #expect(second.response.header("Idempotent-Replayed") == "true")
        let other = client.stripe("POST", "/v1/customers", "email=a", idempotencyKey: "k2")
        #expect(other.response.delivery == .dropped)
        let read = client.stripe("GET", "/v1/customers/\(second.id)")
        #expect(read.response.delivery == .dropped)
        #expect(client.stripe("GET", "/v1/customers/\(second.id)").response.delivery == .normal)
    }

    @Test func aStored500StaysA500AlthoughTheMoneyMoved() {
        let saved = client.savedCard()
        client.sandbox.addFault(FaultRule(.errorAfter, path: "/v1/payment_intents", timesMax: 1))
        let first = client.charge(saved, idempotencyKey: "k")
        let second = client.charge(saved, idempotencyKey: "k")
        #expect(first.status == 500)
        #expect(second.status == 500)
        #expect(second.response.header("Idempotent-Replayed") == "true")
        #expect(client.sandbox.audit.successes == 1)
    }

    @Test func aDeclineTooCanEndInA500() {
        let saved = client.savedCard("pm_card_chargeCustomerFail")
        client.sandbox.addFault(FaultRule(.errorAfter, path: "/v1/payment_intents", timesMax: 1))
        #expect(client.charge(saved).status == 500)
        #expect(client.sandbox.audit.declines == 1)
    }

    @Test func a500MayRollForwardLater() {
        let saved = client.savedCard()
        client.sandbox.addFault(
            FaultRule(.errorRolledForward, path: "/v1/payment_intents", timesMax: 1, delayMilliseconds: 60_000))
        #expect(client.charge(saved, idempotencyKey: "k").status == 500)
        #expect(client.sandbox.audit.successes == 0)
        client.sandbox.advance(to: client.sandbox.now + 60_000)
        #expect(client.sandbox.audit.successes == 1)
    }

    @Test func theRepetitionOfAKeyIsNotRolledForward() {
        let saved = client.savedCard()
        client.sandbox.addFault(
            FaultRule(.errorRolledForward, path: "/v1/payment_intents", timesMax: 3, delayMilliseconds: 60_000))
        #expect(client.charge(saved, idempotencyKey: "k").status == 500)
        #expect(client.charge(saved, idempotencyKey: "k").status == 409)
        client.sandbox.advance(to: client.sandbox.now + 60_000)
        #expect(client.charge(saved, idempotencyKey: "k").response.header("Idempotent-Replayed") == "true")
        client.sandbox.advance(to: client.sandbox.now + 60_000)
        #expect(client.sandbox.audit.successes == 1)
    }

    @Test func aRequestThatSeemedLostMayArriveLater() {
        let saved = client.savedCard()
        let late = FaultRule(.dropEffectLater, path: "/v1/payment_intents", timesMax: 1, delayMilliseconds: 600_000)
        client.sandbox.addFault(late)
        #expect(client.charge(saved).response.delivery == .dropped)
        #expect(client.stripe("GET", "/v1/payment_intents", "customer=\(saved.customer)")["data"]?.array == [])
        client.sandbox.advance(to: client.sandbox.now + 600_000)
        #expect(client.sandbox.audit.successes == 1)
        client.sandbox.addFault(late)
        #expect(client.charge(saved, idempotencyKey: "k").response.delivery == .dropped)
        #expect(client.charge(saved, idempotencyKey: "k")["status"]?.string == "succeeded")
        client.sandbox.advance(to: client.sandbox.now + 600_000)
        #expect(client.sandbox.audit.successes == 2)
    }

    @Test func aRuleCanWaitForTheNthMatch() {
        client.admin(
            "POST", "faults", #"{"kind":"rate_limited","match":{"method":"POST","path":"/customers","nth":2}}"#)
        #expect((1...3).map { _ in client.stripe("POST", "/v1/customers").status } == [200, 429, 200])
    }

    @Test func aQueuedFaultStrikesOnceUnlessItSaysOtherwise() {
        client.admin("POST", "faults", #"{"kind":"error_before","status":503}"#)
        #expect((1...3).map { _ in client.stripe("GET", "/v1/account").status } == [503, 200, 200])
        client.admin("POST", "faults", #"{"kind":"error_before","each":"every"}"#)
        #expect((1...3).map { _ in client.stripe("GET", "/v1/account").status } == [500, 500, 500])
        client.admin("DELETE", "faults")
        #expect(client.stripe("GET", "/v1/account").status == 200)
    }

    @Test func aLockTimeoutSaysThatItMayBeRetried() {
        client.sandbox.addFault(FaultRule(.lockTimeout))
        let answer = client.stripe("POST", "/v1/customers")
        #expect(answer.status == 429)
        #expect(answer.error["code"]?.string == "lock_timeout")
        #expect(answer.response.header("Stripe-Should-Retry") == "true")
        #expect(answer.response.header("Stripe-Rate-Limited-Reason") == nil)
        #expect(answer.response.header("Request-Id") == nil)
    }

    @Test func aClockCanBeOff() {
        client.sandbox.addFault(FaultRule(.clockSkew, skewSeconds: 600))
        #expect(client.stripe("GET", "/v1/account").response.header("Date") == "Thu, 01 Jan 2026 00:10:00 GMT")
    }

    @Test func aClockThatWasMovedGoesOnWithTheCallers() {
        let start = client.sandbox.now
        let request = { (body: String, at: Int64) in
            SandboxRequest(
                method: body.isEmpty ? "GET" : "POST", path: "/_sandbox/clock",
                headers: ["content-type": "application/json"], body: Array(body.utf8), receivedAt: at)
        }
        client.send(request(#"{"advance_days":1}"#, start + 1000))
        let later = client.send(request("", start + 3000))
        #expect(later["now_milliseconds"]?.integer == start + 86_400_000 + 3000)
    }

    @Test func ratesAreDrawnFromTheSeed() {
        client.sandbox.addFault(FaultRule(.errorBefore, frequency: .perMillion(250_000)))
        let statuses = (0..<1000).map { _ in client.stripe("GET", "/v1/account").status }
        let failed = statuses.filter { $0 == 500 }.count
        #expect((180...320).contains(failed))
    }

    @Test func theUsualFaultsStrikeNowAndThen() {
        client.admin("POST", "faults", #"{"profile":"usual"}"#)
        let answers = (0..<4000).map { _ in client.stripe("POST", "/v1/setup_intents").response }
        #expect((5...45).contains(answers.filter { $0.delivery == .dropped }.count))
        #expect((2...20).contains(answers.filter { $0.status >= 500 }.count))
    }

    @Test func aMisspelledFaultIsRefused() {
        #expect(client.admin("POST", "faults", #"{"kind":"dropp"}"#).status == 400)
        #expect(client.admin("POST", "faults", #"{"kind":"drop_after","wait":1}"#).status == 400)
        #expect(client.stripe("GET", "/v1/account").status == 200)
    }

    @Test func limitsCountPerEndpointAndPerAccount() {
        var options = SandboxOptions()
        options.rateLimits = RateLimits()
        let client = TestClient(options)
        let statuses = (0..<26).map { _ in client.stripe("GET", "/v1/account").status }
        #expect(statuses == Array(repeating: 200, count: 25) + [429])
        let refused = client.stripe("GET", "/v1/customers")
        #expect(refused.response.header("Stripe-Rate-Limited-Reason") == "global-rate")
        client.sandbox.advance(to: client.sandbox.now + 1000)
        #expect(client.stripe("GET", "/v1/account").status == 200)
    }

    @Test(arguments: ["application/x-www-form-urlencoded", nil])
    func aFaultIsTakenFromJSONWhateverItsHeader(type: String?) {
        let client = TestClient()
        var headers: [String: String] = [:]
        headers["content-type"] = type
        let answer = client.send(
            SandboxRequest(
                method: "POST", path: "/_sandbox/faults", headers: headers,
                body: Array("\n {\"kind\":\"error_before\",\"each\":\"every\"}".utf8)))
        #expect(answer.status == 200)
        #expect(client.stripe("POST", "/v1/customers").status == 500)
        let broken = client.send(
            SandboxRequest(method: "POST", path: "/_sandbox/faults", headers: headers, body: Array("{\"kind\":".utf8)))
        #expect(broken.status == 400)
    }

    @Test func aThousandWritesAnHourIsAllThatOneIntentTakes() {
        var options = SandboxOptions()
        options.rateLimits = RateLimits()
        let client = TestClient(options)
        let form = "amount=100&currency=usd&payment_method_types[0]=card"
        let (id, other) = (
            client.stripe("POST", "/v1/payment_intents", form).id, client.stripe("POST", "/v1/payment_intents", form).id
        )
        for _ in 0..<1000 {
            client.sandbox.advance(to: client.sandbox.now + 1000)
            #expect(client.stripe("POST", "/v1/payment_intents/\(id)", "description=a").status == 200)
        }
        client.sandbox.advance(to: client.sandbox.now + 1000)
        let refused = client.stripe("POST", "/v1/payment_intents/\(id)", "description=a")
        #expect(refused.status == 429)
        #expect(refused.response.header("Stripe-Rate-Limited-Reason") == "resource-specific")
        #expect(client.stripe("POST", "/v1/payment_intents/\(other)", "description=a").status == 200)
        client.sandbox.advance(to: client.sandbox.now + 3_600_000)
        #expect(client.stripe("POST", "/v1/payment_intents/\(id)", "description=a").status == 200)
    }
}
