import DunlinCalendar
import DunlinCore
import Testing

@testable import DunlinGateways

@Suite struct DecodingTests {
    private func decoder(_ kind: GatewayKind) -> ObjectDecoder {
        ObjectDecoder(
            kind: kind, currencies: kind == .stripe ? .stripe : .wooshpay, scrubber: Scrubber(key: Secret("sk_test_x")))
    }

    private func intent(_ text: String, _ kind: GatewayKind = .stripe) throws -> IntentSnapshot? {
        decoder(kind).intent(try #require(JSON(parsing: Array(text.utf8)), "\(text)"))
    }

    private func field(_ text: String, _ kind: GatewayKind = .stripe) throws -> IntentSnapshot {
        try #require(try intent(#"{"id":"pi_1","status":"succeeded",\#(text)}"#, kind))
    }

    @Test func aWholeIntentOfStripeIsRead() throws {
        let snapshot = try #require(try intent(Sample.stripeIntent(status: "succeeded", charge: #""ch_1""#)))
        #expect(
            snapshot
                == IntentSnapshot(
                    id: "pi_1", status: .succeeded,
                    amount: Money(minorUnits: 1099, currency: try #require(Currency("USD"))), customerID: "cus_1",
                    paymentMethodID: "pm_1", isLive: false, metadata: Sample.metadata, latestCharge: "ch_1",
                    createdAt: Instant(seconds: 1_795_341_000)))
    }

    @Test func expandedObjectsReadAsTheirIDs() throws {
        let snapshot = try field(
            #""customer":{"id":"cus_1","object":"customer"},"payment_method":{"id":"pm_1"},"latest_charge":{"id":"ch_1"}"#
        )
        #expect(snapshot.customerID == "cus_1")
        #expect(snapshot.paymentMethodID == "pm_1")
        #expect(snapshot.latestCharge == "ch_1")
    }

    @Test func emptyStringsAndNullsAndMissingFieldsAreTheSame() throws {
        for text in [
            #""customer":"","metadata":null,"next_action":"","last_payment_error":"","livemode":null,"created":null"#,
            #""customer":null,"metadata":"","next_action":null,"last_payment_error":null,"amount":"""#,
            #""x":1"#,
        ] {
            for kind in GatewayKind.allCases {
                #expect(try field(text, kind) == IntentSnapshot(id: "pi_1", status: .succeeded))
            }
        }
    }

    @Test func numbersMayComeAsStringsAndIDsAsNumbers() throws {
        let snapshot = try field(
            #""amount":"2500","currency":"usd","created":"1754477408000","livemode":"true","customer":1953770230215860001"#,
            .wooshpay)
        #expect(snapshot.amount?.minorUnits == 2500)
        #expect(snapshot.createdAt == Instant(milliseconds: 1_754_477_408_000))
        #expect(snapshot.isLive == true)
        #expect(snapshot.customerID == "1953770230215860001")
        #expect(try field(#""amount":2500.0,"currency":"USD""#).amount?.minorUnits == 2500)
    }

    @Test func anAmountThatIsNoneIsNoAmount() throws {
        for text in [
            #""amount":2500.5,"currency":"usd""#, #""amount":1e3,"currency":"usd""#, #""amount":2500"#,
            #""amount":2500,"currency":"zzz""#, #""amount":99999999999999999999,"currency":"usd""#,
            #""amount":true,"currency":"usd""#, #""amount":[1],"currency":"usd""#,
            #""amount":501,"currency":"isk""#, #""amount":9223372036854775807,"currency":"mga""#,
        ] {
            #expect(try field(text).amount == nil, "\(text)")
        }
    }

    @Test func secondsAndMillisecondsAreToldApart() throws {
        #expect(try field(#""created":1754477408"#).createdAt == Instant(seconds: 1_754_477_408))
        #expect(try field(#""created":1754477408000"#).createdAt == Instant(seconds: 1_754_477_408))
        #expect(try field(#""created":-5"#).createdAt == nil)
        #expect(try field(#""created":9223372036854775807"#).createdAt == Instant(milliseconds: .max))
    }

    @Test func theNextStepOfTheCustomerIsFoundInEveryForm() throws {
        let address = "https://example.com/3ds?a=1"
        for action in [
            #"{"type":"redirect_to_url","redirect_to_url":{"url":"\#(address)","return_url":"https://no"}}"#,
            #"{"type":"challenge_redirect","challenge_redirect":{"return_url":"https://no","url":"\#(address)"}}"#,
            #"{"ddc_redirect":{"url":"\#(address)"}}"#,
            #""{\"ddc_redirect\":{\"url\":\"\#(address)\"}}""#,
            #"{"type":"alipayplus_handle_redirect","alipayplus_handle_redirect":{"schemeUrl":"a://","normalUrl":"\#(address)"}}"#,
            #"{"type":"unknown_next_year","gcash_handle_redirect":{"url":"\#(address)"}}"#,
        ] {
            #expect(try field(#""next_action":\#(action)"#, .wooshpay).nextActionURL == address, "\(action)")
        }
        for action in [#"{"type":"use_stripe_sdk","use_stripe_sdk":{"type":"x"}}"#, "{}", "[]", "7", #""text""#] {
            #expect(try field(#""next_action":\#(action)"#).nextActionURL == nil, "\(action)")
        }
    }

    @Test func metadataMayBeWithinAStringAndTheOrderNumberStandsInForIt() throws {
        let packed = try field(#""metadata":"{\"dunlin_reference\":\"dl-1\",\"n\":5}""#, .wooshpay)
        #expect(packed.metadata.reference == "dl-1")
        #expect(try field(#""merchant_order_id":"dl-2""#, .wooshpay).metadata == IntentMetadata(reference: "dl-2"))
        let both = try field(#""merchant_order_id":"dl-2","metadata":{"dunlin_reference":"dl-1"}"#, .wooshpay)
        #expect(both.metadata.reference == "dl-1")
    }

    @Test func anErrorOnTheIntentIsReadInEveryForm() throws {
        let object = try field(#""last_payment_error":{"code":"card_declined","charge":{"id":"ch_9"}}"#)
        #expect(object.lastDecline == Decline(code: "card_declined", chargeID: "ch_9"))
        let text = try field(#""last_payment_error":"not enough""#, .wooshpay)
        #expect(text.lastDecline == Decline(message: "not enough") && text.latestCharge == "error")
        let empty = try field(#""last_payment_error":{}"#, .wooshpay)
        #expect(empty.lastDecline == nil && empty.latestCharge == nil)
    }

    @Test func theClientSecretIsNeverRead() throws {
        for kind in GatewayKind.allCases {
            let text = kind == .stripe ? Sample.stripeIntent() : Sample.wooshpayIntent()
            #expect(!"\(String(describing: try intent(text, kind)))".contains("canaryClientSecret"))
        }
    }

    // MARK: JSON

    @Test func textsThatAreJSONAreRead() throws {
        let cases: [(String, JSON)] = [
            ("null", .null), (" true\n", .bool(true)), ("-0", .integer(0)), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .decimal("9223372036854775808")),
            ("1.50", .decimal("1.50")), ("1e5", .decimal("1e5")), ("[]", .array([])), ("{ }", .object([:])),
            (#""""#, .string("")), (#""\u00e9\ud83d\ude00\n\/\"""#, .string("é😀\n/\"")),
            (#""\ud83d""#, .string("\u{FFFD}")), (#""\ud83d\u0041""#, .string("\u{FFFD}A")),
            (#""\udc00x""#, .string("\u{FFFD}x")), ("\"é\"", .string("é")),
            (
                #"{"a":[1,{"b":null}],"a ":2}"#,
                .object(["a": .array([.integer(1), .object(["b": .null])]), "a ": .integer(2)])
            ),
        ]
        for (text, value) in cases { #expect(JSON(parsing: Array(text.utf8)) == value, "\(text)") }
    }

    @Test func textsThatAreNotJSONAreRefused() {
        for text in [
            "", " ", "nul", "tru", "+1", "01", "-", "1.", ".5", "1e", "1e+", "[1,]", "[1 2]", "[", "{", #"{"a"}"#,
            #"{"a":}"#, #"{"a":1,}"#, "{a:1}", "'a'", #"""#, #""\x""#, #""\u12""#, #""\u12g4""#, "\"\n\"", "1 2", "{}x",
            #""\"#, "NaN", "<html>",
        ] {
            #expect(JSON(parsing: Array(text.utf8)) == nil, "\(text)")
        }
        #expect(JSON(parsing: [0x22, 0xFF, 0x22]) == nil)
        #expect(JSON(parsing: [0x22, 0x5C, 0x6E, 0xC3, 0x22]) == nil)
        #expect(JSON(parsing: Array(repeating: UInt8(ascii: "["), count: 100_000)) == nil)
        let deep = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
        #expect(JSON(parsing: Array(deep.utf8)) != nil)
    }

    @Test func damagedAnswersNeverStopTheProgramAndNeverTurnIntoAnotherIntent() {
        var generator = SeededGenerator(seed: 20_261_121)
        let originals = [
            (GatewayKind.stripe, Array(Sample.stripeIntent(status: "succeeded").utf8)),
            (.wooshpay, Array(Sample.wooshpayIntent(error: #""{\"code\":\"x\"}""#).utf8)),
        ]
        for (kind, original) in originals {
            let decoder = decoder(kind)
            for _ in 0..<5_000 {
                let damaged = generator.damage(original)
                let answer = Answer(
                    HTTPResponse(status: 200, headers: [HTTPHeader("Content-Type", "application/json")], body: damaged),
                    decoder.scrubber)
                guard case .json(let json) = answer.content else { continue }
                _ = decoder.intent(json)
                _ = json.items
                _ = ErrorBody(json, decoder.scrubber)?.decline(decoder.scrubber)
            }
            // What is cut off anywhere is not an answer any more.
            for length in 0..<original.count {
                #expect(JSON(parsing: Array(original.prefix(length))) == nil)
            }
        }
    }
}

/// SplitMix64: the same numbers from the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// One to four bytes changed, taken out, doubled or put in, or a stretch repeated.
    mutating func damage(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) where !bytes.isEmpty {
            let index = Int.random(in: bytes.indices, using: &self)
            switch Int.random(in: 0..<5, using: &self) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &self)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(contentsOf: #""{}[],:\0e-"#.utf8.shuffled(using: &self).prefix(2), at: index)
            case 3: bytes.insert(bytes[index], at: index)
            default:
                let end = min(bytes.count, index + Int.random(in: 1...40, using: &self))
                bytes.insert(contentsOf: bytes[index..<end], at: index)
            }
        }
        return bytes
    }
}
