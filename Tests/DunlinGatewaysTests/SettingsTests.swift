import DunlinCalendar
import DunlinCore
import Testing

@testable import DunlinGateways

@Suite struct SettingsTests {
    private let environment = GatewayEnvironment(
        transport: DeadTransport(), now: { Harness.start }, sleep: { _ in }, randomBits: { 0 })

    private func gateway(
        _ kind: GatewayKind, key: String, baseURL: String? = nil, sending: SendingMode = .twoPhase
    ) throws -> any WholeGateway {
        let settings = GatewaySettings(
            name: "main", kind: kind, baseURL: baseURL, key: Secret(key), sending: sending,
            totalTimeoutMilliseconds: 30_001, userAgent: "dunlin/0.1.0")
        return try settings.gateway(environment: environment)
    }

    private func code(
        _ kind: GatewayKind, key: String, baseURL: String? = nil, sending: SendingMode = .twoPhase
    ) -> GatewaySettingsError.Code? {
        do {
            _ = try gateway(kind, key: key, baseURL: baseURL, sending: sending)
            return nil
        } catch let error as GatewaySettingsError {
            #expect(!error.description.contains("abc"))
            #expect(error.description.hasPrefix("gateway main: "))
            return error.code
        } catch {
            Issue.record(error)
            return nil
        }
    }

    @Test func theKeyDecidesTheMode() throws {
        #expect(try gateway(.stripe, key: "sk_test_abc").mode == .test)
        #expect(try gateway(.stripe, key: "rk_test_abc").mode == .test)
        #expect(try gateway(.stripe, key: "sk_live_abc").mode == .live)
        #expect(try gateway(.stripe, key: "rk_live_abc").mode == .live)
        #expect(try gateway(.wooshpay, key: "sk_test_abc").mode == .test)
        #expect(try gateway(.wooshpay, key: "sk_live_abc").mode == .live)
    }

    @Test func keysThatAreNoSecretKeysAreRefused() {
        for kind in GatewayKind.allCases {
            #expect(code(kind, key: "pk_test_abc") == .publishableKey)
            #expect(code(kind, key: "pk_live") == .publishableKey)
            for key in [
                "", "sk_test_", "sk_abc", "c2tfdGVzdF9hYmM6abc", "sk_test_a b", "sk_test_abc\n", "whsec_abc",
                "sk_test_é",
            ] {
                #expect(code(kind, key: key) == .unknownKey, "\(key)")
            }
        }
        #expect(code(.wooshpay, key: "rk_test_abc") == .unknownKey)
    }

    @Test func aKeyOfOneModeIsNotSentToTheHostOfTheOther() {
        #expect(code(.wooshpay, key: "sk_test_abc", baseURL: "https://api.wooshpay.com") == .modeMismatch)
        #expect(code(.wooshpay, key: "sk_live_abc", baseURL: "https://apitest.wooshpay.com") == .modeMismatch)
        #expect(code(.wooshpay, key: "sk_live_abc", baseURL: "https://api.wooshpay.com/") == nil)
        #expect(code(.wooshpay, key: "sk_test_abc", baseURL: "https://apitest.wooshpay.com") == nil)
        #expect(code(.stripe, key: "sk_live_abc", baseURL: "https://api.stripe.com") == nil)
    }

    @Test func aLiveKeyGoesNowhereElse() {
        for url in ["http://127.0.0.1:1234", "https://example.com", "https://api.stripe.com.example.com"] {
            #expect(code(.stripe, key: "sk_live_abc", baseURL: url) == .modeMismatch)
        }
        #expect(code(.stripe, key: "sk_live_abc", baseURL: "http://api.stripe.com") == .insecureBaseURL)
        #expect(code(.stripe, key: "sk_live_abc", baseURL: "https://user@api.stripe.com") == .badBaseURL)
    }

    @Test func inTestModeAnyHostOverTLSAndLoopbackWithoutAreFine() {
        for url in ["http://127.0.0.1:1234", "http://localhost:80", "http://[::1]:9", "https://example.com:8443"] {
            #expect(code(.stripe, key: "sk_test_abc", baseURL: url) == nil, "\(url)")
        }
        #expect(code(.stripe, key: "sk_test_abc", baseURL: "http://example.com") == .insecureBaseURL)
        #expect(code(.stripe, key: "sk_test_abc", baseURL: "http://127.example.com") == .insecureBaseURL)
        for url in [
            "example.com", "ftp://example.com", "https://", "https://a/b", "https://a?b", "https://:1", "https://a b",
        ] {
            #expect(code(.stripe, key: "sk_test_abc", baseURL: url) == .badBaseURL, "\(url)")
        }
    }

    @Test func requestsGoToTheProcessorsOwnHosts() async throws {
        for (kind, key, host) in [
            (GatewayKind.stripe, "sk_test_abc", "https://api.stripe.com/"),
            (.stripe, "sk_live_abc", "https://api.stripe.com/"),
            (.wooshpay, "sk_test_abc", "https://apitest.wooshpay.com/"),
            (.wooshpay, "sk_live_abc", "https://api.wooshpay.com/"),
        ] {
            let recorder = RecordingTransport()
            let settings = GatewaySettings(name: "main", kind: kind, key: Secret(key), userAgent: "dunlin/0.1.0")
            let gateway = try settings.gateway(
                environment: GatewayEnvironment(
                    transport: recorder, now: { Harness.start }, sleep: { _ in }, randomBits: { 0 }))
            _ = await gateway.retrieve("pi_1")
            #expect(await recorder.urls.first == host + "v1/payment_intents/pi_1")
        }
    }

    @Test func oneCallNeedsAGatewayThatHonoursKeys() {
        #expect(code(.wooshpay, key: "sk_test_abc", sending: .oneCall) == .sendingNotSupported)
        #expect(code(.stripe, key: "sk_test_abc", sending: .oneCall) == nil)
    }

    @Test func aGatewayTellsWhatItIsWithoutItsKey() throws {
        let gateway = try gateway(.stripe, key: "sk_test_abc")
        #expect(gateway.name == "main" && gateway.kind == .stripe)
        #expect(gateway.totalTimeoutSeconds == 31)
        #expect(gateway.keyHash == HexDigest.sha256("sk_test_abc"))
        #expect(gateway.keyHash.count == 64)
        #expect(gateway.capabilities.honoursIdempotencyKeys && gateway.capabilities.listing == .byCreation)
        #expect(HexDigest.sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}

/// Notes where requests would have gone.
actor RecordingTransport: Transport {
    private(set) var urls: [String] = []

    func send(
        _ request: HTTPRequest, totalTimeoutMilliseconds: Int64, deadline: SendDeadline
    ) async throws(TransportError) -> HTTPResponse {
        urls.append(request.url)
        throw .notSent("recorded only")
    }
}
