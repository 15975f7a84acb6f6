import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinReports
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// Rule 17 with real passes: downtime, then one run.
@Suite struct CatchUpPassTests {
    private static func decisions(_ stage: Stage, _ id: String) async throws -> [String] {
        try await stage.text(
            """
            SELECT kind || ' ' || reason || ' ' || run_start || ' ' || run_end || ' ' || periods FROM decisions
            WHERE subscription_id = '\(id)' ORDER BY run_start
            """)
    }

    private static func starts(_ stage: Stage, _ id: String) async throws -> [String] {
        try await stage.invoices(id).map { "\($0.invoice.periodStart) \($0.state)" }
    }

    /// One weekly subscription per policy, billed on 1 January and again after 40 days.
    private static func downtime(_ change: (inout StageOptions) -> Void = { _ in }) async throws -> Stage {
        let stage = try Stage {
            $0.catchUp.plans = ["all": .all, "latest": .latest, "none": .none]
            change(&$0)
        }
        for policy in CatchUp.Policy.allCases {
            try await stage.customer("c-\(policy.rawValue)")
            try await stage.subscribe(policy.rawValue, customer: "c-\(policy.rawValue)") {
                $0.interval = "week"
                $0.plan = policy.rawValue
            }
        }
        try await stage.pass()
        stage.clock.advance(seconds: 40 * 86_400)
        return stage
    }

    @Test func afterFortyDaysEachPolicyInvoicesExactlyThePeriodsThatItNamesEachOnce() async throws {
        let stage = try await Self.downtime()
        let result = try await stage.pass()
        // Weeks begin on 8, 15, 22 and 29 January and on 5 February; now is 10 February.
        let missed = ["2026-01-08", "2026-01-15", "2026-01-22", "2026-01-29"].map { "\($0) paid" }
        #expect(try await Self.starts(stage, "all") == ["2026-01-01 paid"] + missed + ["2026-02-05 paid"])
        #expect(try await Self.starts(stage, "latest") == ["2026-01-01 paid", "2026-02-05 paid"])
        #expect(try await Self.starts(stage, "none") == ["2026-01-01 paid"])
        #expect(try await Self.starts(stage, "ask") == ["2026-01-01 paid", "2026-02-05 paid"])
        #expect(try await Self.decisions(stage, "all") == [])
        #expect(try await Self.decisions(stage, "latest") == ["skipped missed 2026-01-08 2026-02-05 4"])
        #expect(try await Self.decisions(stage, "none") == ["skipped missed 2026-01-08 2026-02-12 5"])
        #expect(try await Self.decisions(stage, "ask") == ["waiting missed 2026-01-08 2026-02-05 4"])
        #expect(result.waiting == 4 && result.planned.waiting == 4)
        #expect(result.planned.invoiced == 7 && stage.sandbox.audit.successes == 11)
        #expect(try await stage.violations() == [])
        // Once more, and all goes on as usual.
        #expect(try await stage.pass().planned.due == 0)
        try await stage.run(days: 3)
        for policy in CatchUp.Policy.allCases {
            #expect(try await Self.starts(stage, policy.rawValue).last == "2026-02-12 paid")
        }
        #expect(try await stage.violations() == [])
    }

    @Test func theCeilingsOfCustomerAndRunLetTheRestWait() async throws {
        let usd = try #require(Currency("USD"))
        let customer = try await Self.downtime { $0.catchUp.customerMax[usd] = 2500 }
        try await customer.pass()
        #expect(try await Self.starts(customer, "all").suffix(2) == ["2026-01-29 paid", "2026-02-05 paid"])
        #expect(
            try await Self.decisions(customer, "all") == ["waiting catch_up_ceiling 2026-01-08 2026-01-29 3"])
        #expect(try await customer.violations() == [])

        let run = try await Self.downtime { $0.catchUp.runMax[usd] = 3000 }
        let result = try await run.pass()
        // Three of 10.00 in all, whoever comes first; what is left waits.
        #expect(result.planned.invoiced == 3)
        let waiting = try await run.text("SELECT CAST(SUM(periods) AS TEXT) FROM decisions WHERE kind = 'waiting'")
        #expect(waiting == ["8"])
        #expect(try await run.violations() == [])
    }

    @Test func whatAnAdjustmentAddsCountsAgainstACeiling() async throws {
        let usd = try #require(Currency("USD"))
        let stage = try await Self.downtime { $0.catchUp.customerMax[usd] = 2500 }
        try await stage.database.write { tx in
            try Adjustments.upsert(
                Adjustment(
                    id: "a1", subscriptionID: "all", amountMinor: 600, currency: "USD", reason: "an extra issue",
                    applyToPeriod: nil), tx)
        }
        try await stage.pass()
        #expect(try await Self.starts(stage, "all") == ["2026-01-01 paid", "2026-02-05 paid"])
        #expect(try await stage.invoices("all").last?.invoice.amountMinor == 1600)
        #expect(try await Self.decisions(stage, "all") == ["waiting catch_up_ceiling 2026-01-08 2026-02-05 4"])
        #expect(try await stage.violations() == [])
    }

    @Test func whatWaitsIsInTheReportWithItsReason() async throws {
        let usd = try #require(Currency("USD"))
        let stage = try await Self.downtime { $0.catchUp.customerMax[usd] = 2500 }
        try await stage.pass()
        let text = try await stage.database.read { tx in
            var text = ""
            _ = try WaitingReport().write(tx, as: .csv(isRaw: false, forExcel: false)) { text += $0 }
            return text
        }
        #expect(text.contains("catch_up_ceiling,"))
        #expect(text.contains("missed,came due while nothing ran"))
        #expect(!text.contains("catch_up_ceiling,catch_up_ceiling"))
    }

    @Test func aSpreadRenewalIsInvoicedAtItsBoundaryAndChargedLater() async throws {
        let stage = try Stage { $0.spreadSeconds = 600 }
        try await stage.customer()
        try await stage.subscribe { $0.interval = "month" }
        try await stage.pass { $0.waitSeconds = 0 }
        let delay = RenewalSpread(seconds: 600)
        let anchor = try #require(LocalDateTime("2026-01-01"))
        let schedule = try BillingSchedule(
            anchor: anchor, interval: BillingInterval(unit: .month, count: 1), zone: .utc)
        let boundary = try #require(schedule.boundary(0))
        let runAt = delay.runAt(of: boundary, subscriptionID: "s1")
        #expect(runAt > stage.clock.now)
        #expect(try await stage.invoice().state == .open && stage.wire.moneyRequests.isEmpty)
        try await stage.run(until: runAt)
        #expect(try await stage.invoice().state == .paid)
        #expect(try await stage.invoice().invoice.dueAt == boundary.instant)
    }

    @Test func aPauseThatShiftsIsBilledWhereItMovedTo() async throws {
        let stage = try Stage()
        try await stage.customer()
        try await stage.subscribe {
            $0.interval = "month"
            $0.onResume = "shift"
        }
        try await stage.run(days: 9)
        try await stage.edit { $0.status = .paused }
        try await stage.run(days: 40)
        #expect(try await stage.text("SELECT state FROM billing_state") == ["paused"])
        #expect(try await stage.violations() == [])
        try await stage.edit { $0.status = .active }
        // Paused for 40 days: 1 February becomes 13 March.
        try await stage.run(days: 50)
        #expect(try await Self.starts(stage, "s1") == ["2026-01-01 paid", "2026-03-13 paid"])
        #expect(try await Self.decisions(stage, "s1") == ["paused paused 2026-02-01 2026-03-13 0"])
        #expect(try await stage.violations() == [])
    }

    /// Subscriptions of every kind: what the forecast says is what passes do.
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func whatIsForecastIsWhatIsBilled(seed: UInt64) async throws {
        var chance = SeededGenerator(seed: seed)
        let usd = try #require(Currency("USD"))
        let stage = try Stage {
            $0.catchUp.policy = CatchUp.Policy.allCases.randomElement(using: &chance) ?? .ask
            if Bool.random(using: &chance) { $0.catchUp.customerMax[usd] = 3000 }
        }
        var expected: [String] = []
        for number in 0..<12 {
            let id = "s\(number)"
            try await stage.customer("c\(number)")
            let intervals = ["day", "week", "month"]
            let unit = intervals[Int.random(in: 0..<3, using: &chance)]
            let day = Int.random(in: 10...28, using: &chance)
            let from = [nil, "anchor", "current", "2025-12-20"][Int.random(in: 0..<4, using: &chance)]
            let choice = Int.random(in: 0..<6, using: &chance)
            try await stage.subscribe(
                id, customer: "c\(number)", amountMinor: Int64.random(in: 60...3000, using: &chance)
            ) {
                $0.interval = unit
                $0.anchor = "2025-12-\(day)T08:00:00"
                $0.timeZone = "Europe/Berlin"
                $0.billFrom = from
                switch choice {
                case 0: $0.endsAt = "2026-01-20"
                case 1: $0.cancelAtPeriodEnd = true
                case 2: $0.status = .paused
                case 3: $0.trialEnd = "2026-01-10T08:00:00"
                case 4: $0.quantity = 2
                default: break
                }
            }
            if Bool.random(using: &chance) {
                let amount = Int64.random(in: -4000...4000, using: &chance)
                try await stage.database.write { tx in
                    try Adjustments.upsert(
                        Adjustment(
                            id: "a\(number)", subscriptionID: id, amountMinor: amount == 0 ? 1 : amount,
                            currency: "USD",
                            reason: "test"), tx)
                }
            }
        }
        let (start, rules) = (stage.clock.now, stage.options.catchUp)
        let end = start.adding(days: 30)
        let currencies = try stage.driver().currencies
        for number in 0..<12 {
            expected += try await stage.database.read { tx in
                let row = try #require(try PlanningRows.find("s\(number)", tx))
                let forecast = try SubscriptionForecast(
                    of: row, judge: PlanningJudge { _ in currencies }, rules: rules, from: start, until: end, tx)
                return forecast.charges.map {
                    "s\(number) \($0.period.start.local.date) \($0.amount.minorUnits)"
                }
            }
        }
        try await stage.run(until: end.adding(milliseconds: -1))
        let billed = try await stage.text(
            """
            SELECT subscription_id || ' ' || period_start || ' ' || amount_minor FROM invoices WHERE amount_minor > 0
            """)
        #expect(billed.sorted() == expected.sorted())
        #expect(!billed.isEmpty)
    }
}
