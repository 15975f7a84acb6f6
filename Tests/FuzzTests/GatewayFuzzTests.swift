import DunlinCalendar
import DunlinCore
import DunlinSandbox
import Foundation
import Testing

@testable import DunlinGateways

/// What comes from gateways, and from whoever says that they are one.
@Suite struct GatewayFuzzTests {
    @Test func noDamagedWebhookTrapsOrLeavesMoreThanSingleWords() async throws {
        try await Fuzzing(name: "webhook", rounds: 20_000).run { bytes in
            var events = (try? EventParser.events(inFile: bytes)) ?? []
            if let event = try? EventParser.event(bytes) { events.append(event) }
            for event in events { Self.expectFit(event) }
        }
    }

    private static func expectFit(_ event: GatewayEvent) {
        let names = [event.type, event.objectType, event.apiVersion].compactMap { $0 }
        let ids = [
            event.id, event.objectID, event.intentID, event.customerID, event.account, event.metadata.reference,
            event.metadata.databaseID,
        ].compactMap { $0 }
        for field in names + ids where field.utf8.count > 255 || field.contains("\"") {
            Issue.record("not fit to be stored: \(field)")
        }
        for name in names where showsNumber(name) { Issue.record("not fit to be stored: \(name)") }
        for id in ids where showsNumber(id, isID: true) { Issue.record("not fit to be stored: \(id)") }
        if let key = EventSubject(event).key, EventSubject(key: key) == nil {
            Issue.record("a key that cannot be read")
        }
    }

    /// Whether the card number that the damage puts in is there whole. Within more digits it is none; in an id
    /// such as `pm_4242424242424242` it is none behind a letter or underscore.
    private static func showsNumber(_ text: String, isID: Bool = false) -> Bool {
        text.ranges(of: "4242424242424242").contains { range in
            let before = text[..<range.lowerBound].last ?? " "
            let after = text[range.upperBound...].first ?? " "
            let isPart = [before, after].contains { ("0"..."9").contains($0) }
            return !isPart && (!isID || !(before.isLetter || before == "_"))
        }
    }

    @Test(arguments: GatewayKind.allCases)
    func noDamagedSignatureIsBelieved(_ kind: GatewayKind) async throws {
        let body = Array("{}".utf8)
        try await Fuzzing(name: "signature", rounds: 20_000).run { bytes in
            let header = String(decoding: bytes, as: UTF8.self)
            let verdict =
                switch kind {
                case .stripe:
                    WebhookSignature.verifyStripe(
                        header: header, body: body, secrets: ["whsec_x"], nowSeconds: 1_700_000_000)
                case .wooshpay:
                    WebhookSignature.verifyWooshPay(
                        header: header, body: body, secrets: ["whsec_x"], nowSeconds: 1_700_000_000)
                }
            guard case .rejected = verdict else {
                Issue.record("believed \(header)")
                return
            }
            _ = WebhookSignature.signedAt(header)
        }
    }

    /// A success is believed only where the answer says so, and no text holds a card number.
    @Test(arguments: GatewayKind.allCases)
    func noDamagedReplyTrapsOrSaysMoreThanItsBytes(_ kind: GatewayKind) async throws {
        let currencies: GatewayCurrencies = kind == .stripe ? .stripe : .wooshpay
        let decoder = ObjectDecoder(
            kind: kind, currencies: currencies, scrubber: Scrubber(key: Secret("sk_test_0123456789abcdef")))
        try await Fuzzing(name: "reply", rounds: 10_000).run { bytes in
            guard let json = JSON(parsing: bytes) else { return }
            for item in [json] + (json.items ?? []) {
                if let intent = decoder.intent(item), intent.status == .succeeded {
                    #expect(item["status"].text == "succeeded")
                }
                if let intent = decoder.setupIntent(item), intent.savedCard != nil {
                    #expect(item["status"].text == "succeeded")
                }
                _ = decoder.refund(item)
                _ = decoder.dispute(item)
                _ = decoder.paymentMethod(item)
                _ = decoder.customer(item)
                _ = decoder.mandate(item)
                _ = decoder.standing(item)
                _ = decoder.events.read(item)
            }
            let text = ErrorBody(json, decoder.scrubber)?.decline(decoder.scrubber).message ?? ""
            #expect(!Self.showsNumber(text) && !text.contains("sk_test_0123456789abcdef"), "\(text)")
        }
    }

    /// The sandbox is reached from a network too.
    @Test(arguments: [SandboxDialect.stripe, .wooshpay])
    func noDamagedFormTrapsTheSandbox(_ dialect: SandboxDialect) async throws {
        let sandbox = Sandbox()
        let paths = [
            "/v1/payment_intents", "/v1/setup_intents", "/v1/customers", "/v1/refunds", "/v1/checkout/sessions",
            "/v1/payment_methods/pm_card_visa/attach", "/v1/payment_methods", "/_sandbox/faults",
            "/v1/webhook_endpoints",
            "/_sandbox/webhook_faults",
        ]
        var count = 0
        try await Fuzzing(name: "form", rounds: 4_000).run { bytes in
            count += 1
            if count % 500 == 0 { sandbox.reset() }
            let isJSON = bytes.first == UInt8(ascii: "{")
            let headers = [
                "authorization": dialect == .stripe ? "Bearer sk_test_fuzz0001" : "Basic c2tfdGVzdF9mdXp6MDAwMTo=",
                "content-type": isJSON ? "application/json" : "application/x-www-form-urlencoded",
            ]
            let query = String(decoding: bytes.prefix(200), as: UTF8.self)
            let path = paths[count % paths.count]
            let answer = sandbox.handle(
                SandboxRequest(method: "POST", path: path, headers: headers, body: bytes, dialect: dialect))
            #expect((200..<500).contains(answer.status), "\(path): \(answer.status)")
            let listed = sandbox.handle(
                SandboxRequest(method: "GET", path: path, query: query, headers: headers, dialect: dialect))
            #expect((200..<500).contains(listed.status), "\(path)?\(query): \(listed.status)")
            #expect(!sandbox.audit.doubles.contains { $0.period.subscription == "real" })
        }
    }
}
