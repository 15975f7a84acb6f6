import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinTesting
import Testing

@testable import DunlinJobs

/// What a subscription gets while an earlier invoice failed and is open, and what is taken up afterwards.
@Suite struct PastDueTests {
    /// A weekly subscription whose card asks for the customer each time, so that every debt stays open.
    private static func stage(
        _ rule: PastDueRule, _ policy: CatchUp.Policy = .ask, weeks: Int64 = 4
    ) async throws -> Stage {
        let stage = try Stage {
            $0.catchUp.policy = policy
            $0.catchUp.pastDue = rule
        }
        try await stage.customer(card: "pm_card_authenticationRequired")
        try await stage.subscribe { $0.interval = "week" }
        try await stage.run(days: weeks * 7 + 1)
        return stage
    }

    private static func decisions(_ stage: Stage) async throws -> [String] {
        try await stage.text(
            "SELECT kind || ' ' || reason || ' ' || run_start || ' ' || periods FROM decisions ORDER BY run_start")
    }

    private static func starts(_ stage: Stage) async throws -> [String] {
        try await stage.invoices().map(\.invoice.periodStart)
    }

    /// The debts are paid by bank transfer, and the card is mended.
    private static func settle(_ stage: Stage) async throws {
        let open = try await stage.invoices().filter { $0.state == .open }.map(\.id)
        let order = HandOrder(reason: "transfer", actor: "somebody@here", now: stage.clock.now)
        _ = try await HandBatch(InvoiceVerb.markPaid, on: open, order, in: stage.database).carryOut()
        try await stage.card("good", of: "c1")
        try await stage.database.write { tx in try PaymentMethods.set(.default, to: "good", of: "c1", tx) }
    }

    @Test func aSubscriptionThatIsPastDueHasAtMostTwoOpenInvoices() async throws {
        let stage = try await Self.stage(PastDueRule())
        #expect(try await Self.starts(stage) == ["2026-01-01", "2026-01-08"])
        #expect(
            try await Self.decisions(stage) == [
                "waiting past_due 2026-01-15 1", "waiting past_due 2026-01-22 1", "waiting past_due 2026-01-29 1",
            ])
        #expect(try await stage.violations() == [])
    }

    @Test func withHoldItGetsNone() async throws {
        let stage = try await Self.stage(PastDueRule(policy: .hold), weeks: 2)
        #expect(try await Self.starts(stage) == ["2026-01-01"])
        #expect(
            try await Self.decisions(stage) == ["waiting past_due 2026-01-08 1", "waiting past_due 2026-01-15 1"])
        #expect(try await stage.violations() == [])
    }

    @Test(arguments: [
        (CatchUp.Policy.ask, ["2026-01-29 paid"], ["waiting missed", "waiting missed"]),
        (.latest, ["2026-01-29 paid"], ["skipped missed", "skipped missed"]),
        (.all, ["2026-01-15 paid", "2026-01-22 paid", "2026-01-29 paid"], []),
    ])
    func whatWaitedIsTakenUpByTheCatchUpPolicyOnceTheDebtIsSettled(
        _ policy: CatchUp.Policy, _ taken: [String], _ left: [String]
    ) async throws {
        let stage = try await Self.stage(PastDueRule(), policy)
        try await Self.settle(stage)
        try await stage.run(days: 1)
        let invoices = try await stage.invoices().dropFirst(2).map { "\($0.invoice.periodStart) \($0.state)" }
        #expect(invoices == taken)
        #expect(
            try await Self.decisions(stage).map { $0.split(separator: " ").prefix(2).joined(separator: " ") } == left)
        #expect(try await stage.violations() == [])
        // And on it goes.
        try await stage.run(days: 7)
        #expect(try await Self.starts(stage).last == "2026-02-05")
        #expect(try await stage.violations() == [])
    }

    @Test func aDryRunSaysWhatThePassThenDoes() async throws {
        let stage = try await Self.stage(PastDueRule(policy: .hold), weeks: 3)
        try await Self.settle(stage)
        let said = try await DryRun(billing: try stage.billing(), waitSeconds: 0).run()
        #expect(said.planned.invoiced == 1)
        #expect(said.charges.map(\.invoice.periodStart) == ["2026-01-22"])
        let result = try await stage.pass()
        #expect(result.planned.invoiced == 1)
        #expect(try await Self.starts(stage).last == "2026-01-22")
    }

    @Test func aDebtThatIsGivenUpLetsTheNextPeriodBeBilled() async throws {
        let stage = try await Self.stage(PastDueRule(policy: .hold), weeks: 1)
        let id = try await stage.invoice().id
        let order = HandOrder(reason: "gone", actor: "somebody@here", now: stage.clock.now)
        _ = try await HandBatch(InvoiceVerb.markUncollectible, on: [id], order, in: stage.database).carryOut()
        try await stage.run(days: 1)
        #expect(try await Self.starts(stage) == ["2026-01-01", "2026-01-08"])
        #expect(try await stage.violations() == [])
    }
}
