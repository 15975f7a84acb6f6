import Testing

@testable import DunlinSandbox

/// Thousands of requests that no sane client sends: none may trap, and the books must balance afterwards.
@Suite struct RandomWalkTests {
    /// Draws from a seed.
    private struct Draws {
        var state: UInt64

        mutating func below(_ limit: Int) -> Int {
            state = Mix.word(state)
            return Int(state % UInt64(limit))
        }

        mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
    }

    private static let paths = [
        "/v1/customers", "/v1/customers/{}", "/v1/customers/{}/payment_methods", "/v1/payment_methods",
        "/v1/payment_methods/{}", "/v1/payment_methods/{}/attach", "/v1/payment_methods/{}/detach",
        "/v1/payment_intents", "/v1/payment_intents/{}", "/v1/payment_intents/{}/confirm",
        "/v1/payment_intents/{}/capture", "/v1/payment_intents/{}/cancel", "/v1/payment_intents/search",
        "/v1/setup_intents", "/v1/setup_intents/{}", "/v1/setup_intents/{}/confirm", "/v1/setup_intents/{}/cancel",
        "/v1/setup_attempts", "/v1/refunds", "/v1/refunds/{}", "/v1/refunds/{}/cancel", "/v1/charges",
        "/v1/charges/{}", "/v1/charges/search", "/v1/disputes", "/v1/disputes/{}", "/v1/disputes/{}/close",
        "/v1/balance", "/v1/balance_transactions", "/v1/payouts", "/v1/events", "/v1/webhook_endpoints",
        "/v1/webhook_endpoints/{}", "/v1/checkout/sessions", "/v1/checkout/sessions/setup",
        "/v1/checkout/sessions/{}", "/v1/checkout/sessions/{}/expire", "/_sandbox/clock", "/_sandbox/faults",
        "/_sandbox/intents/{}/authenticate", "/_sandbox/payment_methods/{}/script", "/_sandbox/checkout/{}",
        "/_sandbox/authenticate/{}", "/_sandbox/state", "/_sandbox/deliveries",
    ]
    private static let names = [
        "amount", "currency", "customer", "payment_method", "confirm", "off_session", "capture_method", "return_url",
        "metadata[dunlin_reference]", "metadata", "metadata[a][b]", "expand[0]", "expand[]", "limit", "starting_after",
        "ending_before", "created[gte]", "created[lt]", "created", "query", "type", "card[number]", "card[exp_month]",
        "card[exp_year]", "card[token]", "payment_intent", "charge", "reason", "amount_to_capture", "mode",
        "success_url", "cancel_url", "payment_method_types[0]", "url", "enabled_events[0]", "advance_seconds",
        "advance_days", "now", "answer", "answers[0]", "kind", "delay_ms", "skew_seconds", "exp_year", "exp_month",
        "number", "setup_future_usage", "cancellation_reason", "error_on_requires_action", "setup_intent", "currency",
        "evidence[uncategorized_text]", "automatic_payment_methods[enabled]", "merchant_order_id", "page",
    ]
    private static let values = [
        "", "usd", "eur", "1", "100", "1099", "-1", "0", "9223372036854775807", "-9223372036854775808", "true",
        "false", "card", "setup", "4242424242424242", "4000002760003184", "4000009902020004", "12", "2040", "99",
        "pm_card_visa", "pm_card_createDispute", "pm_card_refundFail", "pm_card_authenticationRequired",
        "pm_card_sandbox_do_not_honor_1", "pm_card_statistical", "manual", "off_session", "approve", "fail", "abandon",
        "latest_charge.balance_transaction", "data.customer", "status:\"succeeded\"", "amount>5", "-",
        "https://a.example",
        "payment_intent.*", "drop_after", "latency", "error_rolled_forward", "duplicate", "losing_evidence", "3600",
        "a\u{0}b", "é😀", "%zz", "insufficient_funds", "null",
    ]

    /// Requests that lead somewhere; `{}` is a known id of the kind that the parameter or path wants.
    private static let recipes: [(path: String, form: String)] = [
        ("/v1/customers", "email=a@example.com"),
        ("/v1/payment_methods/pm_card_visa/attach", "customer={cus}"),
        ("/v1/payment_methods/pm_card_createDispute/attach", "customer={cus}"),
        ("/v1/payment_methods/pm_card_refundFail/attach", "customer={cus}"),
        ("/v1/payment_methods/pm_card_statistical/attach", "customer={cus}"),
        ("/v1/payment_methods/pm_card_sandbox_do_not_honor_1/attach", "customer={cus}"),
        ("/v1/payment_intents", "amount=1099&currency=usd&payment_method=pm_card_visa&confirm=true"),
        ("/v1/payment_intents", "amount=700&currency=eur&customer={cus}"),
        (
            "/v1/payment_intents",
            "amount=500&currency=usd&payment_method=pm_card_sandbox_lost_card&confirm=true&capture_method=manual"
        ),
        (
            "/v1/payment_intents",
            "amount=800&currency=usd&payment_method=pm_card_authenticationRequired&confirm=true&return_url=https://a.example"
        ),
        (
            "/v1/payment_intents",
            "amount=900&currency=usd&payment_method=pm_card_visa&confirm=true&capture_method=manual"
        ),
        ("/v1/payment_intents/{pi}/confirm", "payment_method=pm_card_refundFail"),
        ("/v1/payment_intents/{pi}/confirm", "payment_method=pm_card_createDispute&off_session=true"),
        ("/v1/payment_intents/{pi}/capture", "amount_to_capture=400"),
        ("/v1/payment_intents/{pi}/cancel", "cancellation_reason=duplicate"),
        ("/_sandbox/intents/{pi}/authenticate", "answer=approve"),
        ("/_sandbox/intents/{pi}/authenticate", "answer=fail"),
        ("/v1/refunds", "payment_intent={pi}&amount=100"), ("/v1/refunds", "payment_intent={pi}"),
        ("/v1/setup_intents", "payment_method=pm_card_visa&confirm=true&customer={cus}"),
        ("/v1/payouts", "currency=usd"), ("/_sandbox/clock", "advance_seconds=90000"),
        ("/v1/checkout/sessions", "mode=setup&success_url=https://a.example"),
        ("/_sandbox/checkout/{cs}", "number=4242424242424242&exp_month=12&exp_year=2040"),
    ]

    private struct Walk {
        var draws: Draws
        var known: [String] = ["none"]
        /// The callers' clock.
        var now = SandboxOptions.defaultStart

        /// Mostly something that makes sense, spoilt now and then, and one in three times noise.
        mutating func request() -> SandboxRequest {
            now += Int64(draws.below(draws.below(20) == 0 ? 100_000 : 2000))
            if known.count > 200 { known.removeFirst(100) }
            return draws.below(3) == 0 ? noise() : recipe()
        }

        private mutating func recipe() -> SandboxRequest {
            let (path, form) = draws.pick(RandomWalkTests.recipes)
            let kept = form.split(separator: "&").filter { _ in draws.below(30) > 0 }.joined(separator: "&")
            let headers = [
                "authorization": "Bearer sk_test_walk", "content-type": "application/x-www-form-urlencoded",
            ]
            return SandboxRequest(
                method: "POST", path: filled(path), headers: headers, body: Array(filled(kept).utf8),
                receivedAt: now)
        }

        private mutating func filled(_ text: String) -> String {
            var text = text
            for kind in ["cus", "pi", "cs"] {
                let ids = known.filter { $0.hasPrefix(kind + "_") }
                text = text.replacing("{\(kind)}", with: ids.isEmpty ? "none" : draws.pick(ids))
            }
            return text
        }

        private mutating func noise() -> SandboxRequest {
            var path = draws.pick(RandomWalkTests.paths)
            while let range = path.firstRange(of: "{}") { path.replaceSubrange(range, with: draws.pick(known)) }
            let isJSON = draws.below(3) == 0
            let members = (0..<draws.below(9)).map { _ in
                (
                    draws.pick(RandomWalkTests.names),
                    draws.below(3) == 0 ? draws.pick(known) : draws.pick(RandomWalkTests.values)
                )
            }
            let form = members.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
            let json = JSONValue.object(
                members.map { name, value in .init(name, Int64(value).map { .integer($0) } ?? .string(value)) })
            let method = draws.pick(["GET", "POST", "POST", "POST", "DELETE"])
            var headers = ["authorization": "Bearer sk_test_walk"]
            if isJSON { headers = ["authorization": "Basic c2tfdGVzdF9hOg==", "content-type": "application/json"] }
            if draws.below(4) == 0 { headers["idempotency-key"] = String(draws.below(20)) }
            return SandboxRequest(
                method: method, path: path, query: method == "GET" ? form : "", headers: headers,
                body: method == "GET" ? [] : isJSON ? json.bytes : Array(form.utf8),
                receivedAt: now)
        }
    }

    @Test(arguments: 1...6) func nothingTrapsAndTheBooksBalance(seed: UInt64) throws {
        var options = SandboxOptions()
        options.seed = seed
        options.stripeWebhookURLs = ["http://127.0.0.1:1"]
        options.horizonMilliseconds = seed % 2 == 0 ? 86_400_000 : nil
        let sandbox = Sandbox(options)
        var walk = Walk(draws: Draws(state: seed))
        for _ in 0..<1500 {
            let response = sandbox.handle(walk.request())
            #expect((200..<600).contains(response.status))
            if walk.draws.below(10) == 0 {
                for delivery in sandbox.dueDeliveries(at: walk.now) {
                    sandbox.recordDelivery(delivery.id, status: walk.draws.pick([200, 500]), at: walk.now)
                }
            }
            guard response.status == 200, let json = try? JSONValue(parsing: response.body) else { continue }
            if let id = json["id"]?.string { walk.known.append(id) }
            if let id = json["latest_charge"]?.string { walk.known.append(id) }
        }
        sandbox.removeFaults()
        // A walk that gets nowhere would show nothing.
        #expect(sandbox.audit.successes > 5)
        #expect(sandbox.audit.declines > 0)
        sandbox.withWorld { world in Self.checkBooks(world, isWhole: options.horizonMilliseconds == nil) }
    }

    private static func checkBooks(_ world: World, isWhole: Bool) {
        var collected: [String: Int64] = [:]
        for dialect in SandboxDialect.allCases {
            for intent in world.paymentIntents.records(dialect) {
                let paid = intent.charges.filter { $0.status == "succeeded" && $0.amountCaptured > 0 }
                #expect(paid.count == (intent.status == .succeeded ? 1 : 0))
                #expect(paid.allSatisfy { world.refunded($0) <= $0.amountCaptured })
                if let charge = paid.first { collected[charge.currency, default: 0] += charge.amountCaptured }
            }
        }
        guard isWhole else { return }
        let audited = world.audit.audit.totalsByCurrency.mapValues(\.collected).filter { $0.value > 0 }
        #expect(audited == collected)
    }

    @Test func aPlayedJournalGivesTheSameState() {
        let options = SandboxOptions()
        let sandbox = Sandbox(options)
        var walk = Walk(draws: Draws(state: 99))
        var journal: [[UInt8]] = []
        for _ in 0..<1500 {
            let request = walk.request()
            guard request.path != "/_sandbox/faults" else { continue }
            let response = sandbox.handle(request)
            if let kept = JournalRequest(request, answeredWith: response) {
                journal.append(JournalEntry.request(kept).line)
            }
            if let id = (try? JSONValue(parsing: response.body))?["id"]?.string, response.status == 200 {
                walk.known.append(id)
            }
        }
        let copy = Sandbox(options)
        for line in journal { JournalEntry(line: line)?.play(in: copy) }
        copy.advance(to: sandbox.now)
        func lines(_ sandbox: Sandbox) -> [Substring] {
            let state = sandbox.handle(SandboxRequest(method: "GET", path: "/_sandbox/state")).body
            return String(decoding: state, as: UTF8.self).split(separator: "{")
        }
        let differences = zip(lines(copy), lines(sandbox)).filter { $0 != $1 }
        #expect(differences.isEmpty, "\(differences.prefix(3))")
        #expect(sandbox.audit.successes > 5)
    }
}
