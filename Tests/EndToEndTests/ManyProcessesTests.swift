import DunlinSandbox
import Foundation
import Testing

/// Several processes on one data file at the same time.
@Suite(.fewAtOnce) struct ManyProcessesTests {
    @Test(arguments: GatewayName.allCases)
    func twentyPassesAtOnceEndWellAndChargeEverybodyOnce(gateway: GatewayName) async throws {
        let cards = (0..<40).map {
            $0.isMultiple(of: 5) ? "pm_card_sandbox_insufficient_funds" : "pm_card_visa"
        }
        let stage = try await Stage(gateway, cards: cards, isLate: true) { $0.ignoresIdempotencyKeys = true }
        let site = stage.site
        let ended = try await withThrowingTaskGroup(of: Program.Ended.self) { group in
            for _ in 0..<20 { group.addTask { try await site.program.run(site.passArguments(waiting: 5)) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for one in ended where one.status != 0 { Issue.record("\(one.status) \(one.output) \(one.error)") }
        let counts = try ended.map { try PassCounts($0) }
        func sum(_ name: String) -> Int { counts.reduce(0) { $0 + ($1[name] ?? 0) } }
        #expect(sum("due") == 40)
        #expect(sum("invoiced") == 40)
        #expect(sum("attempted") == 40)
        #expect(sum("succeeded") == 32)
        #expect(sum("declined") == 8)
        #expect(try await site.list("attempts").count == 40)
        try await stage.expectsEachCollectedOnce(32)
    }

    /// A worker that was put to sleep in the middle of a charge wakes up when its lease is over and another has done
    /// its work: what it learned is noted, and it decides and sends nothing.
    @Test(arguments: [GatewayRequest.create, GatewayRequest.confirm], GatewayName.allCases)
    func aWorkerThatSleptBeyondItsLeaseSendsNothingMore(endpoint: String, gateway: GatewayName) async throws {
        let stage = try await Stage(gateway, cards: ["pm_card_visa"]) { $0.ignoresIdempotencyKeys = true }
        let isCreate = endpoint == GatewayRequest.create
        let hold = stage.server.hold(isCreate ? .afterEffect : .beforeEffect, endpoint)
        let sleeper = try stage.site.start()
        try await sleeper.waits(for: hold.reached)
        try await sleeper.fallAsleep()
        // The answer, or the request, arrives while the worker sleeps.
        if isCreate { hold.letGo() }
        try await stage.site.pass(after: 900)
        #expect(stage.audit.successes == 1)
        let confirms = stage.server.count(GatewayRequest.confirm)
        if !isCreate { hold.letGo() }
        sleeper.wakeUp()
        let ended = try await sleeper.end()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(stage.server.count(GatewayRequest.confirm) == confirms)
        try await stage.site.settle(from: 1_800)
        try await stage.expectsEachCollectedOnce(1)
    }
}
