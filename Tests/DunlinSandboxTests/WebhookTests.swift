import DunlinCore
import DunlinSandbox
import Testing

@Suite struct WebhookTests {
    private func client(_ set: (inout SandboxOptions) -> Void = { _ in }) -> TestClient {
        var options = SandboxOptions()
        options.stripeWebhookURLs = ["http://127.0.0.1:1/stripe"]
        options.wooshpayWebhookURLs = ["http://127.0.0.1:1/wooshpay"]
        set(&options)
        return TestClient(options)
    }

    private func due(_ client: TestClient) -> [WebhookDelivery] { client.sandbox.dueDeliveries(at: client.sandbox.now) }

    @Test func aPaymentIsToldInTheOrderOfWhatHappened() {
        let client = client()
        client.charge((client.stripe("POST", "/v1/customers").id, "pm_card_visa"))
        #expect(
            due(client).map(\.eventType) == [
                "customer.created", "payment_intent.created", "charge.succeeded", "payment_intent.succeeded",
            ])
        #expect(due(client).isEmpty)
    }

    @Test func aDeliveryIsSignedWithThePrintedSecret() throws {
        let client = client()
        client.stripe("POST", "/v1/customers")
        let delivery = try #require(due(client).first)
        let header = try #require(delivery.headers.first { $0.name == "Stripe-Signature" }?.value)
        let now = client.sandbox.now / 1000
        let check = { (secret: String) in
            WebhookSignature.verifyStripe(header: header, body: delivery.body, secrets: [secret], nowSeconds: now)
        }
        #expect(check(client.sandbox.stripeWebhookSecret) == .fresh)
        #expect(check(client.sandbox.wooshpayWebhookSecret) == .rejected(.signatureMismatch))
    }

    @Test func wooshPaysEventsHaveItsFormAndItsSignature() throws {
        let client = client()
        client.wooshpay("POST", "/v1/customers", "{}")
        let intent = client.wooshpay("POST", "/v1/payment_intents", #"{"amount":100,"currency":"USD"}"#)
        let deliveries = due(client)
        #expect(deliveries.map(\.eventType) == ["payment_intent.created"])
        let delivery = try #require(deliveries.first)
        let event = try JSONValue(parsing: delivery.body)
        #expect(event["created"]?.integer == intent["created"]?.integer)
        #expect(event["pending_webhooks"] == nil)
        #expect(event["data"]?["object"]?["id"]?.string == intent.id)
        let header = try #require(delivery.headers.first { $0.name == "Wooshpay-Signature" }?.value)
        let verdict = WebhookSignature.verifyWooshPay(
            header: header, body: delivery.body, secrets: [client.sandbox.wooshpayWebhookSecret],
            nowSeconds: client.sandbox.now / 1000)
        #expect(verdict == .fresh)
    }

    @Test func anEventTellsOfTheRequestAndKeepsTheObjectAsItWas() throws {
        let client = client()
        let id = client.stripe(
            "POST", "/v1/payment_intents", "amount=100&currency=usd&payment_method_types[0]=card",
            idempotencyKey: "key-1"
        ).id
        client.stripe("POST", "/v1/payment_intents/\(id)/confirm", "payment_method=pm_card_visa")
        let events = client.stripe("GET", "/v1/events", "type=payment_intent.created")["data"]?.array ?? []
        #expect(events.first?["request"]?["idempotency_key"]?.string == "key-1")
        #expect(events.first?["data"]?["object"]?["status"]?.string == "requires_payment_method")
    }

    /// An event is written when it is read, which may be long after it happened.
    @Test(arguments: ["pm_card_visa", "pm_card_chargeDeclinedInsufficientFunds"])
    func anEventReadLateShowsEveryFieldOfItsObjectAsItWas(card: String) throws {
        let client = client()
        let saved = client.savedCard("pm_card_visa")
        let intent = client.stripe(
            "POST", "/v1/payment_intents",
            "amount=1000&currency=usd&customer=\(saved.customer)&payment_method_types[0]=card&capture_method=manual"
                + "&metadata[a]=1&description=d&receipt_email=a@b.c&statement_descriptor_suffix=s&transfer_group=t"
                + "&shipping[name]=n&shipping[address][line1]=l"
        ).id
        client.stripe("POST", "/v1/payment_intents/\(intent)/confirm", "payment_method=\(card)")
        let objects = { (types: Set<String>) -> [JSONValue] in
            let events = client.stripe("GET", "/v1/events", "limit=100")["data"]?.array ?? []
            return events.filter { types.contains($0["type"]?.string ?? "") }.compactMap { $0["data"]?["object"] }
        }
        let last: Set<String> = [
            "payment_intent.amount_capturable_updated", "payment_intent.payment_failed", "charge.succeeded",
            "charge.failed",
        ]
        let then = objects(last)
        #expect(then.count == 2)
        for object in then {
            let kind = object["object"]?.string == "charge" ? "charges" : "payment_intents"
            #expect(client.stripe("GET", "/v1/\(kind)/\(object["id"]?.string ?? "")").json == object)
        }
        let charge = try #require(then.first { $0["object"]?.string == "charge" }?["id"]?.string)
        let method = try #require(then.first { $0["object"]?.string == "charge" }?["payment_method"]?.string)
        client.stripe("POST", "/v1/payment_methods/\(method)", "billing_details[name]=Other&card[exp_year]=2040")
        client.stripe("POST", "/v1/payment_intents/\(intent)", "metadata[a]=2&description=e")
        client.stripe("POST", "/v1/charges/\(charge)", "metadata[a]=3&description=f")
        client.stripe("POST", "/v1/payment_intents/\(intent)/capture", "amount_to_capture=400")
        client.stripe("POST", "/v1/payment_intents/\(intent)/cancel")
        #expect(client.stripe("GET", "/v1/payment_intents/\(intent)").json != then.first)
        #expect(objects(last) == then)
    }

    @Test func aFailedDeliveryIsTriedAgainWithANewSignature() throws {
        let client = client()
        client.stripe("POST", "/v1/customers")
        var signatures: [String] = []
        var gaps: [Int64] = []
        while let next = client.sandbox.nextDeliveryDue {
            gaps.append(next - client.sandbox.now)
            let delivery = try #require(client.sandbox.dueDeliveries(at: next).first)
            signatures.append(delivery.headers.first { $0.name == "Stripe-Signature" }?.value ?? "")
            client.sandbox.recordDelivery(delivery.id, status: 500, at: client.sandbox.now)
        }
        #expect(gaps == [0, 600_000, 3_600_000, 7_200_000])
        #expect(Set(signatures).count == 4)
    }

    @Test func wooshPayTriesEighteenTimesInThreeDays() {
        let client = client { $0.quirks.keepsSignature = true }
        client.wooshpay("POST", "/v1/payment_intents", #"{"amount":100,"currency":"USD"}"#)
        let start = client.sandbox.now
        var signatures: Set<String> = []
        var count = 0
        while let next = client.sandbox.nextDeliveryDue {
            for delivery in client.sandbox.dueDeliveries(at: next) {
                count += 1
                signatures.insert(delivery.headers.first { $0.name == "Wooshpay-Signature" }?.value ?? "")
                client.sandbox.recordDelivery(delivery.id, status: nil, at: client.sandbox.now)
            }
        }
        #expect(count == 18)
        #expect((client.sandbox.now - start) / 3_600_000 == 72)
        #expect(signatures.count == 1)
    }

    @Test func aDeliveredEventIsNotTriedAgainUnlessAskedFor() throws {
        let client = client()
        client.stripe("POST", "/v1/customers")
        let delivery = try #require(due(client).first)
        client.sandbox.recordDelivery(delivery.id, status: 204, at: client.sandbox.now)
        #expect(client.sandbox.nextDeliveryDue == nil)
        #expect(client.admin("POST", "events/\(delivery.eventID)/redeliver").status == 200)
        #expect(due(client).map(\.eventID) == [delivery.eventID])
        let log = client.admin("GET", "deliveries")["data"]?.array ?? []
        #expect(log.map { $0["state"]?.string } == ["delivered", "sending"])
    }

    @Test func aProfileLosesDelaysAndDoublesDeliveries() {
        let client = client { options in
            options.webhookFaults.lost = 100_000
            options.webhookFaults.late = 100_000
            options.webhookFaults.doubled = 100_000
        }
        for _ in 0..<500 { client.stripe("POST", "/v1/customers") }
        let now = client.sandbox.now
        let atOnce = due(client).count
        let later = client.sandbox.dueDeliveries(at: now + 7 * 3_600_000)
        #expect((380...480).contains(atOnce))
        #expect((20...120).contains(later.count))
        #expect(later.allSatisfy { $0.due > now })
    }

    @Test func anEndpointGetsOnlyTheTypesItNames() {
        let client = TestClient()
        let endpoint = client.stripe(
            "POST", "/v1/webhook_endpoints",
            "url=http://127.0.0.1:1/&enabled_events[0]=payment_intent.*&enabled_events[1]=customer.deleted")
        #expect(endpoint["secret"]?.string == client.sandbox.stripeWebhookSecret)
        let read = client.stripe("GET", "/v1/webhook_endpoints/\(endpoint.id)")
        #expect(read["secret"] == nil)
        let second = client.stripe(
            "POST", "/v1/webhook_endpoints", "url=http://127.0.0.1:1/&enabled_events[0]=charge.failed")
        #expect(second["secret"]?.string != endpoint["secret"]?.string)
        let customer = client.stripe("POST", "/v1/customers").id
        client.charge((customer, "pm_card_visa"))
        client.stripe("DELETE", "/v1/customers/\(customer)")
        #expect(
            due(client).map(\.eventType) == [
                "payment_intent.created", "payment_intent.succeeded", "customer.deleted",
            ])
    }

    @Test func eventsCanBeReadForThirtyDays() {
        let client = client()
        client.stripe("POST", "/v1/customers")
        let id = client.stripe("GET", "/v1/events")["data"]?[0]?["id"]?.string ?? ""
        #expect(client.stripe("GET", "/v1/events/\(id)").status == 200)
        client.sandbox.advance(to: client.sandbox.now + 31 * 86_400_000)
        #expect(client.stripe("GET", "/v1/events/\(id)").status == 404)
        #expect(client.stripe("GET", "/v1/events")["data"]?.array == [])
    }

    @Test func aReorderedDeliveryIsOvertakenByLaterOnes() {
        let client = client { $0.webhookFaults.reordered = 300_000 }
        for _ in 0..<100 { client.stripe("POST", "/v1/customers") }
        let made = (client.stripe("GET", "/v1/events", "limit=100")["data"]?.array ?? []).reversed()
        var told: [String] = []
        while let next = client.sandbox.nextDeliveryDue {
            told += client.sandbox.dueDeliveries(at: next).map(\.eventID)
        }
        #expect(told.count == 100)
        #expect(told.sorted() == made.compactMap { $0["id"]?.string }.sorted())
        #expect(told != made.compactMap { $0["id"]?.string })
    }

    @Test func theFaultsOfWebhooksCanBeSetWhileItRuns() {
        let client = client()
        #expect(client.admin("POST", "webhook_faults", #"{"lost":1000000}"#)["lost"]?.integer == 1_000_000)
        client.stripe("POST", "/v1/customers")
        #expect(client.sandbox.nextDeliveryDue == nil)
        #expect(client.admin("POST", "webhook_faults", #"{"profile":"usual","late":0}"#)["doubled"]?.integer == 20_000)
        #expect(client.admin("GET", "webhook_faults")["late"]?.integer == 0)
        #expect(client.admin("POST", "webhook_faults", #"{"lost":1000001}"#).status == 400)
        #expect(client.admin("POST", "webhook_faults", #"{"stolen":1}"#).status == 400)
        client.admin("POST", "webhook_faults", "{}")
        client.stripe("POST", "/v1/customers")
        #expect(due(client).count == 1)
    }

    @Test func everyFaultOfTheProfileHasAName() {
        for name in WebhookFaults.names {
            var faults = WebhookFaults()
            let isKnown = faults.set(name, 7)
            #expect(isKnown)
            #expect(faults != WebhookFaults())
        }
        var faults = WebhookFaults()
        let isKnown = faults.set("stolen", 7)
        #expect(!isKnown)
        for name in StatisticalProfile.names {
            var profile = StatisticalProfile()
            let isKnown = profile.set(name, 7)
            #expect(isKnown)
            #expect(profile != StatisticalProfile())
        }
    }
}
