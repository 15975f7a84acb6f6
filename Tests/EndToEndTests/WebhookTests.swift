import Foundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Webhooks from the sandbox's process to ours, signed, over real HTTP.
@Suite(.fewAtOnce, .timeLimit(.minutes(5))) struct WebhookTests {
    private static func isSuccess(_ row: [String: Any]) -> Bool { row["type"] as? String == "payment_intent.succeeded" }

    /// Stored before the answer: the process may die right after it, and a pass of another process applies the event.
    @Test(arguments: GatewayName.allCases)
    func anEventOutlivesTheProcessThatTookItIn(gateway: GatewayName) async throws {
        let world = try await BillingWorld(
            cards: ["pm_card_visa", "pm_card_authenticationRequired"], gateway: gateway.rawValue)
        let receiver = try await Receiver(world, gateway)
        let pass = try await world.pass()
        #expect(pass["succeeded"] as? Int == 1)
        #expect(pass["needs_customer"] as? Int == 1)
        _ = try await receiver.events { $0.contains(where: Self.isSuccess) }
        // Paid in session: by the other protocol's form, since only its events matter here.
        if gateway == .stripe { try await receiver.payInSession() }
        let expected = gateway == .stripe ? 2 : 1
        let stored = try await receiver.events { $0.count(where: Self.isSuccess) == expected }
        if gateway == .stripe { #expect(stored.contains { $0["state"] as? String == "received" }) }
        receiver.running.kill()
        #expect(try await receiver.running.end().status == -SIGKILL)
        _ = try await world.pass(after: 60)
        let rows = try await receiver.events { _ in true }
        #expect(rows.filter(Self.isSuccess).allSatisfy { $0["state"] as? String == "applied" })
        let paid = try await world.program.run("invoices", "list", "--state", "paid", "--json")
        #expect((try paid.json() as? [Any])?.count == expected)
        let audit = try await world.sandbox.audit()
        #expect(audit.successes == expected)
        #expect(audit.doubles == 0)
        #expect(try await world.brokenPromises() == "")
    }

    /// The long-lived worker takes its webhooks in by itself and applies them.
    @Test func theWorkerTakesWebhooksInAndAppliesThem() async throws {
        let world = try await BillingWorld(cards: ["pm_card_authenticationRequired"])
        let receiver = try await Receiver(world, .stripe, connects: false)
        receiver.running.terminate()
        #expect(try await receiver.running.end().status == 0)
        let worker = try receiver.program.start(["run", "--now", BillingWorld.start])
        let line = try await worker.logLine("public listener started")
        let address = try #require(
            line.split(whereSeparator: { $0 == " " || $0 == "=" }).last { $0.contains("127.0.0.1:") })
        try await world.sandbox.sendEvents(of: .stripe, to: "http://\(address)/webhooks/stripe")
        while try await world.sandbox.audit().requests["POST /v1/payment_intents/{id}/confirm"] == nil {
            try await aMoment()
        }
        try await receiver.payInSession()
        _ = try await receiver.events { rows in
            rows.contains { Self.isSuccess($0) && $0["state"] as? String == "applied" }
        }
        worker.terminate()
        #expect(try await worker.end().status == 0)
        let paid = try await world.program.run("invoices", "list", "--state", "paid", "--json")
        #expect((try paid.json() as? [Any])?.count == 1)
        #expect(try await world.brokenPromises() == "")
    }

    @Test func whatIsNotSignedIsTurnedAwayAndCounted() async throws {
        let world = try await BillingWorld(cards: ["pm_card_visa"])
        let receiver = try await Receiver(world, .stripe)
        #expect(try await receiver.post(#"{"id":"evt_1"}"#, signature: "t=1,v1=00") == 400)
        _ = try await world.pass()
        let rows = try await receiver.events { $0.contains(where: Self.isSuccess) }
        #expect(!rows.contains { $0["event_id"] as? String == "evt_1" })
        receiver.running.terminate()
        #expect(try await receiver.running.end().status == 0)
        let status = try await world.program.run("status", "--json", "--now", BillingWorld.start)
        let inbox = try #require(try status.object()["inbox"] as? [String: Any])
        #expect(inbox["wrong_signatures"] as? Int == 1)
        #expect(inbox["last_webhook_seconds"] as? Int == 0)
    }

    @Test func eventsAreImportedOnceAndReplayed() async throws {
        let world = try await BillingWorld(cards: ["pm_card_visa"])
        _ = try await world.pass()
        let exported = try await world.sandbox.get("/v1/events")
        let text = String(decoding: try JSONSerialization.data(withJSONObject: exported), as: UTF8.self)
        try world.program.write(text, to: "events.json")
        let now = ["--now", BillingWorld.start]
        let first = try await world.program.run(
            ["events", "import", "events.json", "--gateway", "stripe", "--json"] + now)
        #expect(first.status == 0, "\(first.error)")
        let count = try #require(try first.object()["new"] as? Int)
        #expect(count > 2)
        let second = try await world.program.run(
            ["events", "import", "-", "--gateway", "stripe", "--json"] + now, input: text)
        #expect(try second.object()["known"] as? Int == count)
        _ = try await world.pass(after: 60)
        let list = try await world.program.run("events", "list", "--type", "payment_intent.succeeded", "--json")
        let row = try #require((try list.json() as? [[String: Any]])?.first)
        #expect(row["state"] as? String == "applied")
        let id = try #require(row["event_id"] as? String)
        #expect(try await world.program.run("events", "replay", id).status == 0)
        let replayed = try await world.program.run("events", "show", id, "--json")
        #expect(try replayed.object()["state"] as? String == "received")
        _ = try await world.pass(after: 120)
        #expect(try await world.sandbox.audit().successes == 1)
        try world.program.write("\(text)\nnot json", to: "bad.json")
        for bad in [
            ["bad.json", "--gateway", "stripe"], ["events.json", "--gateway", "nobody"],
            ["no.json", "--gateway", "stripe"],
        ] {
            let refused = try await world.program.run(["events", "import"] + bad)
            #expect(refused.status == 2)
            #expect(refused.error.split(separator: "\n").count <= 3, "\(refused.error)")
        }
        #expect(try await world.program.run("events", "show", "evt_none").status == 2)
        #expect(try await world.program.run("events", "replay", "evt_none").status == 2)
    }

    @Test func serveWithoutAnySecretSaysWhichOnesAreMissing() async throws {
        var program = try await BillingWorld(cards: ["pm_card_visa"]).program
        // With a key it would have pages to serve.
        program.environment["DUNLIN_STRIPE_SECRET_KEY"] = nil
        let ended = try await program.run("serve")
        #expect(ended.status == 3)
        #expect(ended.error.contains("DUNLIN_STRIPE_WEBHOOK_SECRET"))
    }
}
