import DunlinCalendar
import DunlinCore
import DunlinSandbox
import Foundation
import Testing

@testable import DunlinGateways

/// Answers that no gateway should send: whatever they are, they are read without a trap, and never for more than they
/// say. `DUNLIN_FUZZ_INPUTS` sets how many are tried; the seed is fixed.
@Suite struct DecoderFuzzTests {
    private static let inputs =
        ProcessInfo.processInfo.environment["DUNLIN_FUZZ_INPUTS"].flatMap { Int($0) } ?? 6_000

    @Test(arguments: GatewayKind.allCases)
    func aDamagedAnswerIsReadWithoutATrapAndNeverAsSavedOrPaidWithoutSayingSo(_ kind: GatewayKind) async throws {
        let samples = try await Self.samples(kind)
        #expect(samples.count > 10)
        var random = SeededGenerator(seed: kind == .stripe ? 11 : 12)
        let decoder = ObjectDecoder(
            kind: kind, currencies: .stripe, scrubber: Scrubber(key: Secret("sk_test_fuzz0001")))
        var readable = 0
        for _ in 0..<Self.inputs {
            var bytes = samples[Int.random(in: 0..<samples.count, using: &random)]
            for _ in 0..<Int.random(in: 1...4, using: &random) { Self.damage(&bytes, samples, &random) }
            guard let json = JSON(parsing: bytes) else { continue }
            readable += 1
            Self.read(json, decoder)
        }
        #expect(readable > Self.inputs / 20)
    }

    @Test(arguments: GatewayKind.allCases)
    func anAnswerOfAnyFormIsClassifiedWithoutATrap(_ kind: GatewayKind) async throws {
        let samples = try await Self.samples(kind)
        var random = SeededGenerator(seed: kind == .stripe ? 21 : 22)
        for _ in 0..<Self.inputs / 20 {
            var bytes = samples[Int.random(in: 0..<samples.count, using: &random)]
            Self.damage(&bytes, samples, &random)
            let status = [200, 201, 302, 400, 401, 402, 404, 409, 429, 500, 503].randomElement(using: &random) ?? 200
            let transport = OneAnswer(status: status, body: bytes)
            let gateway = try GatewaySettings(
                name: "main", kind: kind, key: Secret("sk_test_fuzz0001"), userAgent: "dunlin/0.1.0",
                returnURL: Conforming.back
            ).gateway(
                environment: GatewayEnvironment(
                    transport: transport, now: { Harness.start }, sleep: { _ in }, randomBits: { 0 }))
            let reply = await gateway.setupIntent("seti_1")
            if case .value(let intent) = reply.result { #expect(intent.id == "seti_1" && status < 300) }
            _ = await gateway.paymentMethods(ofCustomer: "cus_1")
            let refund = RefundRequest(
                intentID: "pi_1", amount: try Sample.request().amount, reason: .duplicate)
            let refunded = await gateway.refund(refund, idempotencyKey: "k", deadline: .none)
            if case .value = refunded.result { #expect(status < 300) }
            if case .declined = refunded.result { Issue.record("a refund is never declined") }
        }
    }

    private static func read(_ json: JSON, _ decoder: ObjectDecoder) {
        if let intent = decoder.setupIntent(json), intent.savedCard != nil {
            #expect(json["status"].text == "succeeded")
        }
        if let intent = decoder.intent(json), intent.status == .succeeded {
            #expect(json["status"].text == "succeeded")
        }
        if let refund = decoder.refund(json) { #expect(refund.id == json["id"].text) }
        if let method = decoder.paymentMethod(json), let card = method.card {
            #expect((1...12).contains(card.expMonth ?? 1) && card.last4?.count ?? 4 == 4)
        }
        _ = decoder.customer(json)
        _ = decoder.setupSession(json)
        for item in json.items ?? [] { _ = decoder.setupIntent(item) }
        _ = ErrorBody(json, decoder.scrubber)?.decline(decoder.scrubber)
    }

    // MARK: Damage

    private static let spices: [String] = [
        "null", "\"\"", "{}", "[]", "-1", "1e999", "9223372036854775808", "1754477408000", "\"{\\\"a\\\":1}\"", "true",
        "\"requires_nothing\"", "\"succeeded\"", "[[[[[[[[", "\\u0000", "\u{FEFF}", "\"card\"", "off-session",
    ]

    private static func damage(_ bytes: inout [UInt8], _ samples: [[UInt8]], _ random: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...40, using: &random)))
        case 2: bytes.removeLast(bytes.count - place)
        case 3: replaceValue(after: place, in: &bytes, &random)
        case 4: replaceValue(after: place, in: &bytes, &random)
        default:
            let other = samples[Int.random(in: 0..<samples.count, using: &random)]
            bytes.insert(contentsOf: other.prefix(Int.random(in: 0...60, using: &random)), at: place)
        }
    }

    /// Puts something odd in the place of a member's value, so that the text often stays JSON.
    private static func replaceValue(after place: Int, in bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard let colon = bytes[place...].firstIndex(of: UInt8(ascii: ":")),
            let end = bytes[colon...].firstIndex(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") })
        else { return }
        let spice = spices[Int.random(in: 0..<spices.count, using: &random)]
        bytes.replaceSubrange(colon + 1..<end, with: Array(spice.utf8))
    }

    /// What a sandbox answers to a few calls of each kind.
    private static func samples(_ kind: GatewayKind) async throws -> [[UInt8]] {
        let recorder = Recorder()
        let shop = try Conforming(kind == .stripe ? .stripe : .wooshpayWithOddTypes, listening: recorder)
        let setup = try await shop.setup(SetupIntentRequest(customerID: shop.customerID))
        for token in ["pm_card_visa_chargeDeclined", "pm_card_visa"] {
            _ = await shop.gateway.confirmSetupIntent(
                setup.id, SetupIntentConfirmation(paymentMethodID: token, returnURL: Conforming.back),
                idempotencyKey: token)
        }
        _ = await shop.gateway.createSetupIntent(try shop.rawSetup("4462030000000000"), idempotencyKey: "3ds")
        _ = await shop.gateway.setupIntents(SetupIntentQuery())
        _ = await shop.gateway.paymentMethods(ofCustomer: shop.customerID)
        let paid = try await shop.paid()
        _ = try await shop.refund(paid, minorUnits: 10)
        _ = await shop.gateway.retrieve(paid.id)
        _ = await shop.gateway.setupIntent("seti_missing")
        return recorder.messages.map(\.response.body)
    }
}

/// Answers everything with the same bytes.
private struct OneAnswer: Transport {
    let status: Int
    let body: [UInt8]

    func send(
        _ request: HTTPRequest, totalTimeoutMilliseconds: Int64, deadline: SendDeadline
    ) async throws(TransportError) -> HTTPResponse {
        HTTPResponse(status: status, headers: [HTTPHeader("Content-Type", "application/json")], body: body)
    }
}
