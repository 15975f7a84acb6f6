import DunlinCalendar
import DunlinCore
import Testing

/// What went wrong with a call, in one value.
@Suite struct GatewayFailureTests {
    private static let exchange = Exchange(
        method: "POST", path: "/v1/payment_intents", startedAt: Instant(seconds: 1), elapsedMilliseconds: 5,
        httpStatus: 402, requestID: "req_1", errorCode: "card_declined", declineCode: "lost_card")

    private static func failure(
        _ result: GatewayResult<Int>, movesMoney: Bool = false
    ) throws -> GatewayFailure {
        try #require(GatewayReply(result, exchanges: [exchange]).failure(movesMoney: movesMoney))
    }

    @Test func aValueIsNoFailure() {
        #expect(GatewayReply(.value(1), exchanges: []).failure(movesMoney: true) == nil)
    }

    @Test func aDeclineCarriesEveryCodeAndIsNotTriedAgain() throws {
        let decline = Decline(
            code: "card_declined", declineCode: "lost_card", adviceCode: "do_not_try_again", networkDeclineCode: "41",
            networkAdviceCode: "03", message: "no 4242424242424242")
        let failure = try Self.failure(.declined(nil, decline), movesMoney: true)
        #expect(failure.kind == .declined && failure.again == .no && !failure.moneyMayHaveMoved)
        #expect(failure.code == "card_declined" && failure.declineCode == "lost_card")
        #expect(failure.adviceCode == "do_not_try_again" && failure.networkAdviceCode == "03")
        #expect(failure.networkDeclineCode == "41" && failure.requestID == "req_1")
        #expect(!"\(failure)".contains("4242424242424242") && "\(failure)".contains("lost_card"))
    }

    @Test func aRefusalSaysWhichParameterAndThatItIsNoUseToRepeat() throws {
        let refusal = Refusal(
            kind: .request, httpStatus: 400, code: "parameter_unknown", parameter: "usage", message: "what is that")
        let failure = try Self.failure(.refused(refusal), movesMoney: true)
        #expect(failure.kind == .request && failure.parameter == "usage" && failure.httpStatus == 400)
        #expect(failure.again == .no && !failure.moneyMayHaveMoved)
        let kinds: [(Refusal.Kind, GatewayFailure.Kind)] = [
            (.key, .key), (.notFound, .notFound), (.wrongState, .wrongState), (.idempotency, .idempotency),
        ]
        for (kind, expected) in kinds {
            let other = Refusal(kind: kind, httpStatus: 400, message: "x")
            #expect(try Self.failure(.refused(other)).kind == expected)
        }
    }

    @Test func whatWasTurnedAwayOrNeverSentMayBeTriedAgainAndMovedNothing() throws {
        let limited = try Self.failure(.throttled(Throttle(retryAfterSeconds: 60, isRateLimit: true)), movesMoney: true)
        #expect(limited.kind == .throttled && limited.again == .afterSeconds(60) && !limited.moneyMayHaveMoved)
        let locked = try Self.failure(.throttled(Throttle(retryAfterSeconds: nil, isRateLimit: false)))
        guard case .afterSeconds(let seconds) = locked.again else {
            Issue.record("\(locked.again)")
            return
        }
        #expect(seconds > 0)
        let unsent = try Self.failure(.notSent("no such host"), movesMoney: true)
        #expect(unsent.kind == .notSent && unsent.again == .afterSeconds(0) && !unsent.moneyMayHaveMoved)
    }

    @Test func anUnknownOutcomeIsReadFirstAndMayHaveMovedMoneyOnlyWhereTheCallDoes() throws {
        let confirm = try Self.failure(.unknown("reset"), movesMoney: true)
        #expect(confirm.kind == .unknown && confirm.again == .afterReading && confirm.moneyMayHaveMoved)
        #expect(try !Self.failure(.unknown("reset")).moneyMayHaveMoved)
    }
}
