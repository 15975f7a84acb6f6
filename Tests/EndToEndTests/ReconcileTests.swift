import DunlinSandbox
import Foundation
import Testing

/// Both sides compared by the program itself: what is planted is found and named, wherever it is cut off, and `prove` only
/// reads.
@Suite(.fewAtOnce) struct ReconcileTests {
    private static func order(_ stage: Stage, _ method: String, _ path: String, _ json: String = "{}") throws
        -> [String: Any]
    {
        let response = stage.model.sandbox.handle(
            SandboxRequest(
                method: method, path: "/_sandbox/" + path, headers: ["content-type": "application/json"],
                body: Array(json.utf8)))
        #expect(response.status == 200)
        return try #require(try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])
    }

    private static func intents(_ stage: Stage) throws -> [String] {
        let found = try #require(try order(stage, "GET", "state")["latest_payment_intents"] as? [[String: Any]])
        return found.compactMap { $0["id"] as? String }
    }

    /// A payment that somebody made past Dunlin, for a customer of ours.
    private static func payByHand(_ stage: Stage) throws -> String {
        let card = try stage.model.save(card: "pm_card_visa")
        let form =
            "amount=777&currency=eur&customer=\(card.customerID)&payment_method=\(card.methodID)&confirm=true"
            + "&off_session=true&payment_method_types[]=card"
        let response = stage.model.sandbox.handle(
            SandboxRequest(
                method: "POST", path: "/v1/payment_intents",
                headers: [
                    "authorization": "Bearer \(Site.key)", "content-type": "application/x-www-form-urlencoded",
                ], body: Array(form.utf8)))
        let object = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
        return try #require(object?["id"] as? String)
    }

    private static func reconcile(_ stage: Stage, status: Int32) async throws -> [String: Any] {
        let ended = try await stage.site.program.run(["reconcile", "--json"] + stage.site.clock(after: 3600))
        #expect(ended.status == status, "\(ended.output) \(ended.error)")
        let result = try ended.object()
        #expect(result["ok"] as? Bool == (status == 0))
        return try #require((result["runs"] as? [[String: Any]])?.first)
    }

    @Test(arguments: [GatewayName.stripe, .wooshpay])
    func whatIsPlantedIsFoundNamedAndReported(gateway: GatewayName) async throws {
        let stage = try await Stage(gateway, cards: Array(repeating: "pm_card_visa", count: 5))
        try await stage.site.pass()
        let agreed = try await Self.reconcile(stage, status: 0)
        #expect(agreed["checked"] as? Int ?? 0 >= 5)
        try await stage.site.prove(after: 3600)
        let ids = try Self.intents(stage)
        try #require(ids.count == 5)
        _ = try Self.order(stage, "POST", "intents/\(ids[0])/change", #"{"amount_delta":1}"#)
        _ = try Self.order(stage, "DELETE", "intents/\(ids[1])")
        let double = try #require(try Self.order(stage, "POST", "intents/\(ids[2])/double")["id"] as? String)
        let foreign = gateway == .stripe ? try Self.payByHand(stage) : nil
        let run = try await Self.reconcile(stage, status: 1)
        let exceptions = try #require(run["exceptions"] as? [[String: Any]])
        let found = Dictionary(
            exceptions.map { ($0["object_id"] as? String ?? "", $0["list"] as? String ?? "") }, uniquingKeysWith: { $1 }
        )
        var expected = [ids[0]: "differing", ids[1]: "ledger_only", double: "two_successes"]
        if let foreign { expected[foreign] = "gateway_only" }
        #expect(found == expected)
        let report = try await stage.site.program.run("report", "reconciliation", "--format", "csv")
        #expect(report.status == 0)
        for (id, list) in expected {
            #expect(report.output.split(separator: "\r\n").contains { $0.contains(id) && $0.contains(list) })
        }
        #expect(try await stage.site.program.run("report", "reconciliation", "--run", "99").status == 2)
        // What has nothing to do with Dunlin breaks no promise; the rest does.
        let proof = try await stage.site.program.run(["prove", "--json"] + stage.site.clock(after: 3600))
        #expect(proof.status == 1)
        let promises = try #require(try proof.object()["promises"] as? [[String: Any]])
        let broken = promises.flatMap { promise in
            (promise["violations"] as? [[String: Any]] ?? []).map { "\(promise["id"] ?? "") \($0["rule"] ?? "")" }
        }
        #expect(broken.sorted() == ["P1 two_successes_at_gateway", "P8 differing", "P8 ledger_only"])
    }

    @Test func aRunThatIsKilledGoesOnWhereItWas() async throws {
        let stage = try await Stage(cards: Array(repeating: "pm_card_visa", count: 3))
        try await stage.site.pass()
        _ = try Self.order(stage, "DELETE", "intents/\(try Self.intents(stage)[1])")
        let hold = stage.server.hold(.beforeEffect, "GET /v1/refunds")
        let running = try stage.site.program.start(["reconcile"] + stage.site.clock(after: 3600))
        try await running.waits(for: hold.reached)
        running.kill()
        try await running.end()
        hold.letGo()
        let charges = stage.server.count("GET /v1/charges")
        let run = try await Self.reconcile(stage, status: 1)
        #expect(run["run"] as? Int == 1)
        #expect(stage.server.count("GET /v1/charges") == charges)
        #expect((run["lists"] as? [String: Int])?["ledger_only"] == 1)
    }

    @Test func proveAsksTheGatewaysAndWritesNothing() async throws {
        let stage = try await Stage(cards: ["pm_card_visa"])
        try await stage.site.pass()
        let before = try DataFileCopy(stage.site)
        let requests = stage.server.requests.count
        try await stage.site.prove(after: 3600)
        #expect(stage.server.requests.count > requests)
        #expect(stage.server.requests.dropFirst(requests).allSatisfy { $0.method == "GET" })
        #expect(before.isStillThere)
        let asked = stage.server.requests.count
        let offline = try await stage.site.program.run("prove", "--offline", "--json")
        #expect(offline.status == 0)
        #expect(stage.server.requests.count == asked)
        #expect(before.isStillThere)
        let compared = try #require(try offline.object()["compared"] as? [[String: Any]])
        #expect(compared.map { $0["how"] as? String } == ["not_at_all"])
    }

    @Test func aGatewayThatDoesNotAnswerIsSaidAndEndsWithStatus3() async throws {
        let stage = try await Stage(cards: ["pm_card_visa"])
        try await stage.site.pass()
        _ = try await Self.reconcile(stage, status: 0)
        stage.server.close()
        let proof = try await stage.site.program.run(["prove", "--json"] + stage.site.clock(after: 3600))
        #expect(proof.status == 3)
        let compared = try #require(try proof.object()["compared"] as? [[String: Any]])
        #expect(compared.first?["how"] as? String == "stored")
        #expect((compared.first?["reason"] as? String)?.isEmpty == false)
        #expect(try await stage.site.program.run(["reconcile"] + stage.site.clock(after: 3600)).status == 3)
        #expect(try await stage.site.program.run("prove", "--offline").status == 0)
    }

    @Test func badInputIsRefusedBeforeAnythingIsAsked() async throws {
        let stage = try await Stage(cards: ["pm_card_visa"])
        try await stage.site.pass()
        let requests = stage.server.requests.count
        for arguments in [
            ["--from", "yesterday"], ["--from", "2026-03-02", "--to", "2026-03-01"], ["--gateway", "nowhere"],
            ["--days", "0"], ["--foreign", "maybe"],
        ] {
            let ended = try await stage.site.program.run(["reconcile"] + arguments)
            #expect(ended.status == 2, "\(arguments) \(ended.error)")
        }
        #expect(stage.server.requests.count == requests)
    }
}
