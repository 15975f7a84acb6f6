import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// Rules 1 to 8 and 11 of docs/proof.md: how one attempt is sent, and what its answers mean.
@Suite struct SendingTests {
    private static func stage(
        _ answers: [String?] = [], _ change: (inout StageOptions) -> Void = { _ in }
    ) async throws -> Stage {
        let stage = try Stage(change)
        let card = try await stage.customer()
        stage.script(card, answers)
        try await stage.subscribe()
        return stage
    }

    @Test func anIntentIsCreatedUnconfirmedAndItsStoredIdIsConfirmed() async throws {
        let stage = try await Self.stage()
        try await stage.pass()
        let requests = stage.wire.moneyRequests
        #expect(requests.map(\.kind) == [.create, .confirm])
        for word in ["off_session", "return_url", "confirm="] { #expect(!requests[0].body.contains(word)) }
        #expect(requests[1].body.contains("off_session"))
        let stored = try #require(try await stage.intents().first?.gatewayID)
        #expect(requests[1].path == "/v1/payment_intents/\(stored)/confirm")
    }

    @Test func theAttemptIsOnDiskBeforeItsRequestLeaves() async throws {
        let stage = try await Self.stage()
        stage.wire.disturb { request in
            guard request.kind.isMoney else { return nil }
            let states = try? await stage.attempts().map(\.state)
            let reference = try? await stage.intents().first?.reference
            #expect(states == [.sending])
            #expect(reference != nil && request.idempotencyKey?.hasPrefix(reference ?? "?") == true)
            return nil
        }
        try await stage.pass()
        #expect(stage.wire.moneyRequests.count == 2)
    }

    @Test func theIdempotencyKeyNamesTheDebtTheOperationAndTheAttempt() async throws {
        let stage = try await Self.stage(["insufficient_funds"])
        try await stage.run(days: 4)
        let reference = try #require(try await stage.intents().first?.reference)
        #expect(
            stage.wire.moneyRequests.map(\.idempotencyKey) == [
                "\(reference):create:1", "\(reference):confirm:1", "\(reference):confirm:2",
            ])
    }

    @Test func aResendRepeatsTheRequestWhateverTheOwnerChangedSince() async throws {
        let stage = try await Self.stage()
        stage.wire.strike(.confirm, [1], with: .lostBefore)
        try await stage.pass { $0.waitSeconds = 0 }
        try await stage.card("other", of: "c1")
        try await stage.edit { $0.amountMinor = 5000 }
        try await stage.run(days: 1)
        let confirms = stage.wire.requests.filter { $0.kind == .confirm }
        #expect(confirms.count == 2)
        #expect(Set(confirms.map(\.body)).count == 1)
        #expect(Set(confirms.map(\.idempotencyKey)).count == 1)
        #expect(try await stage.invoice().collectedMinor == 1000)
    }

    // MARK: - What a read proves

    @Test func aReadOfAnEarlierDeclineDoesNotEndALaterAttempt() async throws {
        let stage = try await Self.stage(["insufficient_funds"])
        stage.wire.strike(.confirm, [2], with: .lostBefore)
        try await stage.run(days: 4)
        #expect(try await stage.attempts().map(\.state) == [.declined, .succeeded])
        #expect(stage.sandbox.audit.declines == 1)
        #expect(stage.wire.count(.confirm) == 3)
    }

    @Test func aDeclineWhoseAnswerWasLostIsReadAndNotSentAgain() async throws {
        let stage = try await Self.stage(["insufficient_funds", "insufficient_funds"])
        stage.wire.strike(.confirm, [1], with: .lostAfter)
        try await stage.run(days: 2)
        #expect(try await stage.attempts().map(\.state) == [.declined])
        #expect(stage.wire.count(.confirm) == 1)
    }

    @Test func anUnknownOutcomeBlocksEveryFurtherAttemptAndIsAskedAboutEachDay() async throws {
        let stage = try await Self.stage()
        stage.wire.disturb { request in
            request.kind == .confirm || request.kind == .retrieve ? .lostBefore : nil
        }
        try await stage.run(days: 10)
        #expect(try await stage.attempts().map(\.state) == [.unknown])
        #expect(try await stage.invoice().waitsFor == .unknown)
        #expect(stage.wire.count(.confirm) == 1)
        let asked = stage.wire.requests.filter { $0.kind == .retrieve }.map(\.sentAt)
        let gaps = zip(asked, asked.dropFirst()).map { $1.milliseconds(since: $0) }
        #expect(try #require(gaps.max()) <= 86_400_000 + 130_000)
        stage.wire.disturb(nil)
        try await stage.run(days: 2)
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    @Test func anIntentThatTheGatewayDoesNotFindIsUnknownAndNeverCanceled() async throws {
        let stage = try await Self.stage()
        stage.wire.disturb { request in
            if request.kind == .confirm { return .lostBefore }
            let missing = #"{"error":{"type":"invalid_request_error","code":"resource_missing","message":"no such"}}"#
            return request.kind == .retrieve ? .answer(404, body: missing) : nil
        }
        try await stage.run(days: 3)
        #expect(try await stage.attempts().map(\.state) == [.unknown])
        #expect(stage.wire.count(.create) == 1)
        #expect(try await stage.intents().map(\.isCanceled) == [false])
    }

    @Test func anAnswerAboutAnotherAmountDecidesNothing() async throws {
        let stage = try await Self.stage()
        let body = #"{"id":"pi_x","object":"payment_intent","amount":999,"currency":"usd","status":"succeeded"}"#
        stage.wire.strike(.confirm, [1], with: .answer(200, body: body))
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.attempts().map(\.state) == [.unknown])
        #expect(try await stage.invoice().state == .open)
    }

    @Test func aSearchThatLagsIsNotBelievedWhenItFindsNothing() async throws {
        let stage = try await Self.stage {
            $0.kind = .wooshpay
            $0.quirks.ignoresIdempotencyKeys = true
            $0.quirks.searchLagMilliseconds = 60_000
        }
        stage.wire.strike(.create, [1], with: .lostAfter)
        try await stage.run(days: 1)
        #expect(stage.wire.count(.create) == 1)
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    @Test func aDeclineOfTheOneCallWithoutItsIntentIsReadBeforeItIsBelieved() async throws {
        let stage = try await Self.stage { $0.sending = .oneCall }
        let body = #"{"error":{"type":"card_error","code":"card_declined","decline_code":"lost_card"}}"#
        stage.wire.strike(.oneCall, [1], with: .answer(402, body: body, afterEffect: true))
        try await stage.run(days: 1)
        #expect(stage.wire.count(.oneCall) == 1)
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    @Test func aCreateThatIsAnsweredWithAnotherAmountIsNotConfirmed() async throws {
        let stage = try await Self.stage()
        let body = #"""
            {"id":"pi_x","object":"payment_intent","amount":999,"currency":"usd","status":"requires_confirmation"}
            """#
        stage.wire.strike(.create, [1], with: .answer(200, body: body))
        try await stage.run(days: 1)
        #expect(stage.wire.count(.confirm) == 0)
        #expect(try await stage.invoice().waitsFor == .onHold)
    }

    @Test func anIntentThatWasChangedAtTheGatewayIsNotConfirmedAgain() async throws {
        let stage = try await Self.stage(["insufficient_funds"])
        try await stage.run(days: 1)
        let id = try #require(try await stage.intents().first?.gatewayID)
        try stage.post("/v1/payment_intents/\(id)", "amount=99900")
        try await stage.run(days: 5)
        #expect(stage.wire.count(.confirm) == 1)
        #expect(try await stage.invoice().waitsFor == .onHold)
        #expect(stage.sandbox.audit.successes == 0)
    }

    // MARK: - Refusals

    private static let unauthorized = #"{"error":{"type":"invalid_request_error","message":"bad key"}}"#

    @Test(arguments: [WireRequest.Kind.create, .confirm], [401, 403])
    func aRefusedKeyHaltsTheGatewayAndCountsNoTry(_ kind: WireRequest.Kind, _ status: Int) async throws {
        let stage = try await Self.stage()
        stage.wire.strike(kind, [1], with: .answer(status, body: Self.unauthorized))
        let result = try await stage.pass()
        #expect(result.stopped[stage.name]?.contains("\(status)") == true)
        #expect(result.hasStoppedItself)
        #expect(try await stage.invoice().waitsFor == .scheduled)
        let sent = stage.wire.moneyRequests.count
        try await stage.run(days: 1)
        #expect(stage.wire.moneyRequests.count == sent)
        try await stage.startCharging()
        try await stage.run(days: 1)
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    @Test(arguments: [401, 400])
    func aRefusalOfAConfirmThatMayHaveArrivedBeforeSaysNothing(_ status: Int) async throws {
        let stage = try await Self.stage()
        stage.wire.disturb { request in
            guard request.kind == .confirm else { return nil }
            return request.number == 1 ? .lostBefore : .answer(status, body: Self.unauthorized)
        }
        try await stage.run(until: stage.clock.now.adding(hours: 1))
        #expect(stage.wire.count(.confirm) >= 2)
        #expect(try await stage.attempts().map(\.state) == [.unknown])
    }

    @Test func aRefusedRequestHoldsItsInvoiceAndTheOthersGoOn() async throws {
        let stage = try await Self.stage()
        try await stage.customer("c2")
        try await stage.subscribe("s2", customer: "c2", amountMinor: 2000)
        let refused = #"{"error":{"type":"invalid_request_error","param":"payment_method","message":"not yours"}}"#
        stage.wire.disturb { $0.kind == .create && $0.body.contains("=1000&") ? .answer(400, body: refused) : nil }
        try await stage.run(days: 5)
        #expect(try await stage.invoice("s1").waitsFor == .onHold)
        #expect(try await stage.invoice("s1").invoice.holdReason?.contains("payment_method") == true)
        #expect(try await stage.invoice("s2").state == .paid)
        #expect(try await stage.violations() == [])
    }

    @Test func throttlingKeepsTheAttemptAndLowersTheRate() async throws {
        let stage = try await Self.stage()
        let limited = #"{"error":{"type":"invalid_request_error","code":"rate_limit"}}"#
        stage.wire.disturb { request in
            request.kind.isMoney && request.number == 1
                ? .answer(429, headers: ["Stripe-Rate-Limited-Reason": "global-rate"], body: limited) : nil
        }
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.gatewayState().ratePermille == 500)
        try await stage.run(days: 1)
        #expect(try await stage.attempts().map(\.number) == [1])
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    // MARK: - The one call

    @Test func theOneCallIsLookedUpBeforeItIsSentAgain() async throws {
        let stage = try await Self.stage { $0.sending = .oneCall }
        stage.wire.strike(.oneCall, [1], with: .lostAfter)
        let sentAt = stage.clock.now
        try await stage.run(days: 1)
        #expect(stage.wire.count(.oneCall) == 1)
        let lookedUp = stage.wire.requests.last { $0.kind == .list }
        #expect(try #require(lookedUp).sentAt >= sentAt.adding(seconds: 60))
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    @Test func aOneCallThatNeverHappenedGoesOnInTwoPhases() async throws {
        let stage = try await Self.stage { $0.sending = .oneCall }
        stage.wire.strike(.oneCall, [1], with: .answer(500, body: "{}"))
        try await stage.run(days: 3)
        #expect(stage.wire.count(.oneCall) == 1)
        #expect(try await stage.attempts().map(\.sending) == [.oneCall, .twoPhase])
        let second = try #require(stage.wire.requests.first { $0.kind == .create })
        #expect(second.sentAt >= stage.options.start.adding(hours: 24))
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    // MARK: - Intents

    @Test func stripeConfirmsTheSameIntentAgainAndWooshPayMakesANewOne() async throws {
        let same = try await Self.stage(["insufficient_funds"])
        try await same.run(days: 4)
        #expect(try same.gatewayIntents().map(\.status) == ["succeeded"])
        let new = try await Self.stage(["insufficient_funds"]) { $0.kind = .wooshpay }
        try await new.run(days: 4)
        #expect(try new.gatewayIntents().map(\.status) == ["canceled", "succeeded"])
        #expect(try await new.intents().map(\.number) == [1, 2])
    }

    @Test func anIntentOfAnotherCustomerIsCanceledBeforeTheNextIsMade() async throws {
        let stage = try await Self.stage(["insufficient_funds"])
        try await stage.run(days: 1)
        let moved = try stage.post("/v1/customers", "email=moved%40example.com")
        let card = try stage.post("/v1/payment_methods/pm_card_visa/attach", "customer=\(moved)")
        try await stage.database.write { tx in
            try Customers.upsert(Customer(id: "c1", gateway: "stripe", gatewayCustomerID: moved), tx)
            try PaymentMethods.upsert(
                PaymentMethod(id: "c1-card", customerID: "c1", gatewayPaymentMethodID: card, isDefault: true), tx)
        }
        try await stage.run(days: 5)
        #expect(try stage.gatewayIntents().map(\.status) == ["canceled", "succeeded"])
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }
}
