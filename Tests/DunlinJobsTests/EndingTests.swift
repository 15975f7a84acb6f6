import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// Rules 19, 20, 25 and 35 and promises P6 and P7 of docs/proof.md: when nothing more is tried.
@Suite struct EndingTests {
    private static func stage(_ answers: [String?] = [], kind: GatewayKind = .stripe) async throws -> Stage {
        let stage = try Stage { $0.kind = kind }
        let card = try await stage.customer()
        stage.script(card, answers)
        try await stage.subscribe()
        return stage
    }

    // MARK: - Ended debts

    @Test func aCanceledDebtIsClosingUntilTheGatewaySaysCanceled() async throws {
        let stage = try await Self.stage(["insufficient_funds"])
        try await stage.run(days: 1)
        try await stage.cancel()
        stage.wire.disturb { $0.kind == .cancel ? .lostBefore : nil }
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.invoice().state == .closing)
        #expect(stage.wire.count(.cancel) == 1)
        stage.wire.disturb(nil)
        try await stage.run(days: 5)
        #expect(try await stage.invoice().state == .void)
        #expect(try stage.gatewayIntents().map(\.status) == ["canceled"])
        #expect(stage.wire.count(.confirm) == 1)
        #expect(try await stage.text("SELECT state FROM billing_state") == ["canceled"])
        #expect(try await stage.violations() == [])
    }

    @Test func aSuccessOfSomebodyElseDoesNotPayADebtThatEnded() async throws {
        let stage = try await Self.stage(["insufficient_funds"])
        try await stage.run(days: 1)
        let id = try #require(try stage.gatewayIntents().first?.id)
        try await stage.cancel()
        let body = """
            {"id":"\(id)","object":"payment_intent","status":"succeeded","amount":1000,"currency":"usd",\
            "customer":"cus_other","livemode":false,"metadata":{}}
            """
        stage.wire.disturb { $0.kind == .retrieve ? .answer(200, body: body) : nil }
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.invoice().state == .closing)
        #expect(try await stage.invoice().collectedMinor == 0)
        stage.wire.disturb(nil)
        try await stage.run(days: 2)
        #expect(try await stage.invoice().state == .void)
        #expect(stage.sandbox.audit.successes == 0)
        #expect(try await stage.violations() == [])
    }

    @Test func aCanceledDebtWithoutAnIntentIsVoidAtOnce() async throws {
        let stage = try await Self.stage()
        try await stage.bindGateway()
        try await stage.stopCharging()
        try await stage.pass()
        try await stage.cancel()
        try await stage.pass()
        #expect(try await stage.invoice().state == .void)
        #expect(stage.wire.moneyRequests.isEmpty)
        #expect(try await stage.violations() == [])
    }

    @Test(arguments: [GatewayKind.stripe, .wooshpay])
    func aSuccessThatWasOnTheWireWhenTheDebtEndedIsRecorded(_ kind: GatewayKind) async throws {
        let stage = try await Self.stage(kind: kind)
        stage.wire.afterEffect { request in
            guard request.kind == .confirm, request.number == 1 else { return }
            do {
                try await stage.cancel()
                try await stage.plan()
            } catch { Issue.record(error) }
        }
        try await stage.run(days: 3)
        let invoice = try await stage.invoice()
        #expect(invoice.state == .paid)
        #expect(invoice.isLate)
        #expect(try await stage.activity("collected_after_cancel") == 1)
        #expect(stage.sandbox.audit.successes == 1)
        #expect(try await stage.violations() == [])
    }

    /// By policy all of it goes back, once, wherever the run is cut off.
    @Test(arguments: [GatewayKind.stripe, .wooshpay], [false, true])
    func moneyForADebtThatWasOwedNoMoreGoesBackWhereThePolicySaysSo(_ kind: GatewayKind, isOn: Bool) async throws {
        let stage = try await Self.stage(kind: kind)
        stage.wire.strike(.confirm, [1], with: .lostAfter)
        try await stage.pass { $0.waitSeconds = 0 }
        stage.wire.disturb(nil)
        try await stage.cancel()
        for _ in 0..<40 {
            try await stage.pass(rules: { $0.refundsCollectedAfterCancel = isOn })
            stage.clock.advance(seconds: 1800)
        }
        #expect(try await stage.activity("collected_after_cancel") == 1)
        #expect(try await stage.invoice().state == .paid)
        let refunded = stage.sandbox.audit.totalsByCurrency["usd"]?.refunded
        #expect(refunded == (isOn ? 1000 : 0))
        #expect(stage.wire.count(.refund) == (isOn ? 1 : 0))
        #expect(
            try await stage.text("SELECT CAST(refunded_minor AS TEXT) FROM invoices") == [isOn ? "1000" : "0"])
        #expect(try await stage.violations() == [])
    }

    @Test(arguments: [WireFault.lostAfter, .lostBefore])
    func anAttemptInFlightWhenTheDebtEndsIsSettledAndNotSentAgain(_ fault: WireFault) async throws {
        let stage = try await Self.stage()
        stage.wire.strike(.confirm, [1], with: fault)
        try await stage.pass { $0.waitSeconds = 0 }
        try await stage.cancel()
        try await stage.run(days: 5)
        #expect(stage.wire.count(.confirm) == 1)
        let hasArrived = stage.sandbox.audit.successes == 1
        #expect(try await stage.invoice().state == (hasArrived ? .paid : .void))
        #expect(try await stage.activity("collected_after_cancel") == (hasArrived ? 1 : 0))
        #expect(try stage.gatewayIntents().allSatisfy { !$0.isOpen })
        #expect(try await stage.violations() == [])
    }

    /// What became of the attempt is still found out; what the gateway does not know is not sent again.
    @Test(arguments: [GatewayKind.stripe, .wooshpay])
    func anAttemptInFlightWhenThePauseBeginsIsNotSentAgainBeforeItsEnd(_ kind: GatewayKind) async throws {
        let stage = try await Self.stage(kind: kind)
        stage.wire.strike(.confirm, [1], with: .lostBefore)
        try await stage.pass { $0.waitSeconds = 0 }
        try await stage.edit { $0.status = .paused }
        try await stage.run(days: 5)
        #expect(stage.wire.count(.confirm) == 1)
        #expect(try await stage.invoice().waitsFor == .onHold)
        #expect(try stage.gatewayIntents().allSatisfy { !$0.isOpen })
        #expect(try await stage.violations() == [])
        try await stage.edit { $0.status = .active }
        try await stage.run(days: 2)
        #expect(try await stage.invoice().state == .paid)
        #expect(stage.sandbox.audit.successes == 1)
    }

    @Test func nothingIsConfirmedOnceTheDebtEndedBehindTheCreate() async throws {
        let stage = try await Self.stage()
        stage.wire.afterEffect { request in
            guard request.kind == .create else { return }
            do {
                try await stage.cancel()
                try await stage.plan()
            } catch { Issue.record(error) }
        }
        try await stage.run(days: 3)
        #expect(stage.wire.count(.confirm) == 0)
        #expect(try await stage.invoice().state == .void)
        #expect(try stage.gatewayIntents().allSatisfy { !$0.isOpen })
        #expect(try await stage.violations() == [])
    }

    @Test func theTransactionThatWritesAnAttemptReadsTheOwnersRowsAgain() async throws {
        let stage = try await Self.stage()
        try await stage.bindGateway()
        try await stage.plan()
        try await stage.edit { $0.status = .paused }
        try await stage.worker(concurrency: 1).round()
        #expect(stage.wire.moneyRequests.isEmpty)
        #expect(try await stage.attempts().isEmpty)
        #expect(try await stage.invoice().waitsFor == .onHold)
    }

    @Test func aPauseHoldsTheDebtAndItsEndLetsItGoOn() async throws {
        let stage = try await Self.stage(["insufficient_funds"])
        try await stage.run(days: 1)
        try await stage.edit { $0.status = .paused }
        try await stage.run(days: 10)
        #expect(stage.wire.count(.confirm) == 1)
        #expect(try await stage.invoice().invoice.holdReason == Invoice.pausedHold)
        try await stage.edit { $0.status = .active }
        try await stage.run(days: 1)
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    // MARK: - Cards

    @Test func aFinalDeclineClosesTheCardForAllSubscriptions() async throws {
        let stage = try Stage()
        for number in 1...2 {
            try await stage.customer("c\(number)", card: "pm_card_sandbox_lost_card", fingerprint: "same")
            try await stage.subscribe("s\(number)", customer: "c\(number)")
            try await stage.run(days: 1)
        }
        #expect(stage.sandbox.audit.declines == 1)
        #expect(try await stage.attempts().count == 1)
        #expect(try await stage.invoice("s2").waitsFor == .needsMethod)
        #expect(try await stage.violations() == [])
    }

    @Test func anotherCardOfTheCustomerIsTriedOnTheSchedule() async throws {
        let stage = try Stage()
        try await stage.customer(card: "pm_card_sandbox_lost_card")
        try await stage.card("second", of: "c1")
        try await stage.subscribe { $0.paymentMethodID = "c1-card" }
        try await stage.run(days: 4)
        #expect(try await stage.attempts().map(\.paymentMethodID) == ["c1-card", "second"])
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    @Test(arguments: [true, false])
    func tenDeclinesOfAMastercardInADayAreTheLastOfThatDay(_ atOnce: Bool) async throws {
        let stage = try Stage()
        for number in 1...12 {
            try await stage.customer(
                "c\(number)", card: "pm_card_sandbox_insufficient_funds", brand: "mastercard", fingerprint: "same")
            try await stage.subscribe("s\(number)", customer: "c\(number)")
            if !atOnce { try await stage.pass() }
        }
        try await stage.run(until: stage.clock.now.adding(hours: 23))
        #expect(stage.sandbox.audit.declines == 10)
        try await stage.run(until: stage.clock.now.adding(hours: 2))
        #expect(stage.sandbox.audit.declines == 12)
        #expect(try await stage.violations() == [])
    }

    @Test func moreTriesAtOnceThanAMastercardMayBeDeclinedInADayWaitForEachOther() async throws {
        let stage = try Stage()
        for number in 1...14 {
            try await stage.customer(
                "c\(number)", card: "pm_card_sandbox_insufficient_funds", brand: "mastercard", fingerprint: "same")
            try await stage.subscribe("s\(number)", customer: "c\(number)")
        }
        try await stage.pass { $0.concurrency = 14 }
        #expect(stage.sandbox.audit.declines == 10)
        #expect(try await stage.violations() == [])
    }

    @Test func aVisaHasNoDailyLimitOfDeclines() async throws {
        let stage = try Stage()
        for number in 1...11 {
            try await stage.customer(
                "c\(number)", card: "pm_card_sandbox_insufficient_funds", fingerprint: "same")
            try await stage.subscribe("s\(number)", customer: "c\(number)", amountMinor: 1000 + Int64(number))
        }
        try await stage.pass()
        #expect(stage.sandbox.audit.declines == 11)
    }

    @Test func theTriesEndAfterTheFifthDecline() async throws {
        let stage = try Stage()
        try await stage.customer(card: "pm_card_sandbox_insufficient_funds")
        try await stage.subscribe()
        let start = stage.clock.now
        try await stage.run(days: 60)
        let days = try await stage.attempts().map { $0.writtenAt.milliseconds(since: start) / 86_400_000 }
        #expect(days == [0, 3, 8, 15, 25])
        #expect(try await stage.invoice().state == .uncollectible)
        #expect(try stage.gatewayIntents().map(\.status) == ["canceled"])
        #expect(try await stage.text("SELECT state FROM billing_state") == ["past_due"])
    }

    // MARK: - One customer at a time

    @Test func aCustomersDebtsAreChargedOneAfterAnotherTheOldestFirst() async throws {
        let stage = try Stage()
        try await stage.customer()
        let today = Zone.utc.local(of: stage.clock.now).date
        for (place, minutes) in [3, 1, 2].enumerated() {
            try await stage.subscribe("s\(place)", amountMinor: Int64(minutes) * 1000) {
                $0.anchor = "\(today)T00:0\(minutes):00"
            }
        }
        stage.clock.advance(seconds: 300)
        let running = Counter()
        stage.wire.disturb { request in
            guard request.kind.isMoney else { return nil }
            running.enter()
            await Task.yield()
            running.leave()
            return nil
        }
        try await stage.run(days: 1)
        #expect(running.most == 1)
        let amounts = stage.wire.requests.filter { $0.kind == .create }.map { request in
            request.body.split(separator: "&").first { $0.hasPrefix("amount=") }.map(String.init)
        }
        #expect(amounts == ["amount=1000", "amount=2000", "amount=3000"])
    }

    /// A card that came back after months: many debts of one customer are due at the same moment.
    @Test func manyDebtsOfACustomerAreEachTakenInTheirTurn() async throws {
        let stage = try Stage()
        try await stage.customer()
        let today = Zone.utc.local(of: stage.clock.now).date
        // The rows are planned in the order of their ids, the reverse of that of their debts.
        for place in 0..<12 {
            try await stage.subscribe("s\(10 + place)") { $0.anchor = "\(today)T00:\(30 - place):00" }
        }
        stage.clock.advance(seconds: 31 * 60)
        try await stage.run(days: 1)
        #expect(stage.sandbox.audit.successes == 12)
        let begun = stage.fuse.names.filter { $0 == "begin-attempt" }.count
        #expect(begun == 12, "none is looked at before its turn")
    }

    @Test func anOlderDebtThatIsTriedAgainGoesBeforeAYoungerOne() async throws {
        let stage = try await Self.stage(["insufficient_funds"])
        let young = Zone.utc.local(of: stage.clock.now.adding(days: 3)).date
        try await stage.subscribe("young", amountMinor: 2000) { $0.anchor = "\(young)T00:00:00" }
        stage.clock.advance(seconds: 300)
        try await stage.pass()
        // Nothing runs until both are due: the older debt since 00:05, the younger since 00:00.
        stage.clock.set(stage.options.start.adding(days: 3).adding(minutes: 10))
        try await stage.pass()
        let paid = try await stage.text(
            "SELECT subscription_id FROM activity WHERE kind = 'collected' ORDER BY id")
        #expect(paid == ["s1", "young"])
    }
}
