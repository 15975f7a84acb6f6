import DunlinSandbox
import Foundation
import Testing

/// A plan of three months is applied by processes that are killed over and over.
@Suite(.fewAtOnce) struct BackfillTests {
    /// `DUNLIN_TEST_BACKFILL_SUBSCRIPTIONS=10000` is the full size.
    private static let subscriptions =
        ProcessInfo.processInfo.environment["DUNLIN_TEST_BACKFILL_SUBSCRIPTIONS"].flatMap { Int($0) } ?? 120

    /// Monthly subscriptions whose three oldest periods wait.
    private static func site(_ count: Int, _ server: GatewayServer, _ model: SandboxModel) async throws -> Site {
        let site = try Site([.stripe: server.baseURL])
        try await site.open(
            (0..<count).map { index in
                SampleSubscription(
                    card: try model.save(card: "pm_card_visa"), gateway: .stripe, amountMinor: 1200 + index % 7,
                    anchor: "2025-12-01T09:00:00", billFrom: "anchor")
            })
        return site
    }

    private static let range = "2025-12-01..2026-02-28"

    private func collected(_ model: SandboxModel) -> Int64 {
        model.sandbox.audit.totalsByCurrency.values.reduce(0) { $0 + $1.collected }
    }

    @Test func aPlanWhoseAppliersAreKilledFiveTimesCollectsExactlyItsTotal() async throws {
        let count = Self.subscriptions
        let model = SandboxModel { _ in }
        let server = try await GatewayServer { model.answer($0) }
        let site = try await Self.site(count, server, model)
        try await site.pass()
        let before = collected(model)
        let planned = try await site.program.run(
            ["run", "--backfill", Self.range, "--out", "quarter.plan", "--json"] + site.clock(after: 60))
        #expect(planned.status == 0, "\(planned.error)")
        let header = try planned.object()
        #expect(header["lines"] as? Int == 3 * count)
        let totals = try #require(header["totals"] as? [[String: Any]])
        let total = try #require(totals.first?["total_minor"] as? Int64)

        let arguments = ["run", "--apply", "quarter.plan", "--json"]
        for round in 1...5 {
            // Once while nothing is asked yet, then among the charges.
            let endpoint = round == 1 ? "*" : GatewayRequest.confirm
            let hold = server.hold(
                round.isMultiple(of: 2) ? .beforeEffect : .afterEffect, endpoint, nth: max(1, count / 4))
            let applier = try site.program.start(arguments + site.clock(after: 60 + round * 400))
            _ = try? await applier.waits(for: hold.reached)
            applier.kill()
            try await applier.end()
            hold.letGo()
        }
        server.endTroubles()
        var seconds = 60 + 6 * 400
        for _ in 1...6 {
            let applied = try await site.program.run(arguments + site.clock(after: seconds))
            if applied.status == 2 {
                #expect(applied.error.contains("applied before"))
                break
            }
            seconds += 22_000
        }
        try await site.settle(from: seconds)
        #expect(collected(model) - before == total)
        #expect(model.sandbox.audit.doubles.isEmpty)
        #expect(model.sandbox.audit.successes == 4 * count)
        try await site.prove()
    }

    @Test func aPlanIsRefusedByAnotherDatabaseAndASecondTime() async throws {
        let model = SandboxModel { _ in }
        let server = try await GatewayServer { model.answer($0) }
        let site = try await Self.site(2, server, model)
        try await site.pass()
        let plan = ["run", "--backfill", Self.range, "--out", "quarter.plan"] + site.clock(after: 60)
        #expect(try await site.program.run(plan).status == 0)
        let other = try await Self.site(1, server, model)
        try other.program.write(try site.program.read("quarter.plan"), to: "quarter.plan")
        let apply = ["run", "--apply", "quarter.plan"] + site.clock(after: 60)
        let foreign = try await other.program.run(apply)
        #expect(foreign.status == 2)
        #expect(foreign.error.contains("the plan is of database"))
        let total = try await site.program.run(apply + ["--max-total", "EUR=72.02"])
        #expect(total.status == 1)
        #expect(model.sandbox.audit.successes == 2)
        let applied = try await site.program.run(apply + ["--max-total", "EUR=72.03"])
        #expect(applied.status == 0, "\(applied.error)")
        #expect(model.sandbox.audit.successes == 8)
        #expect(try await site.program.run(apply).status == 2)
    }

    @Test func linesThatNoLongerHoldAreNamedAndNothingIsCharged() async throws {
        let model = SandboxModel { _ in }
        let server = try await GatewayServer { model.answer($0) }
        let site = try await Self.site(2, server, model)
        try await site.pass()
        let plan = ["run", "--backfill", Self.range, "--out", "quarter.plan"] + site.clock(after: 60)
        #expect(try await site.program.run(plan).status == 0)
        var rows = try site.program.read("subscriptions.csv")
        rows = rows.replacing("s1,c1,pro,1201", with: "s1,c1,pro,1301")
        try site.program.write(rows, to: "subscriptions.csv")
        #expect(try await site.program.run(["import", "subscriptions.csv"] + site.clock(after: 60)).status == 0)
        let apply = ["run", "--apply", "quarter.plan"] + site.clock(after: 60)
        let refused = try await site.program.run(apply)
        #expect(refused.status == 1)
        #expect(refused.error.contains("line 4: s1, period from 2025-12-01: the amount is 13.01 EUR now"))
        #expect(model.sandbox.audit.successes == 2)
        let skipping = try await site.program.run(apply + ["--skip-changed"])
        #expect(skipping.status == 0, "\(skipping.error)")
        #expect(model.sandbox.audit.successes == 5)
    }
}
