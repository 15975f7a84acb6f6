import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import DunlinReports
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// What a pass would do, said without doing it.
@Suite struct DryRunTests {
    private static func dump(_ stage: Stage) async throws -> [String] {
        try await stage.database.read { tx in
            let tables = try tx.rows(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
            ) { try $0.get(0, as: String.self) }
            return try tables.map { table in
                let count: Int64 = try tx.value("SELECT COUNT(*) FROM \(table)") ?? 0
                return "\(table) \(count)"
            } + (try tx.rows("SELECT state || run_at FROM jobs ORDER BY id") { try $0.get(0) })
        }
    }

    private static func dryRun(_ stage: Stage) async throws -> DryRun.Result {
        try await DryRun(billing: try stage.billing(), waitSeconds: 120).run()
    }

    @Test func whatIsSaidIsWhatTheNextPassDoesAndNothingIsStoredOrSent() async throws {
        let stage = try Stage()
        try await stage.customer("c1")
        try await stage.customer("c2")
        try await stage.subscribe("new", customer: "c1", amountMinor: 1500)
        try await stage.subscribe("daily", customer: "c2", amountMinor: 700) { $0.interval = "day" }
        try await stage.pass()
        stage.clock.advance(seconds: 3 * 86_400 + 60)
        try await stage.subscribe("late", customer: "c1", amountMinor: 900) {
            $0.interval = "month"
            $0.anchor = "2025-12-30"
            $0.billFrom = "anchor"
        }
        try await stage.subscribe("odd", customer: "c2") { $0.timeZone = "Mars/Olympus" }
        let requests = stage.wire.requests.count
        let before = try await Self.dump(stage)
        let said = try await Self.dryRun(stage)
        #expect(try await Self.dump(stage) == before)
        #expect(stage.wire.requests.count == requests)
        #expect(
            said.charges.map { "\($0.subscription.id) \($0.invoice.periodStart) \($0.isNew)" }.sorted() == [
                "daily 2026-01-04 true", "late 2025-12-30 true",
            ])
        #expect(said.decided == ["waiting: missed": 2])
        #expect(said.parked.map(\.subscriptionID) == ["odd"])
        #expect(said.charges.allSatisfy { $0.outlook.obstacle == nil && $0.outlook.method != nil })
        let done = try await stage.pass()
        #expect(done.planned == said.planned)
        #expect(done.counts.succeeded == said.charges.count)
    }

    /// The owner's own tables are read before a pass, and so before what is said of one.
    @Test func whatComesBeforeAPassIsPartOfWhatIsSaidAndTakenBackWithIt() async throws {
        let stage = try Stage()
        try await stage.customer("c1")
        try await stage.subscribe("leaves", customer: "c1")
        let cancel: @Sendable (Transaction) throws -> Void = { tx in
            var row = try #require(try Subscriptions.find("leaves", tx))
            row.status = .canceled
            try Subscriptions.upsert(row, tx)
        }
        let before = try await Self.dump(stage)
        let billing = try stage.billing()
        #expect(try await DryRun(billing: billing, waitSeconds: 120).run().charges.count == 1)
        #expect(try await DryRun(billing: billing, waitSeconds: 120, before: cancel).run().charges.isEmpty)
        let unplanned = try await DryRun(billing: billing, waitSeconds: 120, plansDue: false).run()
        #expect(unplanned.planned.due == 0 && unplanned.charges.isEmpty)
        #expect(try await Self.dump(stage) == before)
    }

    @Test func whatCannotBeChargedIsSaidWithItsReason() async throws {
        let stage = try Stage()
        try await stage.customer("c1")
        try await stage.database.write { tx in
            var method = try #require(try PaymentMethods.find("c1-card", tx))
            method.expYear = 2025
            method.expMonth = 12
            try PaymentMethods.upsert(method, tx)
            try Customers.upsert(Customer(id: "bare", gateway: "stripe", gatewayCustomerID: "cus_bare"), tx)
        }
        try await stage.subscribe("expired", customer: "c1")
        try await stage.subscribe("bare", customer: "bare")
        let said = try await Self.dryRun(stage)
        let problems = Dictionary(
            uniqueKeysWithValues: said.charges.map { ($0.subscription.id, $0.outlook.obstacle?.code) })
        #expect(problems == ["expired": .cardExpired, "bare": .noMethod])
        try await stage.pass { $0.waitSeconds = 0 }
        try await stage.stopCharging()
        stage.clock.advance(seconds: 366 * 86_400)
        #expect(try await Self.dryRun(stage).charges.allSatisfy { $0.outlook.obstacle?.code == .chargingStopped })
    }

    // MARK: - Preflight

    private static func preflight(_ stage: Stage, days: Int64 = 14) async throws -> [String] {
        let currencies = try stage.driver().currencies
        let report = PreflightReport(
            now: stage.clock.now, days: days, judge: PlanningJudge { _ in currencies }, rules: CatchUpRules(),
            spread: RenewalSpread(seconds: 0))
        let csv = try await stage.database.read { tx in
            var text = ""
            _ = try report.write(tx, as: .csv(isRaw: true, forExcel: false)) { text += $0 }
            return text
        }
        let rows = csv.split(whereSeparator: \.isNewline).dropFirst().map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        return rows.map { "\($0[3]) \($0[5]) \($0[6]) \($0[8]) \($0[14])" }.sorted()
    }

    @Test func preflightListsWhatWillBeChargedAndWhatWillSurelyFail() async throws {
        let stage = try Stage()
        for id in ["good", "expires", "closed", "retry"] { try await stage.customer(id) }
        try await stage.database.write { tx in
            var method = try #require(try PaymentMethods.find("expires-card", tx))
            (method.expYear, method.expMonth) = (2026, 1)
            try PaymentMethods.upsert(method, tx)
            let closed = try #require(try PaymentMethods.find("closed-card", tx))
            try RetryBudget.close(
                gateway: "stripe", cardKey: closed.cardKey, reason: "stolen", now: stage.clock.now, tx)
        }
        for id in ["good", "expires", "closed"] {
            try await stage.subscribe("s-\(id)", customer: id) {
                $0.interval = "month"
                $0.anchor = "2025-12-05"
            }
        }
        try await stage.subscribe("s-odd", customer: "good") { $0.currency = "XTS" }
        let card = try await stage.card("retry-2", of: "retry")
        stage.script(card, ["insufficient_funds"])
        try await stage.subscribe("s-retry", customer: "retry") { $0.paymentMethodID = "retry-2" }
        try await stage.pass()
        #expect(
            try await Self.preflight(stage) == [
                "s-closed renewal 2026-01-05 10.00 card_closed", "s-expires renewal 2026-01-05 10.00 ",
                "s-good renewal 2026-01-05 10.00 ", "s-odd parked   parked", "s-retry retry 2026-01-01 10.00 ",
            ])
        // A month later the card that expires in January is of no use.
        try await stage.run(days: 20)
        #expect(try await Self.preflight(stage, days: 20).contains("s-expires renewal 2026-02-05 10.00 card_expired"))
    }
}
