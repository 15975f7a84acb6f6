import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// Rules 15 to 18, 21, 30 and 31 of docs/proof.md: which periods are billed, and for how much.
@Suite struct PeriodTests {
    private static func stage() async throws -> Stage {
        let stage = try Stage()
        try await stage.customer()
        return stage
    }

    private static func decisions(_ stage: Stage, _ id: String = "s1") async throws -> [String] {
        try await stage.database.read { tx in
            try tx.rows(
                """
                SELECT kind || ' ' || reason || ' ' || run_start || ' ' || run_end || ' ' || periods FROM decisions
                WHERE subscription_id = ?1 ORDER BY run_start
                """, id
            ) { try $0.get(0) }
        }
    }

    private static func periods(_ stage: Stage, _ id: String = "s1") async throws -> [String] {
        try await stage.invoices(id).map { "\($0.invoice.periodStart) \($0.state)" }
    }

    // MARK: - Which periods

    /// The clock was read, and then the process ended: what came due is left to the next pass.
    @Test func aPassThatWasCutOffBeforeItPlannedHasSaidNothingAboutWhatIsDue() async throws {
        let stage = try await Self.stage()
        try await stage.subscribe("s1") { $0.interval = "day" }
        try await stage.pass()
        stage.clock.advance(seconds: 86_400 + 7200)
        stage.fuse.cut(beforeEach: "plan")
        await #expect(throws: RunCutOff.self) { try await stage.pass() }
        stage.clock.advance(seconds: 7200)
        #expect(try await stage.violations() == [])
        stage.fuse.disarm()
        try await stage.pass()
        #expect(try await stage.invoices("s1").count == 2)
        #expect(try await stage.violations() == [])
    }

    /// `--wait 0` waits for no work that comes later; a permit of the gateway's limits is no such work.
    @Test func aPassThatWaitsForNothingTakesAllThatIsReady() async throws {
        let stage = try Stage { $0.limits = GatewayLimits(perSecond: 4, perEndpointPerSecond: 2) }
        for number in 1...9 {
            try await stage.customer("c\(number)")
            try await stage.subscribe("s\(number)", customer: "c\(number)")
        }
        let result = try await stage.pass { $0.waitSeconds = 0 }
        #expect(result.counts.succeeded == 9)
    }

    @Test func afterFortyDaysWithoutAPassOnlyTheNewestPeriodIsBilled() async throws {
        let stage = try await Self.stage()
        try await stage.subscribe { $0.interval = "day" }
        try await stage.pass()
        stage.clock.advance(seconds: 40 * 86_400)
        let result = try await stage.pass()
        #expect(try await Self.periods(stage) == ["2026-01-01 paid", "2026-02-10 paid"])
        #expect(try await Self.decisions(stage) == ["waiting missed 2026-01-02 2026-02-10 39"])
        #expect(result.waiting == 39)
        #expect(stage.sandbox.audit.successes == 2)
        #expect(try await stage.violations() == [])
    }

    @Test func nothingBeforeFirstSightIsBilled() async throws {
        let stage = try await Self.stage()
        try await stage.subscribe {
            $0.interval = "month"
            $0.anchor = "2025-10-15"
        }
        try await stage.pass()
        #expect(try await stage.invoices().isEmpty)
        #expect(try await Self.decisions(stage) == ["skipped before_first_sight 2025-10-15 2026-01-15 3"])
        try await stage.run(until: stage.options.start.adding(days: 15))
        #expect(try await Self.periods(stage) == ["2026-01-15 paid"])
        #expect(try await stage.violations() == [])
    }

    @Test(arguments: [("anchor", "2025-12-15"), ("current", "2025-12-15"), ("2026-01-10", "2026-01-15")])
    func theOwnerSaysFromWhenOnIsBilled(_ billFrom: String, _ first: String) async throws {
        let stage = try await Self.stage()
        try await stage.subscribe {
            $0.interval = "month"
            $0.anchor = billFrom == "anchor" ? "2025-12-15" : "2025-10-15"
            $0.billFrom = billFrom
        }
        try await stage.run(days: 20)
        #expect(try await stage.invoices().first?.invoice.periodStart == first)
        #expect(try await stage.violations() == [])
    }

    @Test func eachPeriodOfAYearIsBilledOnceThoughManyPassesRun() async throws {
        let stage = try await Self.stage()
        try await stage.subscribe {
            $0.interval = "month"
            $0.anchor = "2026-01-31"
        }
        try await stage.run(days: 364)
        #expect(
            try await stage.invoices().map(\.invoice.periodStart) == [
                "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30", "2026-07-31",
                "2026-08-31", "2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31",
            ])
        #expect(stage.sandbox.audit.successes == 12)
        #expect(try await stage.violations() == [])
    }

    @Test func aPausedSubscriptionRecordsItsPeriodsAndChargesNothing() async throws {
        let stage = try await Self.stage()
        try await stage.subscribe {
            $0.interval = "month"
            $0.status = .paused
        }
        try await stage.run(days: 40)
        #expect(stage.wire.moneyRequests.isEmpty)
        try await stage.edit { $0.status = .active }
        try await stage.run(days: 25)
        #expect(try await Self.periods(stage) == ["2026-03-01 paid"])
        #expect(try await Self.decisions(stage).map { $0.split(separator: " ")[0] } == ["paused", "paused"])
        #expect(try await stage.violations() == [])
    }

    @Test func aTwinOfALaterImportIsParkedUnlessItSaysWhatItIs() async throws {
        let stage = try await Self.stage()
        try await stage.subscribe("old") { $0.plan = "gold" }
        try await stage.pass()
        stage.clock.advance(seconds: 86_400)
        try await stage.subscribe("twin") { $0.plan = "gold" }
        try await stage.subscribe("beside") {
            $0.plan = "gold"
            $0.parallel = true
        }
        try await stage.pass()
        #expect(try await stage.text("SELECT parked_reason FROM billing_state WHERE state = 'parked'").count == 1)
        #expect(try await stage.invoices("twin").isEmpty)
        #expect(try await Self.periods(stage, "beside") == ["2026-01-02 paid"])
    }

    @Test func aReplacementCarriesOnWhereTheOldOneEnded() async throws {
        let stage = try await Self.stage()
        try await stage.subscribe("old") { $0.interval = "month" }
        try await stage.pass()
        stage.clock.advance(seconds: 10 * 86_400)
        try await stage.cancel("old")
        try await stage.subscribe("new") {
            $0.interval = "month"
            $0.anchor = "2026-01-01"
            $0.billFrom = "anchor"
            $0.replaces = "old"
        }
        try await stage.run(days: 30)
        #expect(try await Self.periods(stage, "old") == ["2026-01-01 paid"])
        #expect(try await Self.periods(stage, "new") == ["2026-02-01 paid"])
        #expect(try await stage.violations() == [])
    }

    @Test func aChangeOfAnchorTakesEffectAtBilledThroughAndTheStubWaits() async throws {
        let stage = try await Self.stage()
        try await stage.subscribe { $0.interval = "month" }
        try await stage.pass()
        try await stage.edit { $0.anchor = "2026-01-15" }
        try await stage.run(days: 50)
        #expect(try await Self.periods(stage) == ["2026-01-01 paid", "2026-02-15 paid"])
        #expect(try await Self.decisions(stage) == ["waiting stub_after_change 2026-02-01 2026-02-15 0"])
        #expect(try await stage.violations() == [])
    }

    @Test func aSubscriptionThatEndsWithItsPeriodIsNotBilledAgain() async throws {
        let stage = try await Self.stage()
        try await stage.subscribe { $0.interval = "month" }
        try await stage.pass()
        try await stage.edit { $0.cancelAtPeriodEnd = true }
        try await stage.run(days: 70)
        #expect(try await Self.periods(stage) == ["2026-01-01 paid"])
        #expect(try await stage.text("SELECT state FROM billing_state") == ["ended"])
    }

    @Test func theDatabaseRefusesAPeriodThatOverlaps() async throws {
        let stage = try await Self.stage()
        try await stage.subscribe { $0.interval = "month" }
        try await stage.pass()
        await #expect(throws: DatabaseError.self) {
            try await stage.database.write { tx in
                try tx.execute(
                    """
                    INSERT INTO invoices (subscription_id, customer_id, period_start, period_end, due_at, invoiced_at,
                        plan, gateway, unit_amount_minor, quantity, adjustments_minor, amount_minor, currency, state,
                        waits_for)
                    VALUES ('s1', 'c1', '2026-01-20', '2026-02-20', 1, 1, 'p', 'stripe', 1, 1, 0, 1, 'USD', 'open',
                        'scheduled')
                    """)
            }
        }
    }

    @Test func theDatabaseRefusesASecondAttemptInFlightAndASecondOpenIntent() async throws {
        let stage = try await Self.stage()
        try await stage.subscribe()
        stage.wire.disturb { $0.kind == .confirm || $0.kind == .retrieve ? .lostBefore : nil }
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.attempts().map(\.state) == [.unknown])
        for table in ["attempts", "intents"] {
            let columns = try await stage.text("SELECT name FROM pragma_table_info('\(table)') WHERE name <> 'id'")
            let copied = columns.map {
                switch $0 {
                case "number": "2"
                case "reference": "'another'"
                case "gateway_id": "NULL"
                default: $0
                }
            }
            await #expect(throws: DatabaseError.self, "\(table)") {
                try await stage.database.write { tx in
                    try tx.execute(
                        "INSERT INTO \(table) (\(columns.joined(separator: ", "))) "
                            + "SELECT \(copied.joined(separator: ", ")) FROM \(table)")
                }
            }
        }
    }

    // MARK: - How much

    private static func adjust(_ stage: Stage, _ id: String, _ amountMinor: Int64, _ period: String? = nil) async throws
    {
        try await stage.database.write { tx in
            try Adjustments.upsert(
                Adjustment(
                    id: id, subscriptionID: "s1", amountMinor: amountMinor, currency: "USD", reason: "test",
                    applyToPeriod: period), tx)
        }
    }

    private static func amounts(_ stage: Stage) async throws -> [Int64] {
        try await stage.invoices().map(\.invoice.amountMinor)
    }

    @Test func anInvoiceIsPriceTimesQuantityPlusAdjustments() async throws {
        let stage = try await Self.stage()
        try await stage.subscribe { $0.quantity = 3 }
        try await Self.adjust(stage, "credit", -250)
        try await Self.adjust(stage, "later", 5000, "2027-01-01")
        try await stage.pass()
        #expect(try await Self.amounts(stage) == [2750])
        #expect(stage.sandbox.audit.totalsByCurrency["usd"]?.collected == 2750)
    }

    @Test func creditBeyondThePriceIsCarriedOverAndTheInvoiceIsPaidWithoutAnAttempt() async throws {
        let stage = try await Self.stage()
        try await stage.subscribe { $0.interval = "month" }
        try await Self.adjust(stage, "credit", -1500)
        try await stage.run(days: 32)
        #expect(try await Self.amounts(stage) == [0, 500])
        #expect(try await stage.invoices().map(\.state) == [.paid, .paid])
        #expect(try await stage.invoices().first?.paidReason == "nothing_to_collect")
        #expect(try await stage.attempts().count == 1)
        #expect(stage.sandbox.audit.totalsByCurrency["usd"]?.collected == 500)
        #expect(try await stage.violations() == [])
    }

    @Test func aRestBelowTheGatewaysMinimumIsCarriedOver() async throws {
        let stage = try await Self.stage()
        try await stage.subscribe { $0.interval = "month" }
        try await Self.adjust(stage, "credit", -970)
        try await stage.run(days: 32)
        #expect(try await Self.amounts(stage) == [0, 1030])
        #expect(try await stage.violations() == [])
    }

    @Test func whatAnInvoiceIsForNeverChanges() async throws {
        let stage = try await Self.stage()
        try await stage.subscribe { $0.interval = "month" }
        try await stage.pass()
        try await stage.edit { $0.amountMinor = 7000 }
        await #expect(throws: DatabaseError.self) {
            try await stage.database.write { tx in try tx.execute("UPDATE invoices SET amount_minor = 1") }
        }
        try await stage.run(days: 32)
        #expect(try await Self.amounts(stage) == [1000, 7000])
    }
}
