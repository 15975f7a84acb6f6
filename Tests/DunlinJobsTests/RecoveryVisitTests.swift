import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// A customer pays a debt through its recovery link, in both protocols (money.md 23).
@Suite struct RecoveryVisitTests {
    private static func stage(_ kind: GatewayKind) throws -> Stage {
        try Stage {
            $0.kind = kind
            $0.quirks.ignoresIdempotencyKeys = kind == .wooshpay
        }
    }

    private static func problems(_ stage: Stage, _ ending: Ending = .paid) async throws -> [String] {
        let atRest = try await Judge.problems(stage, ending)
        return try await atRest + Judge.problemsOfAnotherPass(stage)
    }

    @Test(arguments: GatewayKind.allCases)
    func theChallengeIsPassedAndTheDebtIsPaidOnce(_ kind: GatewayKind) async throws {
        let stage = try Self.stage(kind)
        try await stage.debtThatNeedsTheCustomer()
        #expect(try await stage.look().state == .due)
        let url = try #require(try await stage.press().url)
        #expect(try await stage.look().state == (kind == .stripe ? .atBank : .due))
        #expect(try stage.answer(url))
        try await stage.comeBack()
        #expect(try await stage.look().state == .paid)
        try await stage.run(days: 3)
        #expect(try await Self.problems(stage) == [])
    }

    /// At WooshPay with 402, as Stripe does it.
    @Test func aSpentIntentIsCanceledAndAnotherOneIsConfirmed() async throws {
        let stage = try Stage {
            $0.kind = .wooshpay
            $0.quirks.ignoresIdempotencyKeys = true
            $0.quirks.authenticationAs402 = true
        }
        try await stage.debtThatNeedsTheCustomer()
        let url = try #require(try await stage.press().url)
        #expect(try stage.answer(url))
        try await stage.comeBack()
        #expect(try await stage.look().state == .paid)
        #expect(try await stage.intents().map(\.status) == ["canceled", "succeeded"])
        try await stage.run(days: 3)
        #expect(try await Self.problems(stage) == [])
    }

    @Test(arguments: GatewayKind.allCases)
    func lookingAtThePageSendsNothingAndStoresNothing(_ kind: GatewayKind) async throws {
        let stage = try Self.stage(kind)
        try await stage.debtThatNeedsTheCustomer()
        let requests = stage.wire.requests.count
        let steps = stage.fuse.names.count
        for _ in 1...20 { _ = try await stage.look() }
        #expect(stage.wire.requests.count == requests)
        #expect(stage.fuse.names.count == steps)
    }

    @Test(arguments: GatewayKind.allCases)
    func whatWaitsAtTheBankIsNeverConfirmedAgain(_ kind: GatewayKind) async throws {
        let stage = try Self.stage(kind)
        try await stage.debtThatNeedsTheCustomer()
        let first = try #require(try await stage.press().url)
        let confirms = stage.wire.count(.confirm)
        #expect(try await stage.press().url == first)
        #expect(try await stage.press().url == first)
        #expect(stage.wire.count(.confirm) == confirms)
        #expect(try await stage.attempts().count == (kind == .stripe ? 2 : 1))
    }

    @Test func anAttemptInSessionIsInFlightAndBlocksTheSchedule() async throws {
        let stage = try Self.stage(.stripe)
        let card = try await stage.customer(card: "pm_card_authenticationRequiredSetupForOffSession")
        try await stage.subscribe()
        stage.script(card, ["insufficient_funds"])
        try await stage.pass()
        let url = try #require(try await stage.press().url)
        let attempt = try #require(try await stage.attempts().last)
        #expect(attempt.isOnSession && attempt.state == .processing)
        // The retry's time comes while the customer is at the bank.
        let now = stage.clock.now
        try await stage.database.write { tx in try FollowUps.charge(try Invoices.get(1, tx), at: now, now: now, tx) }
        try await stage.pass()
        #expect(try await stage.attempts().count == 2)
        #expect(try stage.answer(url))
        try await stage.run(days: 5)
        #expect(try await Self.problems(stage) == [])
    }

    @Test func afterAnHourTheIntentIsCanceledAndTheNextVisitMakesANewOne() async throws {
        let stage = try Self.stage(.stripe)
        try await stage.debtThatNeedsTheCustomer()
        let first = try #require(try await stage.press().url)
        try await stage.run(until: stage.clock.now.adding(minutes: 59))
        #expect(try await stage.attempts().last?.state == .processing)
        try await stage.run(until: stage.clock.now.adding(minutes: 5))
        #expect(try await stage.attempts().last?.state == .needsCustomer)
        #expect(try await stage.intents().map(\.status) == ["canceled"])
        #expect(try await stage.look().state == .due)
        let second = try #require(try await stage.press().url)
        #expect(second != first)
        #expect(try stage.answer(first) == false)
        #expect(try stage.answer(second))
        try await stage.run(days: 2)
        #expect(try await Self.problems(stage) == [])
    }

    @Test func aBrowserThatNeverComesBackIsNotNeeded() async throws {
        let stage = try Self.stage(.stripe)
        try await stage.debtThatNeedsTheCustomer()
        let url = try #require(try await stage.press().url)
        #expect(try stage.answer(url))
        try await stage.run(until: stage.clock.now.adding(minutes: 3))
        #expect(try await Self.problems(stage) == [])
    }

    @Test(arguments: GatewayKind.allCases)
    func aChallengeThatIsNotPassedLeavesTheDebtAsItWas(_ kind: GatewayKind) async throws {
        let stage = try Stage {
            $0.kind = kind
            $0.quirks.ignoresIdempotencyKeys = kind == .wooshpay
            $0.quirks.authenticationAs402 = kind == .wooshpay
        }
        try await stage.debtThatNeedsTheCustomer()
        let url = try #require(try await stage.press().url)
        #expect(try stage.answer(url, .fail))
        try await stage.comeBack()
        let page = try await stage.look()
        #expect(page.state == .due && page.note == .notConfirmed)
        #expect(try await stage.invoice().waitsFor == .needsCustomer)
        #expect(try await stage.attempts().map(\.state) == [.needsCustomer, .needsCustomer])
        // Never tried again by itself.
        try await stage.run(days: 20)
        #expect(try await stage.attempts().count == 2)
        let again = try #require(try await stage.press().url)
        #expect(try stage.answer(again))
        try await stage.comeBack()
        #expect(try await Self.problems(stage) == [])
    }

    @Test func aDeclineInSessionKeepsTheScheduleOfTheDebt() async throws {
        let stage = try Self.stage(.stripe)
        try await stage.debtThatIsRetried(then: ["insufficient_funds"])
        let next = try #require(try await stage.invoice().invoice.nextAttemptAt)
        stage.clock.advance(seconds: 600)
        let page = try #require(try await stage.press().page)
        #expect(page.state == .due && page.note == .notPaid && page.nextAttemptAt == next)
        #expect(try await stage.invoice().invoice.nextAttemptAt == next)
        #expect(try await stage.invoice().waitsFor == .retrying)
        try await stage.run(until: next.adding(minutes: 5))
        #expect(try await Self.problems(stage) == [])
    }

    /// What the visit finds ends the schedule's next try too.
    @Test func aVisitThatFindsTheIntentChangedHoldsTheDebtForAPersonAndNothingElseIsTried() async throws {
        let stage = try Self.stage(.stripe)
        try await stage.debtThatIsRetried()
        let id = try #require(try await stage.intents().first?.gatewayID)
        try stage.post("/v1/payment_intents/\(id)", "amount=99900")
        try await stage.press()
        #expect(try await stage.invoice().waitsFor == .onHold)
        #expect(try await stage.job(ChargeInvoice.kind).contains("ready") == false)
        #expect(try await Self.problems(stage, Ending(successes: 0, state: .open, waitsFor: .onHold)) == [])
        #expect(stage.wire.count(.confirm) == 1)
    }

    @Test func aVisitThatFindsTheSubscriptionPausedLeavesNothingToTry() async throws {
        let stage = try Self.stage(.stripe)
        try await stage.debtThatIsRetried()
        try await stage.database.write { tx in _ = try tx.execute("UPDATE subscriptions SET status = 'paused'") }
        try await stage.press()
        #expect(try await stage.invoice().waitsFor == .onHold)
        #expect(try await stage.job(ChargeInvoice.kind).contains("ready") == false)
        #expect(try await Self.problems(stage, Ending(successes: 0, state: .open, waitsFor: .onHold)) == [])
    }

    /// It came due an hour ago and was not tried yet: the gateway is asked first, and who asks has it tried.
    @Test func aVisitToADebtThatMustBeAskedAboutFirstLeavesOneNextStep() async throws {
        let stage = try Self.stage(.stripe)
        try await stage.customer()
        try await stage.subscribe()
        try await stage.bindGateway()
        try await stage.plan()
        stage.clock.advance(seconds: 3600)
        try await stage.press()
        #expect(try await stage.violations() == [])
        try await stage.run(days: 1)
        #expect(try await Self.problems(stage) == [])
    }

    @Test func aFinalDeclineInSessionAsksForAnotherCard() async throws {
        let stage = try Self.stage(.stripe)
        try await stage.debtThatIsRetried(then: ["lost_card"])
        let page = try #require(try await stage.press().page)
        #expect(page.state == .due && page.card == nil)
        #expect(try await stage.invoice().waitsFor == .needsMethod)
        #expect(try await stage.job(ChargeInvoice.kind).contains("ready") == false)
        #expect(try await stage.violations() == [])
    }

    /// The gateway understood something else, or does not do this at all: a person looks before anything is tried again.
    @Test func aRefusalInSessionHoldsTheDebtAndEndsTheScheduleToo() async throws {
        let stage = try Self.stage(.wooshpay)
        try await stage.debtThatIsRetried()
        stage.wire.strike(
            .create, [2], with: .answer(400, body: #"{"error":{"message":"the account may not do this"}}"#))
        try await stage.press()
        #expect(try await stage.attempts().map(\.state) == [.declined, .refused])
        #expect(try await stage.invoice().waitsFor == .onHold)
        #expect(try await stage.job(ChargeInvoice.kind).contains("ready") == false)
        #expect(try await stage.violations() == [])
    }

    @Test func aDebtThatEndsWhileTheCustomerIsAtTheBankTakesNoPayment() async throws {
        let stage = try Self.stage(.stripe)
        try await stage.debtThatNeedsTheCustomer()
        let url = try #require(try await stage.press().url)
        try await stage.cancel()
        try await stage.run(until: stage.clock.now.adding(minutes: 5))
        #expect(try stage.answer(url) == false)
        #expect(try await stage.look().state == .canceled)
        #expect(try await stage.press().page?.state == .canceled)
        try await stage.run(days: 1)
        #expect(try await Self.problems(stage, Ending(successes: 0, state: .void)) == [])
    }

    @Test func aSuccessAfterTheEndIsCollectedAfterCancel() async throws {
        let stage = try Self.stage(.stripe)
        try await stage.debtThatNeedsTheCustomer()
        let url = try #require(try await stage.press().url)
        #expect(try stage.answer(url))
        try await stage.cancel()
        try await stage.run(days: 1)
        #expect(try await stage.activity("collected_after_cancel") + stage.activity("collected") == 1)
        #expect(stage.sandbox.audit.successes == 1)
        #expect(try await stage.invoice().state == .paid)
        #expect(try await stage.violations() == [])
    }

    @Test func sixPressesAnHourAreLetIn() async throws {
        let stage = try Self.stage(.stripe)
        try await stage.debtThatNeedsTheCustomer()
        let began = stage.clock.now
        for _ in 1...RecoveryVisit.actsPerHourMax { #expect(try await stage.press().url != nil) }
        let requests = stage.wire.moneyRequests.count
        guard case .page(let page) = try await stage.press(), case .tooMany(let until) = page.state else {
            Issue.record("it was let in")
            return
        }
        #expect(until >= began.adding(hours: 1) && until <= stage.clock.now.adding(hours: 1))
        #expect(stage.wire.moneyRequests.count == requests)
        stage.clock.set(until.adding(seconds: 1))
        let later = try await stage.press()
        if case .page(let page) = later, case .tooMany = page.state { Issue.record("it is still kept out") }
    }

    @Test func nothingIsSentWhileChargingIsStopped() async throws {
        let stage = try Self.stage(.stripe)
        try await stage.debtThatNeedsTheCustomer()
        try await stage.stopCharging()
        let requests = stage.wire.moneyRequests.count
        #expect(try await stage.press().page?.state == .notNow)
        #expect(stage.wire.moneyRequests.count == requests)
        #expect(try await stage.attempts().count == 1)
    }

    @Test func whileTheGatewayDoesNotAnswerThePageSaysSo() async throws {
        let stage = try Self.stage(.stripe)
        try await stage.debtThatNeedsTheCustomer()
        stage.wire.disturb { _ in .notSent }
        let page = try #require(try await stage.press().page)
        #expect(page.state == .notNow && page.note == .noAnswer)
        stage.wire.disturb(nil)
        let url = try #require(try await stage.press().url)
        #expect(try stage.answer(url))
        try await stage.comeBack()
        #expect(try await Self.problems(stage) == [])
    }

    @Test func aLostAnswerIsAskedForAndNotPaidTwice() async throws {
        for fault in [WireFault.lostAfter, .lostBefore] {
            let stage = try Self.stage(.stripe)
            try await stage.debtThatNeedsTheCustomer()
            stage.wire.strike(.confirm, [2], with: fault)
            let page = try #require(try await stage.press().page)
            #expect(page.state == .checking)
            stage.clock.advance(seconds: 90)
            let url = try #require(try await stage.press().url, "\(fault)")
            #expect(try stage.answer(url))
            try await stage.comeBack()
            #expect(try await stage.look().state == .paid)
            #expect(try await Self.problems(stage) == [])
        }
    }

    @Test func aConfirmThatIsLostIsNotSentAgainWithoutTheCustomer() async throws {
        let stage = try Self.stage(.stripe)
        try await stage.debtThatNeedsTheCustomer()
        stage.wire.strike(.confirm, [2], with: .lostBefore)
        try await stage.press()
        let confirms = stage.wire.count(.confirm)
        try await stage.run(days: 2)
        #expect(stage.wire.count(.confirm) == confirms)
        #expect(try await stage.attempts().last?.state == .neverHappened)
        #expect(try await stage.invoice().waitsFor == .needsCustomer)
        #expect(try await stage.violations() == [])
    }

    @Test func aMethodThatNeedsNoChallengePaysAtOnce() async throws {
        let stage = try Self.stage(.stripe)
        try await stage.debtThatIsRetried()
        let page = try #require(try await stage.press().page)
        #expect(page.state == .paid)
        #expect(try await Self.problems(stage) == [])
        #expect(try await stage.attempts().map(\.isOnSession) == [false, true])
    }

    @Test(arguments: GatewayKind.allCases)
    func anotherCardIsSavedAndTheDebtIsPaidOnIt(_ kind: GatewayKind) async throws {
        let stage = try Self.stage(kind)
        try await stage.debtThatNeedsTheCustomer()
        let page = try #require(try await stage.press(.card).url)
        try stage.saveCard(onPage: page)
        let invoiceID = try await stage.invoice().id
        try await stage.visit().comeBackWithCard(invoiceID)
        #expect(try await stage.look().state == .charging)
        let methods = try await stage.database.read { tx in try PaymentMethods.ofCustomer("c1", tx) }
        #expect(methods.count == 2)
        #expect(methods.first { $0.isDefault }?.id != "c1-card")
        try await stage.run(until: stage.clock.now.adding(minutes: 10))
        #expect(try await stage.look().state == .paid)
        #expect(try await Self.problems(stage) == [])
        // To come back again changes nothing.
        try await stage.visit().comeBackWithCard(invoiceID)
        #expect(try await Self.problems(stage) == [])
    }

    @Test func whoTakesAnotherCardLeavesTheChallengeOfTheOldOne() async throws {
        let stage = try Self.stage(.stripe)
        try await stage.debtThatNeedsTheCustomer()
        let old = try #require(try await stage.press().url)
        let page = try #require(try await stage.press(.card).url)
        #expect(try stage.answer(old) == false)
        #expect(try await stage.attempts().last?.state == .needsCustomer)
        try stage.saveCard(onPage: page)
        try await stage.visit().comeBackWithCard(try await stage.invoice().id)
        try await stage.run(until: stage.clock.now.adding(minutes: 10))
        #expect(try await Self.problems(stage) == [])
    }

    @Test func aCardThatWasNotSavedChangesNothing() async throws {
        let stage = try Self.stage(.stripe)
        try await stage.debtThatNeedsTheCustomer()
        _ = try #require(try await stage.press(.card).url)
        try await stage.visit().comeBackWithCard(try await stage.invoice().id)
        #expect(try await stage.look().state == .due)
        #expect(try await stage.invoice().waitsFor == .needsCustomer)
    }
}
