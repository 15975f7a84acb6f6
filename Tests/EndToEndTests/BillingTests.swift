import DunlinTesting
import Foundation
import Testing

/// The main job, end to end: files in, real processes, real HTTP, and the gateway's own audit as the judge.
struct BillingTests {
    @Test func whatIsDueIsChargedOnceAndASecondPassDoesNothing() async throws {
        let world = try await BillingWorld(cards: [
            "pm_card_visa", "pm_card_sandbox_insufficient_funds", "pm_card_authenticationRequired",
        ])
        let first = try await world.pass()
        #expect(first["due"] as? Int == 3)
        #expect(first["invoiced"] as? Int == 3)
        #expect(first["attempted"] as? Int == 3)
        #expect(first["succeeded"] as? Int == 1)
        #expect(first["declined"] as? Int == 1)
        #expect(first["needs_customer"] as? Int == 1)
        let second = try await world.pass(after: 60)
        #expect(second["due"] as? Int == 0)
        #expect(second["attempted"] as? Int == 0)
        let audit = try await world.sandbox.audit()
        #expect(audit.successes == 1)
        #expect(audit.doubles == 0)
        #expect(try await world.brokenPromises() == "")
        let report = try await world.program.run("report", "dunning", "--format", "csv")
        #expect(report.status == 0)
        #expect(report.output.split(whereSeparator: \.isNewline).count == 3)
        #expect(try await world.program.run("status").status == 0)
    }

    @Test func wooshPayIsChargedByItsOwnProtocol() async throws {
        let world = try await BillingWorld(cards: ["pm_card_visa", "pm_card_visa"], gateway: "wooshpay")
        #expect(try await world.pass()["succeeded"] as? Int == 2)
        let audit = try await world.sandbox.audit()
        #expect(audit.successes == 2)
        #expect(audit.doubles == 0)
        #expect(try await world.brokenPromises() == "")
    }

    @Test func twentyPassesAtOnceChargeEverybodyOnce() async throws {
        let world = try await BillingWorld(cards: Array(repeating: "pm_card_visa", count: 30))
        let statuses = try await withThrowingTaskGroup(of: Int32.self) { group in
            for _ in 0..<20 {
                group.addTask { try await world.program.run(world.passArguments() + ["--wait", "5"]).status }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses == Array(repeating: 0, count: 20))
        let audit = try await world.sandbox.audit()
        #expect(audit.successes == 30)
        #expect(audit.doubles == 0)
        #expect(try await world.brokenPromises() == "")
    }

    @Test func afterFortyDaysWithoutARunOnlyTheNewestPeriodIsCharged() async throws {
        let world = try await BillingWorld(cards: ["pm_card_visa"])
        let days = 40 * 86_400
        try await world.sandbox.advance(seconds: days)
        let pass = try await world.pass(after: days)
        #expect(pass["succeeded"] as? Int == 1)
        #expect(pass["waiting"] as? Int == 1)
        #expect(try await world.sandbox.audit().successes == 1)
        #expect(try await world.brokenPromises() == "")
    }

    @Test func aRestoredCopyFindsWhatWasCollectedAndCollectsNothingAgain() async throws {
        let world = try await BillingWorld(cards: ["pm_card_visa", "pm_card_visa"])
        let copy = try Data(contentsOf: URL(filePath: world.program.folder.file("dunlin.db")))
        #expect(try await world.pass()["succeeded"] as? Int == 2)
        for suffix in ["", "-wal", "-shm"] {
            let path = world.program.folder.file("dunlin.db" + suffix)
            if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
        }
        try copy.write(to: URL(filePath: world.program.folder.file("dunlin.db")))
        try await world.sandbox.advance(seconds: 86_400)
        _ = try await world.pass(after: 86_400)
        let audit = try await world.sandbox.audit()
        #expect(audit.successes == 2)
        #expect(audit.doubles == 0)
        #expect(audit.requests["POST /v1/payment_intents/{id}/confirm"] == 2)
        #expect(try await world.brokenPromises() == "")
    }

    @Test func withEveryReplyLostOnceAndNoKeysHonouredEverybodyIsChargedOnce() async throws {
        let world = try await BillingWorld(
            cards: ["pm_card_visa", "pm_card_visa", "pm_card_visa"], "--ignore-idempotency-keys")
        try await world.sandbox.order(
            "POST", "/_sandbox/faults", #"{"kind":"drop_after","each":"first","match":{"method":"POST"}}"#)
        try await settle(world)
        let audit = try await world.sandbox.audit()
        #expect(audit.successes == 3)
        #expect(audit.doubles == 0)
        #expect(try await world.brokenPromises() == "")
    }

    /// A pass is killed while its n-th request that writes hangs, before or after it took effect; the next passes end
    /// what it began.
    @Test(arguments: [("hang_before", 1), ("hang_after", 1), ("hang_before", 2), ("hang_after", 2)], [false, true])
    func aWorkerKilledInTheMiddleOfARequestChargesOnce(fault: (String, Int), ignoresKeys: Bool) async throws {
        let world =
            ignoresKeys
            ? try await BillingWorld(cards: ["pm_card_visa"], "--ignore-idempotency-keys")
            : try await BillingWorld(cards: ["pm_card_visa"])
        let rule =
            "{\"kind\":\"\(fault.0)\",\"match\":{\"method\":\"POST\",\"path\":\"payment_intents\",\"nth\":\(fault.1)}}"
        try await world.sandbox.order("POST", "/_sandbox/faults", rule)
        let endpoint = fault.1 == 1 ? "POST /v1/payment_intents" : "POST /v1/payment_intents/{id}/confirm"
        let killed = try world.program.start(world.passArguments())
        var asked = 0
        while try await world.sandbox.audit().requests[endpoint] == nil, asked < 20_000 { asked += 1 }
        killed.kill()
        #expect(try await killed.end().status == -SIGKILL)
        try await world.sandbox.order("DELETE", "/_sandbox/faults")
        try await settle(world)
        let audit = try await world.sandbox.audit()
        #expect(audit.successes == 1)
        #expect(audit.doubles == 0)
        #expect(try await world.brokenPromises() == "")
    }

    /// Passes over the next days, with both clocks moving: enough for every question about a lost reply.
    private func settle(_ world: BillingWorld) async throws {
        var now = 0
        for step in [60, 60, 700, 700, 3_600, 22_000, 90_000] {
            now += step
            try await world.sandbox.advance(seconds: step)
            _ = try await world.pass(after: now)
        }
    }
}
