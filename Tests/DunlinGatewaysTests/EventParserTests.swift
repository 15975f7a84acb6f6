import DunlinCalendar
import DunlinCore
import DunlinGateways
import Testing

/// Rule 26 of docs/proof.md: which fields of an event are kept, and in which forms they come.
@Suite struct EventParserTests {
    private static func event(_ text: String) throws -> GatewayEvent { try EventParser.event(Array(text.utf8)) }

    @Test func anEventKeepsWhatSaysWhichObjectToReadAgain() throws {
        let event = try Self.event(
            """
            {"id":"evt_1","object":"event","api_version":"2019-02-11","created":1700000000,"livemode":false,
             "type":"payment_intent.succeeded","request":{"id":"req_1","idempotency_key":"k"},
             "data":{"object":{"id":"pi_1","object":"payment_intent","amount":1099,"customer":{"id":"cus_1"},
              "client_secret":"pi_1_secret_abc","metadata":{"dunlin_reference":"dl-a","dunlin_subscription":"s 1",
              "dunlin_period":"2026-01-31","dunlin_database":"db","other":"x"}}}}
            """)
        #expect(event.id == "evt_1")
        #expect(event.objectID == "pi_1")
        #expect(event.intentID == "pi_1")
        #expect(event.customerID == "cus_1")
        #expect(event.isLive == false)
        #expect(event.apiVersion == "2019-02-11")
        #expect(event.createdAt == Instant(seconds: 1_700_000_000))
        #expect(event.metadata.reference == "dl-a")
        #expect(event.metadata.subscriptionID == "s 1")
        #expect(event.metadata.period == "2026-01-31")
        #expect(event.metadata.databaseID == "db")
        #expect(EventSubject(event) == .intent("pi_1"))
    }

    /// Milliseconds, 19 digits, JSON in a string, and the reference as `merchant_order_id`.
    @Test func wooshPaysFormsAreRead() throws {
        let event = try Self.event(
            #"""
            {"id":"evt_1953045921369423999","created":1754477408000,"livemode":"false","type":"payment_intent.succeeded",
             "data":{"object":{"id":"pi_1953045900000000001","object":"payment_intent","customer":"",
              "metadata":"{\"dunlin_subscription\":\"s1\"}","merchant_order_id":"dl-inv42-a1"}}}
            """#)
        #expect(event.objectID == "pi_1953045900000000001")
        #expect(event.customerID == nil)
        #expect(event.isLive == false)
        #expect(event.createdAt == Instant(milliseconds: 1_754_477_408_000))
        #expect(event.metadata.reference == "dl-inv42-a1")
        #expect(event.metadata.subscriptionID == "s1")
    }

    @Test func whatLooksLikeASecretOrACardIsLeftOutOfEveryField() throws {
        let event = try Self.event(
            """
            {"id":"evt_1","type":"payment_intent.succeeded","account":"sk_test_canary0123",
             "api_version":"4242424242424242","data":{"object":{"id":"pi_1_secret_canary","object":"payment_intent",
              "customer":"4242 4242 4242 4242","metadata":{"dunlin_subscription":"card 4242424242424242",
              "dunlin_reference":"whsec_canary"}}}}
            """)
        #expect(event.objectID == nil)
        #expect(event.customerID == nil)
        #expect(event.account == nil)
        #expect(event.apiVersion == nil)
        #expect(event.metadata == IntentMetadata())
    }

    @Test func whatIsNoEventIsRefusedWithItsReason() {
        for (text, problem) in [
            ("", EventParser.Problem.notJSON), ("[]", .notJSON), ("{", .notJSON), ("{}", .notAnEvent),
            (#"{"id":"evt_1"}"#, .notAnEvent), (#"{"id":"evt 1","type":"a.b"}"#, .notAnEvent),
            (#"{"id":"evt_1","type":"A B"}"#, .notAnEvent),
            (#"{"id":"pi_1","object":"payment_intent","type":"card"}"#, .notAnEvent),
            (#"{"id":"evt_1","object":"v2.core.event","type":"a.b","created":"2026-01-01T00:00:00Z"}"#, .thin),
        ] {
            #expect(throws: problem) { try Self.event(text) }
        }
    }

    @Test func aFileMayBeAnEventAnArrayAListOrLines() throws {
        let one = #"{"id":"evt_1","type":"a.b"}"#
        let two = #"{"id":"evt_2","type":"a.b"}"#
        for text in [
            one + "\n" + two + "\n", "[\(one),\(two)]", #"{"object":"list","has_more":true,"data":[\#(one),\#(two)]}"#,
            "\r\n\(one)\r\n\r\n[\(two)]",
        ] {
            #expect(try EventParser.events(inFile: Array(text.utf8)).map(\.id) == ["evt_1", "evt_2"], "\(text)")
        }
        #expect(try EventParser.events(inFile: Array(one.utf8)).map(\.id) == ["evt_1"])
        #expect(try EventParser.events(inFile: []).isEmpty)
        let problem = #expect(throws: EventParser.FileProblem.self) {
            try EventParser.events(inFile: Array("\(one)\n\(two)\nnot json".utf8))
        }
        #expect(problem?.line == 3)
        #expect(problem?.problem == .notJSON)
    }

    @Test(arguments: [
        ("charge.refund.updated", EventSubject.refund("o")), ("refund.failed", .refund("o")),
        ("charge.dispute.closed", .dispute("o")), ("setup_intent.succeeded", .setupIntent("o")),
        ("payment_method.automatically_updated", .paymentMethod("o")), ("payment_method.detached", .paymentMethod("o")),
        ("customer.deleted", .customer("o")), ("mandate.updated", .mandate("o")), ("payment_intent.x", .intent("o")),
    ])
    func aTypeSaysWhatIsReadAgain(type: String, subject: EventSubject) throws {
        #expect(EventSubject(GatewayEvent(id: "e", type: type, objectID: "o")) == subject)
        #expect(EventSubject(key: try #require(subject.key)) == subject)
    }
}
