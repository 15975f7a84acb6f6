import DunlinCore
import DunlinTesting
import Foundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Promise P9 of docs/proof.md: what must never be kept is planted wherever it could come in, and then looked for in
/// every file that the program leaves: data file and its log, output, logs, errors, exports, pages.
@Suite(.fewAtOnce, .timeLimit(.minutes(5))) struct CanaryTests {
    private static let card = "4000056655665556"
    private static let code = "cvc-canary-9173"
    private static let key = "sk_test_canary4b7f9d2e6a1c"
    private static let clientSecret = "pi_canary_secret_Zx81Kq0LmN3pRt5v"

    /// A canary as it is, in Base64 at every place that it may begin at, and percent-encoded.
    private static func forms(_ text: String) -> [String] {
        let base64 = (0..<3).map { offset in
            let bytes = Data(repeating: 0x20, count: offset) + Data(text.utf8)
            // Without the characters that its neighbours take part in.
            return String(bytes.base64EncodedString().dropFirst(offset == 0 ? 0 : 4).dropLast(4))
        }
        let encoded = text.utf8.map { String(format: "%%%02X", $0) }.joined()
        let escaped = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
        let grouped =
            text.allSatisfy(\.isNumber)
            ? [text.enumerated().map { $0 % 4 == 0 && $0 > 0 ? " \($1)" : "\($1)" }.joined()] : []
        return [text, encoded, escaped] + base64 + grouped
    }

    /// An event with canaries in every field that a gateway, or who signs like one, could put them into.
    private static func event(_ id: String, intent: String, customer: String) -> String {
        """
        {"id":"\(id)","object":"event","type":"payment_intent.succeeded","created":1772355600,"livemode":false,\
        "account":null,"api_version":"\(card)","request":{"id":"\(key)","idempotency_key":"\(code)"},\
        "data":{"object":{"id":"\(intent)","object":"payment_intent","customer":"\(customer)",\
        "client_secret":"\(clientSecret)","card":{"number":"\(card)","cvc":"\(code)"},\
        "metadata":{"dunlin_subscription":"card \(card)","dunlin_reference":"\(clientSecret)","dunlin_period":"\(key)",\
        "note":"\(card)"},"next_action":{"redirect_to_url":{"url":"https://a.example/?k=\(clientSecret)"}}}}}
        """
    }

    @Test(arguments: GatewayName.allCases)
    func nothingThatMustNotBeKeptIsInAnyFileAfterARunWithEverythingOn(gateway: GatewayName) async throws {
        let world = try await BillingWorld(
            cards: ["pm_card_visa", "pm_card_sandbox_insufficient_funds", "pm_card_authenticationRequired"],
            gateway: gateway.rawValue)
        let receiver = try await Receiver(world, gateway)
        var program = receiver.program
        program.environment[gateway.prefix + "_SECRET_KEY"] = Self.key
        program.environment["DUNLIN_LOG_LEVEL"] = "trace"
        let passed = try await program.run(world.passArguments())
        #expect(passed.status == 0, "\(passed.error)")
        let intents = try await Self.intents(world)
        let secrets = intents.compactMap { $0["client_secret"] as? String }
        #expect(secrets.count == 3)
        try await plant(receiver, intents: intents)
        try await useEverything(program, world)
        let worker = try program.start(["run", "--now", BillingWorld.time(after: 600)])
        let line = try await worker.logLine("admin listener started")
        let address = try #require(
            line.split(whereSeparator: { $0 == " " || $0 == "=" }).last { $0.contains("127.0.0.1:") })
        let (page, _) = try await URLSession.shared.data(from: try #require(URL(string: "http://\(address)/health")))
        worker.terminate()
        _ = try await worker.end()
        receiver.running.terminate()
        _ = try await receiver.running.end()

        let webhookSecret = try #require(world.sandbox.webhookSecrets[gateway])
        let canaries = [Self.card, Self.code, Self.key, Self.clientSecret, webhookSecret] + secrets
        var sinks = try Self.files(in: program.folder.path)
        sinks["the health page"] = page
        #expect(sinks.keys.contains { $0.hasSuffix("dunlin.db") })
        #expect(sinks.values.reduce(0) { $0 + $1.count } > 100_000)
        for (name, bytes) in sinks {
            for canary in canaries {
                for form in Self.forms(canary) where bytes.range(of: Data(form.utf8)) != nil {
                    let found =
                        bytes.range(of: Data(form.utf8)).map { bytes[max(0, $0.lowerBound - 120)..<$0.lowerBound] }
                        ?? Data()
                    Issue.record("\(form.prefix(12))… is in \(name) after \(String(decoding: found, as: UTF8.self))")
                }
            }
        }
    }

    /// With their client secrets, as the gateway shows them to who asks by id.
    private static func intents(_ world: BillingWorld) async throws -> [[String: Any]] {
        let state = try await world.sandbox.get("/_sandbox/state")
        let known = try #require(state["latest_payment_intents"] as? [[String: Any]])
        var intents: [[String: Any]] = []
        for id in known.compactMap({ $0["id"] as? String }) {
            intents.append(try await world.sandbox.get("/v1/payment_intents/\(id)"))
        }
        return intents
    }

    /// Deliveries, signed and not, with canaries in body and headers; and an event file with some.
    private func plant(_ receiver: Receiver, intents: [[String: Any]]) async throws {
        let secret = try #require(receiver.sandbox.webhookSecrets[receiver.gateway])
        let intent = intents.first?["id"] as? String ?? ""
        let customer = intents.first?["customer"] as? String ?? ""
        for (index, object) in [intent, Self.clientSecret, Self.card].enumerated() {
            let body = Self.event("evt_planted\(index)", intent: object, customer: index == 0 ? customer : Self.card)
            let seconds = Dates.startSeconds
            let signed = WebhookSignature.header(secret: secret, timestamp: seconds, body: Array(body.utf8))
            #expect(try await receiver.post(body, signature: signed) == 200)
            #expect(try await receiver.post(body, signature: "t=\(seconds),v1=\(Self.key),v0=\(Self.card)") == 400)
        }
        let unreadable = #"{"id":"\#(Self.card)","type":"\#(Self.clientSecret)"}"#
        let signed = WebhookSignature.header(
            secret: secret, timestamp: Dates.startSeconds, body: Array(unreadable.utf8))
        #expect(try await receiver.post(unreadable, signature: signed) == 400)
        let file = Self.event("evt_file", intent: intent, customer: customer) + "\n{\(Self.card)"
        let refused = try await receiver.program.run(
            "events", "import", "-", "--gateway", receiver.gateway.rawValue, input: file)
        #expect(refused.status == 2)
    }

    /// What writes text: lists, stories, reports, errors.
    private func useEverything(_ program: Program, _ world: BillingWorld) async throws {
        let now = ["--now", BillingWorld.time(after: 300)]
        for arguments in [
            ["run", "--once", "--wait", "0", "--json"], ["status"], ["status", "--json"], ["prove", "--json"],
            ["events", "list", "--json"], ["events", "list"], ["events", "show", "evt_planted0", "--json"],
            ["events", "show", "evt_planted1"], ["attempts", "list", "--json"], ["attempts", "show", "1", "--json"],
            ["invoices", "show", "1"], ["jobs", "list", "--json"], ["customers", "show", "c0"],
            ["payment-methods", "list", "--json"], ["report", "dunning", "--format", "csv"],
            ["report", "dunning", "--format", "json"], ["check"],
        ] {
            _ = try await program.run(arguments + now)
        }
    }

    /// Everything in the folder but what the test itself put there.
    private static func files(in folder: String) throws -> [String: Data] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
        let written = names.filter { !$0.hasSuffix(".in") && !$0.hasSuffix(".csv") }
        var files: [String: Data] = [:]
        for name in written { files[name] = FileManager.default.contents(atPath: "\(folder)/\(name)") }
        // The sandbox says its own secrets on purpose.
        files = files.filter { !$0.value.starts(with: Data(#"{"base_url""#.utf8)) }
        return files
    }
}
