import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// Waiting periods are settled by a plan, and only as the plan says.
@Suite struct BackfillTests {
    /// Three monthly periods wait, those from 2025-10-01, 11-01 and 12-01; the newest, from 2026-01-01, is paid.
    private static func stage(_ change: (inout Subscription) -> Void = { _ in }) async throws -> Stage {
        let stage = try Stage()
        try await stage.customer()
        try await stage.subscribe {
            $0.interval = "month"
            $0.anchor = "2025-10-01"
            $0.billFrom = "anchor"
            change(&$0)
        }
        try await stage.pass()
        #expect(try await decisions(stage) == ["waiting missed 2025-10-01 2026-01-01 3"])
        return stage
    }

    private static func decisions(_ stage: Stage) async throws -> [String] {
        try await stage.text(
            """
            SELECT kind || ' ' || reason || ' ' || run_start || ' ' || run_end || ' ' || periods FROM decisions
            ORDER BY run_start
            """)
    }

    private static func order(
        _ range: String = "2025-10-01..2025-12-31", _ policy: BackfillPolicy = .all, reason: String? = nil
    ) throws -> BackfillOrder {
        BackfillOrder(range: try BackfillRange(range), policy: policy, reason: reason)
    }

    private static func plan(_ stage: Stage, _ order: BackfillOrder) async throws -> [BackfillEntry] {
        let planning = PlanBackfill(billing: try stage.billing(), order: order)
        var entries: [BackfillEntry] = []
        var last: String?
        repeat {
            let page = try await planning.page(after: last, now: stage.clock.now)
            entries += page.entries
            last = page.last
        } while last != nil
        return entries
    }

    private static func lines(_ entries: [BackfillEntry]) -> [ApplyPlan.Line] {
        entries.filter { $0.action != .skip }.enumerated().map {
            ApplyPlan.Line(number: $0.offset + 1, entry: $0.element)
        }
    }

    private static func application(
        _ stage: Stage, _ order: BackfillOrder, _ lines: [ApplyPlan.Line], id: String = "plan-1",
        _ change: (inout ApplyPlan.Options) -> Void = { _ in }
    ) throws -> ApplyPlan {
        var options = ApplyPlan.Options(actor: "somebody")
        change(&options)
        return ApplyPlan(
            billing: try stage.billing(),
            header: .init(id: id, order: order, lines: lines.count, gateways: [stage.name]), options: options)
    }

    private static func short(_ entries: [BackfillEntry]) -> [String] {
        entries.map { entry in
            [entry.action.rawValue, entry.periodStart.description, entry.amount, entry.reason].compactMap { $0 }
                .joined(separator: " ")
        }
    }

    private static func workOff(_ stage: Stage) async throws {
        try await stage.pass(options: { $0.plansDue = false })
    }

    // MARK: - Plans

    @Test func aPlanNamesTheWaitingPeriodsOfTheRangeBothEndsIncludedAndChangesNothing() async throws {
        let stage = try await Self.stage()
        let before = try await stage.activity("invoiced")
        let entries = try await Self.plan(stage, try Self.order("2025-11-01..2025-12-01"))
        #expect(Self.short(entries) == ["charge 2025-11-01 10.00", "charge 2025-12-01 10.00"])
        #expect(try await Self.decisions(stage) == ["waiting missed 2025-10-01 2026-01-01 3"])
        #expect(try await stage.activity("invoiced") == before)
        #expect(try await stage.invoices().count == 1)
    }

    @Test func whatIsInvoicedAlreadyIsLeftOutWithItsReason() async throws {
        let stage = try await Self.stage()
        let entries = try await Self.plan(stage, try Self.order("2025-12-15..2026-01-01"))
        #expect(Self.short(entries) == ["skip 2026-01-01 invoiced already: paid"])
    }

    @Test func theNewestAloneIsChargedWherePolicySaysLatest() async throws {
        let stage = try await Self.stage()
        let entries = try await Self.plan(stage, try Self.order("2025-10-01..2025-12-31", .latest))
        #expect(entries.map(\.action) == [.skip, .skip, .charge])
        #expect(entries.last?.periodStart.description == "2025-12-01")
    }

    @Test func theAdjustmentsOfAPlanAreThoseOfItsInvoices() async throws {
        let stage = try await Self.stage()
        try await stage.database.write { tx in
            try Adjustments.upsert(
                Adjustment(
                    id: "a1", subscriptionID: "s1", amountMinor: -1500, currency: "USD", reason: "credit",
                    applyToPeriod: nil), tx)
        }
        let entries = try await Self.plan(stage, try Self.order())
        #expect(entries.map(\.amountMinor) == [0, 500, 1000])
    }

    @Test func aCanceledSubscriptionIsChargedNothing() async throws {
        let stage = try await Self.stage()
        try await stage.cancel()
        try await stage.pass()
        let entries = try await Self.plan(stage, try Self.order())
        #expect(
            Set(Self.short(entries).map { $0.split(separator: " ").dropFirst(2).joined(separator: " ") })
                == ["the subscription is canceled"])
    }

    /// Nothing ran since January: 2026-02-01 to 05-01 came due, and no pass has seen them.
    private static func idle() async throws -> Stage {
        let stage = try await Self.stage()
        stage.clock.advance(seconds: 121 * 86_400)
        return stage
    }

    @Test func whatCameDueAndNoPassHasSeenIsInThePlanAndStaysUnseen() async throws {
        let stage = try await Self.idle()
        let entries = try await Self.plan(stage, try Self.order("2026-02-15..2026-04-10"))
        #expect(Self.short(entries) == ["charge 2026-03-01 10.00", "charge 2026-04-01 10.00"])
        #expect(try await Self.decisions(stage) == ["waiting missed 2025-10-01 2026-01-01 3"])
        #expect(try await stage.text("SELECT next_period_start FROM billing_state") == ["2026-02-01"])
    }

    @Test func applyingAPlanRecordsWhatNoPassHasSeenUpToItsEndAndLeavesTheRestToTheNextPass() async throws {
        let stage = try await Self.idle()
        let order = try Self.order("2026-02-15..2026-04-10")
        let lines = Self.lines(try await Self.plan(stage, order))
        let plan = try Self.application(stage, order, lines)
        try await plan.contact()
        #expect(try await plan.check(lines, now: stage.clock.now).isEmpty)
        #expect(try await stage.text("SELECT next_period_start FROM billing_state") == ["2026-02-01"])
        #expect(try await plan.apply(lines, now: stage.clock.now).isEmpty)
        #expect(
            try await Self.decisions(stage) == [
                "waiting missed 2025-10-01 2026-01-01 3", "waiting missed 2026-02-01 2026-03-01 1",
            ])
        #expect(try await stage.text("SELECT next_period_start FROM billing_state") == ["2026-05-01"])
        try await stage.pass()
        #expect(
            try await stage.text("SELECT period_start FROM invoices WHERE state = 'paid' ORDER BY period_start")
                == ["2026-01-01", "2026-03-01", "2026-04-01", "2026-05-01"])
        #expect(try await Self.decisions(stage).count == 2)
        #expect(try await stage.violations() == [])
    }

    @Test func aSubscriptionThatNoPassHasSeenAtAllIsInThePlan() async throws {
        let stage = try Stage()
        try await stage.customer()
        try await stage.subscribe {
            $0.interval = "month"
            $0.anchor = "2025-10-01"
            $0.billFrom = "2025-11-01"
        }
        let order = try Self.order("2025-10-01..2025-12-31")
        let entries = try await Self.plan(stage, order)
        #expect(
            Self.short(entries) == [
                "skip 2025-10-01 skipped: before_first_sight", "charge 2025-11-01 10.00", "charge 2025-12-01 10.00",
            ])
        let lines = Self.lines(entries)
        #expect(try await Self.application(stage, order, lines).apply(lines, now: stage.clock.now).isEmpty)
        try await stage.pass()
        #expect(try await stage.invoices().count == 3)
        #expect(try await stage.violations() == [])
    }

    @Test func whatNoPassHasSeenIsRecordedAsSettledOnlyWhereTheClockWasCompared() async throws {
        let stage = try await Self.idle()
        let order = try Self.order("2026-02-01..2026-04-30", .recordOnly, reason: "paid by bank")
        let lines = Self.lines(try await Self.plan(stage, order))
        #expect(lines.map(\.entry.action) == [.record, .record, .record])
        let plan = try Self.application(stage, order, lines)
        try await plan.contact()
        let requests = stage.wire.requests.count
        #expect(try await plan.apply(lines, now: stage.clock.now).isEmpty)
        #expect(stage.wire.requests.count > requests)
        #expect(try await stage.text("SELECT next_period_start FROM billing_state") == ["2026-05-01"])
        try await stage.pass()
        #expect(try await stage.invoices().count == 2)
        #expect(try await stage.violations() == [])
    }

    @Test func aPausedSubscriptionThatNoPassHasSeenIsLeftOut() async throws {
        let stage = try await Self.idle()
        try await stage.edit { $0.status = .paused }
        let entries = try await Self.plan(stage, try Self.order("2026-02-01..2026-04-30"))
        #expect(Self.short(entries) == ["02", "03", "04"].map { "skip 2026-\($0)-01 the subscription is paused" })
    }

    @Test func aScheduleThatWasChangedSinceLeavesTheRunToAPerson() async throws {
        let stage = try await Self.stage()
        try await stage.edit { $0.anchor = "2025-10-15" }
        try await stage.pass()
        let entries = try await Self.plan(stage, try Self.order())
        #expect(entries.allSatisfy { $0.action == .skip })
        #expect(entries.contains { $0.reason?.hasPrefix("the schedule was changed since") == true })
        let recorded = try await Self.plan(
            stage, try Self.order("2025-10-01..2025-12-31", .recordOnly, reason: "paid by bank"))
        #expect(recorded.first?.periods == 3)
        #expect(recorded.first?.action == .record)
    }

    // MARK: - Applying

    @Test func applyingAPlanChargesItsPeriodsAndNothingElse() async throws {
        let stage = try await Self.stage()
        let order = try Self.order("2025-11-01..2025-11-30")
        let lines = Self.lines(try await Self.plan(stage, order))
        let plan = try Self.application(stage, order, lines)
        try await plan.contact()
        #expect(try await plan.check(lines, now: stage.clock.now).isEmpty)
        #expect(try await plan.apply(lines, now: stage.clock.now).isEmpty)
        #expect(
            try await Self.decisions(stage) == [
                "waiting missed 2025-10-01 2025-11-01 1", "waiting missed 2025-12-01 2026-01-01 1",
            ])
        try await Self.workOff(stage)
        let totals = try await plan.finish(now: stage.clock.now)
        #expect(totals.map(\.collectedMinor) == [1000])
        #expect(stage.sandbox.audit.successes == 2)
        #expect(try await stage.violations() == [])
        await #expect(throws: BackfillError.appliedBefore) { try await plan.progress() }
    }

    /// Money.md 9: a period that waited may have been collected in a timeline that this file does not know.
    @Test func aPeriodThatWasCollectedInAnotherTimelineIsNotChargedByAPlan() async throws {
        let stage = try await Self.stage()
        let name = DebtReference(
            databaseID: Stage.databaseID, subscriptionID: "s1", period: "2025-11-01", intentNumber: 1
        ).text
        let customer = try #require(try await stage.database.read { tx in try Customers.find("c1", tx) })
        let card = try #require(try await stage.database.read { tx in try PaymentMethods.find("c1-card", tx) })
        let request = IntentRequest(
            amount: Money(minorUnits: 1000, currency: try #require(Currency("USD"))),
            customerID: customer.gatewayCustomerID, paymentMethodID: card.gatewayPaymentMethodID,
            metadata: IntentMetadata(
                reference: name, subscriptionID: "s1", period: "2025-11-01", databaseID: Stage.databaseID))
        let driver = try stage.driver()
        let created = await driver.create(request, idempotencyKey: "elsewhere", deadline: .none)
        let intent = try #require(created.snapshot?.id)
        _ = await driver.confirm(intent, request: request, idempotencyKey: "elsewhere-confirm", deadline: .none)

        let order = try Self.order("2025-11-01..2025-11-30")
        let lines = Self.lines(try await Self.plan(stage, order))
        let plan = try Self.application(stage, order, lines)
        _ = try await plan.apply(lines, now: stage.clock.now)
        try await Self.workOff(stage)
        #expect(stage.sandbox.audit.successes == 2)
        #expect(stage.sandbox.audit.doubles.isEmpty)
        #expect(try await stage.invoices().map(\.state) == [.paid, .paid])
    }

    @Test func recordOnlySettlesPeriodsWithTheirReasonAndSendsNothing() async throws {
        let stage = try await Self.stage()
        let order = try Self.order("2025-10-01..2025-11-30", .recordOnly, reason: "paid by bank")
        let lines = Self.lines(try await Self.plan(stage, order))
        #expect(lines.map(\.entry.action) == [.record, .record])
        let requests = stage.wire.moneyRequests.count
        _ = try await Self.application(stage, order, lines).apply(lines, now: stage.clock.now)
        #expect(
            try await Self.decisions(stage) == [
                "settled_elsewhere paid by bank 2025-10-01 2025-11-01 1",
                "settled_elsewhere paid by bank 2025-11-01 2025-12-01 1",
                "waiting missed 2025-12-01 2026-01-01 1",
            ])
        #expect(stage.wire.moneyRequests.count == requests)
        #expect(try await stage.violations() == [])
    }

    @Test func aLineThatNoLongerHoldsKeepsTheWholeBatchFromBeingApplied() async throws {
        let stage = try await Self.stage()
        let order = try Self.order()
        let lines = Self.lines(try await Self.plan(stage, order))
        try await stage.edit { $0.amountMinor = 1500 }
        let plan = try Self.application(stage, order, lines)
        let changed = try await plan.check(lines, now: stage.clock.now)
        #expect(changed.map(\.line) == [1, 2, 3])
        #expect(changed.first?.reason == "the amount is 15.00 USD now, planned were 10.00 USD")
        await #expect(throws: BackfillError.changed(changed)) { try await plan.apply(lines, now: stage.clock.now) }
        #expect(try await plan.progress() == nil)
        #expect(try await Self.decisions(stage) == ["waiting missed 2025-10-01 2026-01-01 3"])
    }

    @Test func aLineThatNoLongerHoldsIsLeftOutOnlyOnDemandAndGoesOnWaiting() async throws {
        let stage = try await Self.stage()
        let order = try Self.order()
        let lines = Self.lines(try await Self.plan(stage, order))
        let one = try Self.order("2025-11-01..2025-11-30")
        let earlier = Self.lines(try await Self.plan(stage, one))
        _ = try await Self.application(stage, one, earlier, id: "plan-0").apply(earlier, now: stage.clock.now)
        try await Self.workOff(stage)
        let plan = try Self.application(stage, order, lines) { $0.skipsChanged = true }
        let leftOut = try await plan.apply(lines, now: stage.clock.now)
        #expect(leftOut.map(\.reason) == ["paid already"])
        try await Self.workOff(stage)
        #expect(stage.sandbox.audit.successes == 4)
        #expect(stage.sandbox.audit.doubles.isEmpty)
        #expect(
            try await stage.text("SELECT line || ' ' || outcome FROM plan_lines WHERE plan_id = 'plan-1'")
                == ["1 invoiced", "2 left_out", "3 invoiced"])
        #expect(try await stage.violations() == [])
    }

    @Test func aPlanGoesOnWhereItWasInterruptedAndNoLineIsAppliedTwice() async throws {
        let stage = try await Self.stage()
        let order = try Self.order()
        let lines = Self.lines(try await Self.plan(stage, order))
        let plan = try Self.application(stage, order, lines)
        _ = try await plan.apply([lines[0]], now: stage.clock.now)
        #expect(try await plan.progress()?.linesDone == 1)
        await #expect(throws: BackfillError.self) { try await plan.apply(lines, now: stage.clock.now) }
        let again = try Self.application(stage, order, lines)
        _ = try await again.apply(Array(lines[1...]), now: stage.clock.now)
        await #expect(throws: BackfillError.self) { try await plan.apply([lines[1]], now: stage.clock.now) }
        try await Self.workOff(stage)
        #expect(stage.sandbox.audit.successes == 4)
        #expect(stage.sandbox.audit.doubles.isEmpty)
    }

    @Test func aRateSpreadsTheChargesOverTime() async throws {
        let stage = try await Self.stage()
        let order = try Self.order()
        let lines = Self.lines(try await Self.plan(stage, order))
        let plan = try Self.application(stage, order, lines) { $0.paceMilliseconds = 60_000 }
        _ = try await plan.apply(lines, now: stage.clock.now)
        let start = stage.clock.now
        try await Self.workOff(stage)
        let times = try await stage.text("SELECT CAST(written_at AS TEXT) FROM attempts ORDER BY written_at")
            .compactMap { Int64($0) }.map { ($0 - start.milliseconds) / 60_000 }
        #expect(times.suffix(3) == [0, 1, 2])
    }

    @Test func aStoppedGatewayKeepsAPlanFromBeingApplied() async throws {
        let stage = try await Self.stage()
        let order = try Self.order()
        let lines = Self.lines(try await Self.plan(stage, order))
        try await stage.stopCharging()
        let plan = try Self.application(stage, order, lines)
        await #expect(throws: BackfillError.gateway(stage.name, why: "charging is stopped: a test")) {
            try await plan.contact()
        }
    }

    @Test func whatIsNotThereIsRefusedByName() async throws {
        let stage = try await Self.stage()
        var order = try Self.order()
        order.subscriptionIDs = ["s1", "nobody"]
        let unknown = PlanBackfill(billing: try stage.billing(), order: order)
        await #expect(throws: BackfillError.unknownSubscription("nobody")) { try await unknown.check() }
        order.subscriptionIDs = []
        order.plan = "gold"
        let noPlan = PlanBackfill(billing: try stage.billing(), order: order)
        await #expect(throws: BackfillError.unknownPlan("gold")) { try await noPlan.check() }
    }
}
