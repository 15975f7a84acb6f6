import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinReports
import DunlinTesting
import Testing

@testable import DunlinJobs

/// What a person decides, and what passes make of it.
@Suite struct HandTests {
    private static func order(_ stage: Stage) -> HandOrder {
        HandOrder(reason: "a test", actor: "somebody@here", now: stage.clock.now)
    }

    private static func judge(_ stage: Stage) throws -> PlanningJudge {
        let currencies = try stage.driver().currencies
        return PlanningJudge { _ in currencies }
    }

    @Test func aTwinThatAPersonUnparkedIsBilledLikeAnyOther() async throws {
        let stage = try Stage()
        try await stage.customer()
        try await stage.subscribe { $0.plan = "gold" }
        try await stage.pass()
        stage.clock.advance(seconds: 60)
        try await stage.subscribe("s2") { $0.plan = "gold" }
        try await stage.pass()
        #expect(try await stage.invoices("s2").isEmpty)
        let verb = SubscriptionVerb.unpark(try Self.judge(stage))
        _ = try await HandBatch(verb, on: ["s2"], Self.order(stage), in: stage.database).carryOut()
        try await stage.pass()
        #expect(try await stage.invoice("s2").state == .paid)
        #expect(try await stage.violations() == [])
    }

    @Test func aRetryByHandIsTriedByTheNextPassAndCountsAsATry() async throws {
        let stage = try Stage()
        let card = try await stage.customer()
        stage.script(card, ["insufficient_funds", nil])
        try await stage.subscribe()
        try await stage.run(until: stage.clock.now.adding(hours: 1))
        let id = try await stage.invoice().id
        let batch = HandBatch(InvoiceVerb.retry, on: [id], Self.order(stage), in: stage.database)
        let foreseen = try await batch.rehearse()
        #expect(foreseen.done.map(\.what) == ["is tried"])
        #expect(foreseen.totals.map(\.amount.minorUnits) == [1000])
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(stage.wire.count(.confirm) == 1, "a rehearsal changes nothing")
        _ = try await batch.carryOut()
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.attempts().map(\.number) == [1, 2])
        #expect(try await Judge.problems(stage, .paid) == [])
    }

    @Test func aBudgetThatIsUsedUpStopsARetryByHandUnlessItIsOverriddenForOneTry() async throws {
        let rule = DunningPolicy.ClassRule(delays: [.seconds(86_400)], triesMax: 99)
        let policy = DunningPolicy(
            name: "default", classes: [.funds: rule], triesMax: 99, finalAction: FinalAction())
        let stage = try Stage { $0.policies = DunningPolicies([policy]) }
        try await stage.customer(
            card: "pm_card_sandbox_insufficient_funds", brand: "discover", fingerprint: "same")
        try await stage.subscribe()
        try await stage.run(days: 12)
        let (id, tried) = (try await stage.invoice().id, try await stage.attempts().count)
        let refusal = await #expect(throws: HandRefusal.self) {
            try await HandBatch(InvoiceVerb.retry, on: [id], Self.order(stage), in: stage.database).carryOut()
        }
        #expect(refusal?.reason.contains("7 of 7") == true)
        #expect(refusal?.reason.hasSuffix("--override-network-limit") == true)
        let above = HandBatch(InvoiceVerb.retryAboveNetworkLimit, on: [id], Self.order(stage), in: stage.database)
        #expect(try await above.carryOut().done.first?.remark?.hasPrefix("above the limit") == true)
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.attempts().count == tried + 1)
        #expect(try await stage.activity("network_limit_overridden") == 1)
        try await stage.run(days: 2)
        #expect(try await stage.attempts().count == tried + 1, "one try only")
        #expect(try await stage.violations() == [])
    }

    @Test func anOverrideOfANetworksLimitOpensNoClosedCard() async throws {
        let closed = try Stage()
        try await closed.customer(card: "pm_card_sandbox_lost_card")
        try await closed.subscribe()
        try await closed.run(days: 1)
        let id = try await closed.invoice().id
        await #expect(throws: HandRefusal.self) {
            try await HandBatch(
                InvoiceVerb.retryAboveNetworkLimit, on: [id], Self.order(closed), in: closed.database
            ).carryOut()
        }
    }

    @Test func anOverrideThatIsNotNeededLeavesNothingForLater() async throws {
        let stage = try Stage()
        let card = try await stage.customer()
        stage.script(card, ["insufficient_funds", "insufficient_funds"])
        try await stage.subscribe()
        try await stage.run(until: stage.clock.now.adding(hours: 1))
        let batch = HandBatch(
            InvoiceVerb.retryAboveNetworkLimit, on: [try await stage.invoice().id], Self.order(stage),
            in: stage.database)
        #expect(try await batch.carryOut().done.map(\.remark) == [nil])
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.attempts().count == 2)
        #expect(try await stage.activity("network_limit_overridden") == 0)
    }

    /// The owner knows of a pause: a pass that sees it calls nobody.
    @Test(arguments: [true, false])
    func aPauseCallsNobodyAlthoughADebtRestsWithIt(isOwners: Bool) async throws {
        let stage = try Stage()
        try await stage.customer(card: "pm_card_sandbox_insufficient_funds")
        try await stage.subscribe()
        try await stage.pass()
        if isOwners {
            try await stage.database.write(step: "owner") { tx in
                try tx.execute("UPDATE subscriptions SET status = 'paused'")
            }
        } else {
            let verb = SubscriptionVerb.pause(shifts: nil)
            _ = try await HandBatch(verb, on: ["s1"], Self.order(stage), in: stage.database).carryOut()
        }
        stage.clock.advance(seconds: 60)
        let result = try await stage.pass()
        #expect(try await stage.invoice().waitsFor == .onHold)
        #expect(result.newForPeople == 0)
        #expect(try await stage.violations() == [])
    }

    @Test func aCardThatIsChargedNoMoreIsNotTriedByHandEither() async throws {
        let stage = try Stage()
        try await stage.customer(card: "pm_card_sandbox_lost_card")
        try await stage.subscribe()
        try await stage.run(days: 1)
        let id = try await stage.invoice().id
        let error = await #expect(throws: HandRefusal.self) {
            try await HandBatch(InvoiceVerb.retry, on: [id], Self.order(stage), in: stage.database).carryOut()
        }
        #expect(error?.reason.contains("charged no more") == true)
    }

    /// What the bank wanted the customer for is never tried without them, also not by a hold and its release.
    @Test func aReleaseDoesNotTryWhatTheBankWantsTheCustomerFor() async throws {
        let stage = try Stage()
        try await stage.customer(card: "pm_card_authenticationRequired")
        try await stage.subscribe()
        try await stage.run(days: 1)
        let id = try await stage.invoice().id
        let sent = stage.wire.count(.confirm)
        for verb in [InvoiceVerb.hold, .release] {
            _ = try await HandBatch(verb, on: [id], Self.order(stage), in: stage.database).carryOut()
            try await stage.run(days: 5)
        }
        #expect(stage.wire.count(.confirm) == sent)
        #expect(try await stage.invoice().waitsFor == .needsCustomer)
        await #expect(throws: HandRefusal.self) {
            try await HandBatch(InvoiceVerb.retry, on: [id], Self.order(stage), in: stage.database).carryOut()
        }
        #expect(try await stage.violations() == [])
    }

    /// Money that came another way ends the debt; what was open at the gateway is canceled, not collected.
    @Test func whatWasPaidElsewhereIsNotCollectedAgain() async throws {
        let stage = try Stage()
        try await stage.customer(card: "pm_card_authenticationRequired")
        try await stage.subscribe()
        try await stage.run(days: 1)
        let id = try await stage.invoice().id
        _ = try await HandBatch(InvoiceVerb.markPaid, on: [id], Self.order(stage), in: stage.database).carryOut()
        try await stage.run(days: 2)
        #expect(try await stage.invoice().paidReason == "paid elsewhere: a test")
        #expect(try await stage.invoice().collectedMinor == 0)
        #expect(try stage.gatewayIntents().map(\.status) == ["canceled"])
        #expect(try await stage.text("SELECT state FROM billing_state") == ["active"])
        #expect(try await stage.violations() == [])
    }

    @Test(arguments: [
        (RetryBudget.Cause.mandate, "mandate_missing"), (.detached, "card_detached"), (.needsMethod, "card_closed"),
    ])
    func preflightNamesWhyACardWillNotBeCharged(_ cause: RetryBudget.Cause, _ problem: String) async throws {
        let stage = try Stage()
        try await stage.customer()
        try await stage.subscribe { $0.anchor = "2026-01-05" }
        try await stage.database.write { tx in
            let method = try #require(try PaymentMethods.find("c1-card", tx))
            try RetryBudget.close(
                gateway: stage.name, cardKey: method.cardKey, .init(cause: cause, reason: "a test"),
                now: stage.clock.now, tx)
        }
        let report = PreflightReport(
            now: stage.clock.now, days: 14, judge: try Self.judge(stage), rules: CatchUpRules(),
            spread: RenewalSpread(seconds: 0))
        let (text, totals) = try await stage.database.read { tx in
            var text = ""
            let totals = try report.write(tx, as: .csv(isRaw: true, forExcel: false)) { text += $0 }
            return (text, totals)
        }
        #expect(text.contains(problem))
        #expect(totals.problemTotals.map(\.amount.minorUnits) == [1000])
    }
}
