import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// What the dunning policy of a debt does to it in the end, and which policy that is.
@Suite struct DunningTests {
    private static let day: Int64 = 86_400

    /// One try a day for three days, then so many days for the customer.
    static func policy(
        _ name: String = "default", graceDays: Int64? = 5, final: FinalAction
    ) -> DunningPolicy {
        let grace = graceDays.map { $0 * day }
        let rules = DeclineClass.allCases.map { declineClass in
            let delays: [RetryDelay] = declineClass.mayRetry ? [.seconds(day)] : []
            return (
                declineClass, DunningPolicy.ClassRule(delays: delays, triesMax: 3, graceSeconds: grace)
            )
        }
        return DunningPolicy(
            name: name, classes: Dictionary(uniqueKeysWithValues: rules), triesMax: 5, finalAction: final)
    }

    private static func stage(
        _ card: String = "pm_card_sandbox_insufficient_funds", graceDays: Int64? = 5,
        end subscription: FinalAction.OfSubscription = .cancelSubscription,
        _ invoice: FinalAction.OfInvoice = .uncollectible
    ) async throws -> Stage {
        let policy = policy(
            graceDays: graceDays, final: FinalAction(subscription: subscription, invoice: invoice))
        let stage = try Stage { $0.policies = DunningPolicies([policy]) }
        try await stage.customer(card: card)
        try await stage.subscribe { $0.interval = "month" }
        return stage
    }

    private func standing(_ stage: Stage) async throws -> String? {
        try await stage.text("SELECT state FROM billing_state WHERE subscription_id = 's1'").first
    }

    /// A card that pays, written by the owner as the customer's default.
    private func bringCard(_ stage: Stage) async throws {
        try await stage.database.write(step: "owner") { tx in
            for var old in try PaymentMethods.ofCustomer("c1", tx) {
                old.isDefault = false
                _ = try PaymentMethods.upsert(old, tx)
            }
        }
        try await stage.card("new", of: "c1")
        try await stage.edit { $0.paymentMethodID = "new" }
    }

    // MARK: - The end

    @Test func afterTheLastTryTheCustomerHasTheGraceAndThenTheSubscriptionEnds() async throws {
        let stage = try await Self.stage()
        try await stage.run(days: 6)
        #expect(try await stage.attempts().count == 3)
        let waiting = try await stage.invoice().invoice
        #expect(waiting.waitsFor == .needsMethod)
        let last = try #require(try await stage.attempts().last)
        let grace = try #require(waiting.finalActionAt).milliseconds(since: last.writtenAt)
        #expect((0...60_000).contains(grace - 5 * 86_400_000))
        #expect(try await standing(stage) == "past_due")
        try await stage.run(days: 2)
        try await stage.pass()
        #expect(try await stage.invoice().state == .uncollectible)
        #expect(try await standing(stage) == "canceled")
        #expect(try await stage.activity("dunning_ended") == 1)
        try await stage.run(days: 60)
        #expect(try await stage.invoices().count == 1, "nothing is billed any more")
        #expect(try await stage.violations() == [])
    }

    @Test func aNewCardWithinTheGracePaysAndNothingEnds() async throws {
        let stage = try await Self.stage()
        try await stage.run(days: 6)
        try await bringCard(stage)
        try await stage.run(days: 20)
        #expect(try await stage.invoice().state == .paid)
        #expect(try await standing(stage) == "active")
        #expect(try await stage.activity("dunning_ended") == 0)
        #expect(try await stage.text("SELECT id FROM jobs WHERE kind = 'end-dunning' AND state = 'ready'") == [])
        #expect(try await stage.violations() == [])
    }

    @Test(arguments: ["pm_card_sandbox_lost_card", "pm_card_authenticationRequired"])
    func whoMustActHasTheGraceFromTheFirstDeclineOn(card: String) async throws {
        let stage = try await Self.stage(card)
        try await stage.run(days: 4)
        #expect(try await stage.invoice().state == .open)
        try await stage.run(days: 2)
        try await stage.pass()
        #expect(try await stage.invoice().state == .uncollectible)
        #expect(try await standing(stage) == "canceled")
        #expect(try await stage.attempts().count == 1)
        #expect(try await stage.violations() == [])
    }

    @Test func withoutAnEndToTheGraceTheDebtStaysWithTheCustomer() async throws {
        let stage = try await Self.stage(graceDays: nil)
        try await stage.run(days: 25)
        #expect(try await stage.attempts().count == 3)
        #expect(try await stage.invoice().waitsFor == .needsMethod)
        #expect(try await stage.invoice().invoice.finalActionAt == nil)
        #expect(try await stage.violations() == [])
    }

    @Test func aPersonsHoldPutsTheFinalActionOff() async throws {
        let stage = try await Self.stage()
        try await stage.run(days: 4)
        let id = try await stage.invoice().invoice.id
        try await stage.database.write(step: "hold") { tx in
            try Invoices.wait(id, for: .onHold, holdReason: "somebody looks", tx)
        }
        try await stage.run(days: 20)
        #expect(try await stage.invoice().waitsFor == .onHold)
        try await stage.database.write(step: "release") { tx in try Invoices.wait(id, for: .needsMethod, tx) }
        try await stage.run(days: 2)
        #expect(try await stage.invoice().state == .uncollectible)
    }

    @Test func anUnpaidSubscriptionIsNotBilledUntilItsDebtIsPaid() async throws {
        let stage = try await Self.stage(end: .markUnpaid, .open)
        try await stage.run(days: 75)
        #expect(try await standing(stage) == "unpaid")
        #expect(try await stage.invoices().count == 1)
        #expect(try await stage.invoice().waitsFor == .needsMethod)
        #expect(try await stage.attempts().count == 3)
        try await bringCard(stage)
        try await stage.run(days: 1)
        #expect(try await stage.invoice().state == .paid)
        #expect(try await standing(stage) == "active")
        #expect(try await stage.activity("billing_resumed") == 1)
        try await stage.run(days: 40)
        let invoices = try await stage.invoices()
        #expect(invoices.count >= 2, "it goes on")
        #expect(invoices.allSatisfy { $0.state == .paid })
        let unbilled = try await stage.text("SELECT DISTINCT kind FROM decisions WHERE reason <> 'before_first_sight'")
        #expect(unbilled == ["paused"])
        #expect(try await stage.violations() == [])
    }

    @Test func aSubscriptionThatThePolicyPausedGoesOnWhenTheDebtIsPaidByHand() async throws {
        let stage = try await Self.stage(end: .pause, .open)
        try await stage.run(days: 40)
        #expect(try await standing(stage) == "paused")
        #expect(try await stage.invoices().count == 1)
        let invoice = try await stage.invoice().invoice
        let now = stage.clock.now
        try await stage.database.write(step: "mark-paid") { tx in
            try EndingDebts.end(invoice, as: .paid, reason: "by transfer", now: now, tx)
        }
        try await stage.run(days: 2)
        try await stage.pass()
        #expect(try await stage.invoice().state == .paid)
        #expect(try await standing(stage) == "active")
        #expect(try await stage.violations() == [])
    }

    @Test func aPauseByAPersonIsNotLiftedByAPayment() async throws {
        let stage = try await Self.stage(end: .pause, .open)
        try await stage.run(days: 5)
        try await stage.database.write(step: "hold") { tx in
            _ = try BillingStates.hold("s1", .pause, reason: "on leave", tx)
        }
        try await stage.run(days: 5)
        let invoice = try await stage.invoice().invoice
        let now = stage.clock.now
        try await stage.database.write(step: "mark-paid") { tx in
            try EndingDebts.end(invoice, as: .paid, reason: "by transfer", now: now, tx)
        }
        try await stage.run(days: 2)
        try await stage.pass()
        #expect(try await standing(stage) == "paused")
    }

    @Test func aSubscriptionThatIsLeftOpenIsBilledOn() async throws {
        let stage = try await Self.stage(end: .leaveOpen, .uncollectible)
        try await stage.run(days: 40)
        #expect(try await standing(stage) == "past_due")
        #expect(try await stage.invoices().count == 2)
    }

    // MARK: - Which policy

    @Test func aDebtKeepsThePolicyOfItsFirstDecline() async throws {
        let patient = Self.policy("patient", graceDays: nil, final: FinalAction())
        let short = Self.policy(graceDays: 1, final: FinalAction())
        let stage = try Stage {
            $0.policies = DunningPolicies([short, patient], rules: [.init(policy: "patient", plan: "annual")])
        }
        try await stage.customer(card: "pm_card_sandbox_insufficient_funds")
        try await stage.subscribe { $0.plan = "annual" }
        try await stage.subscribe("s2") { $0.plan = "reader" }
        try await stage.pass()
        #expect(try await stage.invoice().invoice.dunningPolicy == "patient")
        #expect(try await stage.invoice("s2").invoice.dunningPolicy == "default")
        try await stage.run(days: 20)
        #expect(try await stage.invoice().state == .open)
        #expect(try await stage.invoice("s2").state == .uncollectible)
    }

    @Test func aDebtWhosePolicyIsGoneFromTheFileGoesOnUnderTheDefault() async throws {
        let stage = try await Self.stage()
        try await stage.pass()
        try await stage.database.write(step: "old") { tx in
            try tx.execute("UPDATE invoices SET dunning_policy = 'of last year'")
        }
        try await stage.run(days: 20)
        #expect(try await stage.attempts().count == 3)
        #expect(try await stage.invoice().state == .uncollectible)
    }

    // MARK: - Network budgets

    /// A card that is declined every day for as long as its network allows.
    private static func declinedDaily(brand: String?) async throws -> Stage {
        let rule = DunningPolicy.ClassRule(delays: [.seconds(day)], triesMax: 99)
        let policy = DunningPolicy(
            name: "default", classes: [.funds: rule], triesMax: 99, finalAction: FinalAction())
        let stage = try Stage { $0.policies = DunningPolicies([policy]) }
        try await stage.customer(
            card: "pm_card_sandbox_insufficient_funds", brand: brand ?? "unknown", fingerprint: "same")
        try await stage.subscribe()
        return stage
    }

    @Test(arguments: [("visa", 15, "Visa"), ("discover", 7, "card")])
    func theReattemptsOfThirtyDaysEndAtTheCeilingAndTheListSaysUntilWhen(
        brand: String, most: Int, network: String
    ) async throws {
        let stage = try await Self.declinedDaily(brand: brand)
        try await stage.run(days: 29)
        #expect(try await stage.attempts().count == most + 1)
        let note = try await stage.text("SELECT wait_note FROM invoices").first
        #expect(
            note
                == "Not retried: \(most) of \(most) \(network) reattempts in 30 days used, free again on 2026-02-01.")
        try await stage.run(days: 3)
        #expect(try await stage.attempts().count == most + 2)
        #expect(try await stage.violations() == [])
    }

    @Test func anotherAmountOrAnotherCardHasABudgetOfItsOwn() async throws {
        let stage = try await Self.declinedDaily(brand: "visa")
        try await stage.run(days: 20)
        try await stage.customer("c2", card: "pm_card_sandbox_insufficient_funds", brand: "visa", fingerprint: "same")
        try await stage.subscribe("same amount", customer: "c2")
        try await stage.subscribe("other amount", customer: "c2", amountMinor: 777)
        try await stage.pass()
        let tried = try await stage.text(
            "SELECT i.subscription_id FROM attempts a JOIN invoices i ON i.id = a.invoice_id WHERE a.number = 1")
        #expect(Set(tried) == ["s1", "other amount"])
    }

    @Test func aPersonMayOverrideABudgetForOneTryButNotAFinalDecline() async throws {
        let stage = try await Self.declinedDaily(brand: "visa")
        try await stage.run(days: 20)
        let invoice = try await stage.invoice().invoice
        let now = stage.clock.now
        try await stage.database.write(step: "retry") { tx in
            try Invoices.overrideNetworkLimit(invoice.id, tx)
            _ = try ChargeNow.request(invoiceID: invoice.id, now: now, tx)
        }
        try await stage.pass()
        #expect(try await stage.attempts().count == 17)
        #expect(try await stage.activity("network_limit_overridden") == 1)
        try await stage.run(days: 2)
        #expect(try await stage.attempts().count == 17, "one try only")

        let closed = try await Self.stage("pm_card_sandbox_lost_card")
        try await closed.pass()
        let id = try await closed.invoice().invoice.id
        try await closed.database.write(step: "retry") { tx in
            try Invoices.overrideNetworkLimit(id, tx)
            try Invoices.wait(id, for: .retrying, nextAttemptAt: closed.clock.now, tx)
            try FollowUps.charge(try Invoices.get(id, tx), at: closed.clock.now, now: closed.clock.now, tx)
        }
        try await closed.pass()
        #expect(try await closed.attempts().count == 1)
    }
}
