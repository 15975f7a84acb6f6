import DunlinCalendar
import DunlinCore
import Testing

@testable import DunlinGateways

/// What is sent for saved cards, refunds and intents by hand, compared with seeds 001 to 003 and the dossiers.
@Suite struct SavingRequestTests {
    @Test(arguments: stripe)
    func aRequestToStripeIsTheDocumentedOneByteForByte(_ captured: Captured) async throws {
        try await captured.check(.stripe)
    }

    @Test(arguments: wooshpay)
    func aRequestToWooshPayIsTheDocumentedOneByteForByte(_ captured: Captured) async throws {
        try await captured.check(.wooshpay)
    }

    @Test func aRawCardBecomesAMethodOfItsOwnBeforeStripesSetupIntent() async throws {
        let method = ScriptedServer.Step.answer(
            200, body: #"{"id":"pm_new","object":"payment_method","type":"card","card":{"last4":"0390"}}"#)
        let declined = ScriptedServer.Step.answer(
            402,
            body: """
                {"error":{"type":"card_error","code":"card_declined","decline_code":"generic_decline","message":"no",\
                "setup_intent":{"id":"seti_1","object":"setup_intent","status":"requires_payment_method"}}}
                """)
        let request = SetupIntentRequest(
            customerID: "cus_1", card: try Self.card(), confirms: true, returnURL: "https://example.com/back")
        try await Harness.run(.stripe, [method, declined]) { gateway, harness in
            let reply = await gateway.createSetupIntent(request, idempotencyKey: "k")
            let bodies = harness.server.requests.compactMap { $0.split(separator: "\r\n\r\n").last.map(String.init) }
            #expect(
                bodies == [
                    "type=card&card[number]=4761344136141390&card[exp_month]=04&card[exp_year]=2027&card[cvc]=022"
                        + "&billing_details[name]=XX%20XXX",
                    "customer=cus_1&payment_method=pm_new&payment_method_types[0]=card&usage=off_session&confirm=true"
                        + "&return_url=https%3A%2F%2Fexample.com%2Fback",
                ])
            guard case .value(let intent) = reply.result else {
                Issue.record("\(reply.verdict)")
                return
            }
            #expect(intent.status == .requiresPaymentMethod && intent.lastError?.reason == "generic_decline")
            #expect(reply.exchanges.map(\.objectID) == ["pm_new", "seti_1"])
            #expect(!"\(reply)".contains("4761344136141390") && !"\(request)".contains("4761344136141390"))
        }
    }

    @Test func aBrowsersKeyReadsWithTheClientSecret() async throws {
        let access = ClientAccess(
            publishableKey: Secret("pk_test_browser0001"), clientSecret: Secret("seti_1_secret_abc"))
        for kind in GatewayKind.allCases {
            let answer = ScriptedServer.Step.answer(
                200, body: #"{"id":"seti_1","object":"setup_intent","status":"processing"}"#)
            try await Harness.run(kind, [answer]) { gateway, harness in
                let reply = await gateway.setupIntent("seti_1", asClient: access)
                let sent = harness.server.requests.first ?? ""
                #expect(sent.hasPrefix("GET /v1/setup_intents/seti_1?client_secret=seti_1_secret_abc HTTP/1.1\r\n"))
                let basic = Base64Text.encode("pk_test_browser0001:")
                #expect(sent.contains(kind == .stripe ? "Bearer pk_test_browser0001\r\n" : "Basic \(basic)\r\n"))
                #expect(!sent.contains(Harness.stripeKey) && !sent.contains(Harness.wooshpayKey))
                #expect(reply.verdict.contains("processing"))
                #expect(reply.exchanges.map(\.path) == ["/v1/setup_intents/seti_1"])
            }
        }
    }

    @Test func fromEndiveOnASetupIntentAllowsCardsInsteadOfListingThem() throws {
        let requests = StripeRequests(version: .endive, currencies: .stripe)
        let setup = String(
            decoding: requests.createSetupIntent(SetupIntentRequest(), paymentMethodID: nil), as: UTF8.self)
        let hand = String(
            decoding: requests.create(HandIntentRequest(amount: try Self.amount(2500)), units: 2500), as: UTF8.self)
        for text in [setup, hand] {
            #expect(text.contains("allowed_payment_method_types[0]=card"))
            #expect(!text.contains("&payment_method_types") && !text.hasPrefix("payment_method_types"))
        }
    }

    private static func card() throws -> CardData {
        try CardData(number: "4761344136141390", expMonth: "04", expYear: "2027", code: "022", holder: "XX XXX")
    }

    private static func amount(_ minorUnits: Int64) throws -> Money {
        Money(minorUnits: minorUnits, currency: try #require(Currency("USD")))
    }

    private static let stripe: [Captured] = [
        Captured("an empty SetupIntent", "POST /v1/setup_intents", "payment_method_types[0]=card&usage=off_session") {
            _ = await $0.createSetupIntent(SetupIntentRequest(), idempotencyKey: "k")
        },
        Captured(
            "a SetupIntent with all fields", "POST /v1/setup_intents",
            "customer=cus_1&payment_method=pm_1&payment_method_types[0]=card"
                + "&payment_method_options[card][request_three_d_secure]=any&usage=on_session&description=a%20b"
                + "&confirm=true&return_url=https%3A%2F%2Fe.x%2Fb&metadata[k]=v"
        ) {
            _ = await $0.createSetupIntent(
                SetupIntentRequest(
                    customerID: "cus_1", paymentMethodID: "pm_1", usage: .onSession, threeDSecure: .any,
                    description: "a b", metadata: MetadataChange(["k": "v"]), confirms: true,
                    returnURL: "https://e.x/b"), idempotencyKey: "k")
        },
        Captured("seed 003: update", "POST /v1/setup_intents/seti_1", "metadata[order_id]=6735") {
            _ = await $0.updateSetupIntent(
                "seti_1", SetupIntentChange(metadata: MetadataChange(["order_id": "6735"])), idempotencyKey: "k")
        },
        Captured(
            "keys and fields are taken away by empty values", "POST /v1/setup_intents/seti_1",
            "description=&payment_method=&metadata[a]=1&metadata[b]="
        ) {
            _ = await $0.updateSetupIntent(
                "seti_1",
                SetupIntentChange(
                    paymentMethodID: "", description: "", metadata: MetadataChange(["a": "1"], removed: ["b"])),
                idempotencyKey: "k")
        },
        Captured("all metadata is taken away", "POST /v1/setup_intents/seti_1", "metadata=") {
            _ = await $0.updateSetupIntent(
                "seti_1", SetupIntentChange(metadata: MetadataChange(removesAll: true)), idempotencyKey: "k")
        },
        Captured("seed 003: retrieve", "GET /v1/setup_intents/seti_1") { _ = await $0.setupIntent("seti_1") },
        Captured("seed 003: list", "GET /v1/setup_intents?limit=3") {
            _ = await $0.setupIntents(SetupIntentQuery(limit: 3))
        },
        Captured(
            "a list with filters",
            "GET /v1/setup_intents?customer=cus_1&payment_method=pm_1&created%5Bgte%5D=10&created%5Blte%5D=20&limit=5"
                + "&ending_before=seti_9"
        ) {
            _ = await $0.setupIntents(
                SetupIntentQuery(
                    customerID: "cus_1", paymentMethodID: "pm_1", createdFrom: Instant(seconds: 10),
                    createdThrough: Instant(seconds: 20), cursor: .endingBefore("seti_9"), limit: 5))
        },
        Captured("seed 003: cancel", "POST /v1/setup_intents/seti_1/cancel") {
            _ = await $0.cancelSetupIntent("seti_1", reason: nil, idempotencyKey: "k")
        },
        Captured(
            "a cancel with its reason", "POST /v1/setup_intents/seti_1/cancel",
            "cancellation_reason=requested_by_customer"
        ) {
            _ = await $0.cancelSetupIntent("seti_1", reason: .requestedByCustomer, idempotencyKey: "k")
        },
        Captured("seed 003: confirm", "POST /v1/setup_intents/seti_1/confirm", "payment_method=pm_card_visa") {
            _ = await $0.confirmSetupIntent(
                "seti_1", SetupIntentConfirmation(paymentMethodID: "pm_card_visa"), idempotencyKey: "k")
        },
        Captured("a customer", "POST /v1/customers", "email=a%40example.com&name=A%20B&metadata[k]=v") {
            _ = await $0.createCustomer(
                CustomerRequest(email: "a@example.com", name: "A B", metadata: MetadataChange(["k": "v"])),
                idempotencyKey: "k")
        },
        Captured("a customer's cards", "GET /v1/customers/cus_1/payment_methods?limit=100") {
            _ = await $0.paymentMethods(ofCustomer: "cus_1")
        },
        Captured("a method", "GET /v1/payment_methods/pm_1") {
            _ = await $0.paymentMethod("pm_1", customerID: "cus_1")
        },
        Captured(
            "a hosted page", "POST /v1/checkout/sessions",
            "mode=setup&customer=cus_1&payment_method_types[0]=card&success_url=https%3A%2F%2Fe.x%2Fs"
                + "&cancel_url=https%3A%2F%2Fe.x%2Fc"
        ) {
            _ = await $0.createSetupSession(
                SetupSessionRequest(customerID: "cus_1", successURL: "https://e.x/s", cancelURL: "https://e.x/c"),
                idempotencyKey: "k")
        },
        Captured(
            "an on-session payment", "POST /v1/payment_intents",
            "amount=2500&currency=usd&customer=cus_1&payment_method=pm_1&payment_method_types[0]=card"
                + "&off_session=false&confirm=true&return_url=https%3A%2F%2Fexample.com%2Fpay%2Fcomplete"
        ) {
            _ = await $0.create(try seedPayment(isOffSession: false), idempotencyKey: "k", deadline: .none)
        },
        Captured(
            "a change of a payment", "POST /v1/payment_intents/pi_1", "payment_method=pm_2&description=x&metadata[k]="
        ) {
            _ = await $0.update(
                "pi_1",
                IntentChange(paymentMethodID: "pm_2", description: "x", metadata: MetadataChange(removed: ["k"])),
                idempotencyKey: "k")
        },
        Captured(
            "a confirm in session", "POST /v1/payment_intents/pi_1/confirm",
            "payment_method=pm_1&return_url=https%3A%2F%2Fe.x%2Fb"
        ) {
            _ = await $0.confirm(
                "pi_1", IntentConfirmation(paymentMethodID: "pm_1", returnURL: "https://e.x/b"), idempotencyKey: "k",
                deadline: .none)
        },
        Captured(
            "a payment's cancel with its reason", "POST /v1/payment_intents/pi_1/cancel",
            "cancellation_reason=duplicate"
        ) {
            _ = await $0.cancel("pi_1", reason: .duplicate, idempotencyKey: "k")
        },
        Captured(
            "a refund", "POST /v1/refunds",
            "payment_intent=pi_1&amount=2500&reason=requested_by_customer&metadata[dunlin_reference]=dl-1"
        ) {
            _ = await $0.refund(try seedRefund(), idempotencyKey: "k", deadline: .none)
        },
        Captured("a refund read", "GET /v1/refunds/re_1") { _ = await $0.refund("re_1") },
        Captured("an intent's refunds", "GET /v1/refunds?payment_intent=pi_1&limit=100") {
            _ = await $0.refunds(ofIntent: "pi_1")
        },
    ]

    private static let wooshpay: [Captured] = [
        Captured(
            "seed 001: create and confirm with card data", "POST /v1/setup_intents",
            #"{"confirm":true,"customer":"cus_1838767497487056896","payment_method_types":["card"],"#
                + #""payment_method_data":{"type":"card","card":{"exp_month":"04","exp_year":"2027","#
                + #""number":"4761344136141390","cvc":"022","name":"XX XXX"}},"usage":"on_session","#
                + #""return_url":"https://yourwebsite.com"}"#
        ) {
            _ = await $0.createSetupIntent(
                SetupIntentRequest(
                    customerID: "cus_1838767497487056896", card: try card(), usage: .onSession, confirms: true,
                    returnURL: "https://yourwebsite.com"), idempotencyKey: "k")
        },
        Captured(
            "seed 002: every field but the wallets", "POST /v1/setup_intents",
            #"{"customer":"cus_1","description":"d","metadata":{"k":"v"},"payment_method":"pm_1","#
                + #""payment_method_types":["card"],"payment_method_options":{"card":{"request_three_d_secure":"auto"}},"#
                + #""usage":"off_session"}"#
        ) {
            _ = await $0.createSetupIntent(
                SetupIntentRequest(
                    customerID: "cus_1", paymentMethodID: "pm_1", threeDSecure: .automatic, description: "d",
                    metadata: MetadataChange(["k": "v"])), idempotencyKey: "k")
        },
        Captured(
            "an update", "POST /v1/setup_intents/seti_1",
            #"{"customer":"cus_1","description":"","metadata":{"a":"1","b":""},"payment_method":"pm_1"}"#
        ) {
            _ = await $0.updateSetupIntent(
                "seti_1",
                SetupIntentChange(
                    customerID: "cus_1", paymentMethodID: "pm_1", description: "",
                    metadata: MetadataChange(["a": "1"], removed: ["b"])), idempotencyKey: "k")
        },
        Captured("all metadata is taken away", "POST /v1/setup_intents/seti_1", #"{"metadata":""}"#) {
            _ = await $0.updateSetupIntent(
                "seti_1", SetupIntentChange(metadata: MetadataChange(removesAll: true)), idempotencyKey: "k")
        },
        Captured("a read", "GET /v1/setup_intents/seti_1") { _ = await $0.setupIntent("seti_1") },
        Captured("a list", "GET /v1/setup_intents?customer=cus_1&limit=5&starting_after=seti_9") {
            _ = await $0.setupIntents(
                SetupIntentQuery(
                    customerID: "cus_1", createdFrom: Instant(seconds: 10), cursor: .startingAfter("seti_9"), limit: 5))
        },
        Captured(
            "a confirm always says where to come back to", "POST /v1/setup_intents/seti_1/confirm",
            #"{"payment_method":"pm_1","return_url":"https://yourwebsite.com"}"#
        ) {
            _ = await $0.confirmSetupIntent(
                "seti_1", SetupIntentConfirmation(paymentMethodID: "pm_1"), idempotencyKey: "k")
        },
        Captured(
            "a cancel always says why", "POST /v1/setup_intents/seti_1/cancel", #"{"cancellation_reason":"abandoned"}"#
        ) {
            _ = await $0.cancelSetupIntent("seti_1", reason: nil, idempotencyKey: "k")
        },
        Captured("a customer", "POST /v1/customers", #"{"email":"a@example.com"}"#) {
            _ = await $0.createCustomer(CustomerRequest(email: "a@example.com"), idempotencyKey: "k")
        },
        Captured("a customer's cards", "GET /v1/customers/cus_1/payment_methods?limit=100") {
            _ = await $0.paymentMethods(ofCustomer: "cus_1")
        },
        Captured(
            "a hosted page", "POST /v1/checkout/sessions/setup",
            #"{"success_url":"https://e.x/s","cancel_url":"https://e.x/c","payment_method_types":["card"],"#
                + #""customer":"cus_1","metadata":{"k":"v"}}"#
        ) {
            _ = await $0.createSetupSession(
                SetupSessionRequest(
                    customerID: "cus_1", successURL: "https://e.x/s", cancelURL: "https://e.x/c",
                    metadata: MetadataChange(["k": "v"])), idempotencyKey: "k")
        },
        Captured(
            "seed 001: a charge with the user present", "POST /v1/payment_intents",
            #"{"amount":2500,"currency":"USD","confirm":true,"off_session":false,"customer":"cus_1","#
                + #""payment_method":"pm_1","return_url":"https://example.com/pay/complete"}"#
        ) {
            _ = await $0.create(try seedPayment(isOffSession: false), idempotencyKey: "k", deadline: .none)
        },
        Captured(
            "seed 001: a charge with no user present", "POST /v1/payment_intents",
            #"{"amount":2500,"currency":"USD","confirm":true,"off_session":true,"customer":"cus_1","#
                + #""payment_method":"pm_1","return_url":"https://example.com/pay/complete"}"#
        ) {
            _ = await $0.create(try seedPayment(isOffSession: true), idempotencyKey: "k", deadline: .none)
        },
        Captured("a change of a payment", "POST /v1/payment_intents/pi_1", #"{"description":"x"}"#) {
            _ = await $0.update("pi_1", IntentChange(description: "x"), idempotencyKey: "k")
        },
        Captured(
            "a confirm in session", "POST /v1/payment_intents/pi_1/confirm",
            #"{"payment_method":"pm_1","off_session":false,"return_url":"https://yourwebsite.com"}"#
        ) {
            _ = await $0.confirm(
                "pi_1", IntentConfirmation(paymentMethodID: "pm_1", isOffSession: false), idempotencyKey: "k",
                deadline: .none)
        },
        Captured(
            "a payment's cancel", "POST /v1/payment_intents/pi_1/cancel",
            #"{"cancellation_reason":"requested_by_customer"}"#
        ) {
            _ = await $0.cancel("pi_1", reason: .requestedByCustomer, idempotencyKey: "k")
        },
        Captured(
            "a refund: its amount is a text", "POST /v1/refunds",
            #"{"payment_intent":"pi_1","amount":"2500","reason":"requested_by_customer","#
                + #""metadata":{"dunlin_reference":"dl-1"}}"#
        ) {
            _ = await $0.refund(try seedRefund(), idempotencyKey: "k", deadline: .none)
        },
        Captured("a refund read", "GET /v1/refunds/re_1") { _ = await $0.refund("re_1") },
    ]

    private static func seedPayment(isOffSession: Bool) throws -> HandIntentRequest {
        HandIntentRequest(
            amount: try amount(2500), customerID: "cus_1", paymentMethodID: "pm_1", confirms: true,
            isOffSession: isOffSession, returnURL: "https://example.com/pay/complete")
    }

    private static func seedRefund() throws -> RefundRequest {
        RefundRequest(
            intentID: "pi_1", amount: try amount(2500), reason: .requestedByCustomer,
            metadata: IntentMetadata(reference: "dl-1"))
    }
}
