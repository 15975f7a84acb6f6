import Foundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// `dunlin serve` in another process, with the sandbox sending its events there.
struct Receiver: Sendable {
    let sandbox: SandboxProcess
    let gateway: GatewayName
    /// The program with the webhook secrets in its environment.
    let program: Program
    let running: RunningProgram
    let url: String

    init(_ world: BillingWorld, _ gateway: GatewayName, connects: Bool = true) async throws {
        try await self.init(world.program, world.sandbox, gateway, connects: connects)
    }

    init(_ program: Program, _ sandbox: SandboxProcess, _ gateway: GatewayName, connects: Bool = true) async throws {
        self.sandbox = sandbox
        self.gateway = gateway
        var program = program
        program.environment["DUNLIN_LISTEN_PUBLIC"] = "127.0.0.1:0"
        program.environment["DUNLIN_LISTEN_ADMIN"] = "127.0.0.1:0"
        program.environment[gateway.prefix + "_WEBHOOK_SECRET"] = sandbox.webhookSecrets[gateway]
        self.program = program
        running = try program.start(["serve", "--json", "--log-level", "trace", "--now", BillingWorld.start])
        let line = try #require(try await running.firstLine())
        let told = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        url = try #require(told?["listening"] as? String) + "/webhooks/\(gateway.rawValue)"
        if connects { try await sandbox.sendEvents(of: gateway, to: url) }
    }

    /// Rows of `events list`, once they are as wanted: the sandbox delivers in its own time.
    func events(where areAsWanted: ([[String: Any]]) -> Bool) async throws -> [[String: Any]] {
        while true {
            let ended = try await program.run("events", "list", "--json")
            #expect(ended.status == 0, "\(ended.error)")
            let rows = try #require(try ended.json() as? [[String: Any]])
            if areAsWanted(rows) { return rows }
            try await aMoment()
        }
    }

    /// - Returns: the status of the answer.
    func post(_ body: String, signature: String) async throws -> Int {
        var request = URLRequest(url: try #require(URL(string: url)))
        request.httpMethod = "POST"
        request.httpBody = Data(body.utf8)
        request.setValue(signature, forHTTPHeaderField: "\(gateway.rawValue.capitalized)-Signature")
        let (_, response) = try await URLSession.shared.data(for: request)
        return try #require(response as? HTTPURLResponse).statusCode
    }

    /// The customer of an intent that waits for them pays it in session, with another card.
    func payInSession() async throws {
        let customer = try #require(try await sandbox.get("/v1/customers")["data"] as? [[String: Any]])
        let intents = try #require(try await sandbox.get("/v1/payment_intents")["data"] as? [[String: Any]])
        let open = try #require(intents.first { $0["status"] as? String != "succeeded" })
        #expect(customer.contains { $0["id"] as? String == open["customer"] as? String })
        let owner = try #require(open["customer"] as? String)
        let card = try await sandbox.stripe("/v1/payment_methods/pm_card_visa/attach", ["customer": owner])
        let confirmed = try await sandbox.stripe(
            "/v1/payment_intents/\(try #require(open["id"] as? String))/confirm",
            ["payment_method": try #require(card["id"] as? String), "return_url": "https%3A%2F%2Fexample.com"])
        #expect(confirmed["status"] as? String == "succeeded")
    }
}
