import Testing

@testable import DunlinSandbox

/// What is forgotten, and what is not.
@Suite struct HorizonTests {
    private static let day: Int64 = 86_400_000

    private func client(days: Int64?) -> TestClient {
        var options = SandboxOptions()
        options.stripeWebhookURLs = ["http://127.0.0.1:1/hooks"]
        options.horizonMilliseconds = days.map { $0 * Self.day }
        return TestClient(options)
    }

    private func counts(_ client: TestClient) -> [String: Int64] {
        let members = client.admin("GET", "state")["counts"]?.members ?? []
        return Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value.integer ?? -1) })
    }

    private func deliver(_ client: TestClient) {
        for delivery in client.sandbox.dueDeliveries(at: client.sandbox.now) {
            client.sandbox.recordDelivery(delivery.id, status: 200, at: client.sandbox.now)
        }
    }

    @Test func nothingOutlivesItsSandbox() throws {
        var world: World? = World(SandboxOptions())
        func post(_ path: String, _ form: String = "") {
            let headers = [
                "authorization": "Bearer sk_test_client", "content-type": "application/x-www-form-urlencoded",
            ]
            let request = SandboxRequest(method: "POST", path: path, headers: headers, body: Array(form.utf8))
            let status = world?.handle(request).status
            #expect(status == 200)
        }
        post("/v1/customers")
        let customer = try #require(world?.customers.records(.stripe).first?.id)
        post("/v1/setup_intents", "customer=\(customer)&payment_method=pm_card_visa&confirm=true&usage=off_session")
        post(
            "/v1/payment_intents",
            "amount=100&currency=usd&customer=\(customer)&payment_method=pm_card_visa&confirm=true")
        let charge = try #require(world?.charges.records(.stripe).first?.id)
        post("/v1/refunds", "charge=\(charge)")
        let held = Held(
            customer: world?.customers.records(.stripe).first, intent: world?.paymentIntents.records(.stripe).first,
            charge: world?.charges.records(.stripe).first, refund: world?.refunds.records(.stripe).first,
            setupIntent: world?.setupIntents.records(.stripe).first)
        #expect(held.count == 5)
        world = nil
        #expect(held.count == 0)
    }

    /// What is there still, and is held by nobody here.
    private struct Held {
        weak var customer: Customer?
        weak var intent: PaymentIntent?
        weak var charge: Charge?
        weak var refund: Refund?
        weak var setupIntent: SetupIntent?

        var count: Int {
            [customer as AnyObject?, intent, charge, refund, setupIntent].filter { $0 != nil }.count
        }
    }

    @Test func finishedThingsGoAndTheAuditStays() {
        let client = client(days: 10)
        let saved = client.savedCard()
        for _ in 0..<20 {
            client.charge(saved, more: "&metadata[dunlin_subscription]=s&metadata[dunlin_period]=p")
        }
        let open = client.stripe(
            "POST", "/v1/payment_intents", "amount=100&currency=usd&payment_method_types[0]=card"
        ).id
        deliver(client)
        client.sandbox.advance(to: client.sandbox.now + 9 * Self.day)
        #expect(counts(client)["payment_intents"] == 21)
        client.sandbox.advance(to: client.sandbox.now + 4 * Self.day)
        let after = counts(client)
        for name in ["charges", "events", "balance_transactions", "idempotency_keys", "deliveries_waiting"] {
            #expect(after[name] == 0, "\(name)")
        }
        #expect(after["payment_intents"] == 1)
        #expect(client.stripe("GET", "/v1/payment_intents/\(open)").status == 200)
        #expect(client.stripe("GET", "/v1/payment_intents", "customer=\(saved.customer)")["data"]?.array == [])
        #expect(client.admin("GET", "deliveries")["data"]?.array == [])
        #expect(client.sandbox.audit.successes == 20)
        #expect(client.sandbox.doubleCharges.first?.intentIDs.count == 20)
        // The card is still there, and good.
        #expect(client.charge(saved)["status"]?.string == "succeeded")
    }

    @Test func whatStillHasToBeToldStays() {
        let client = client(days: 1)
        client.charge(client.savedCard())
        let waiting = counts(client)["deliveries_waiting"]
        client.sandbox.advance(to: client.sandbox.now + 3 * Self.day)
        #expect(counts(client)["deliveries_waiting"] == waiting)
    }

    @Test func withoutAHorizonNothingGoesButEventsAndKeys() {
        let client = client(days: nil)
        client.charge(client.savedCard(), idempotencyKey: "once")
        client.sandbox.advance(to: client.sandbox.now + 400 * Self.day)
        let after = counts(client)
        #expect(after["payment_intents"] == 1)
        #expect(after["charges"] == 1)
        #expect(after["events"] == 0)
        #expect(after["idempotency_keys"] == 0)
    }

    @Test func aMonthOfChargesTakesNoMoreThanTheMonthBefore() {
        let client = client(days: 30)
        let saved = client.savedCard()
        var sizes: [Int64?] = []
        for _ in 0..<6 {
            for _ in 0..<50 { client.charge(saved) }
            deliver(client)
            client.sandbox.advance(to: client.sandbox.now + 31 * Self.day)
            sizes.append(counts(client)["charges"])
        }
        #expect(Set(sizes) == [0])
    }
}
