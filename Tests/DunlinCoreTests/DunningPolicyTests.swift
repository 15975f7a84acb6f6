import DunlinCalendar
import DunlinCore
import Testing

@Suite struct DunningPolicyTests {
    private let policy = DunningPolicy()
    private let now = Instant(seconds: 1_795_000_000)

    private func classified(
        _ declineClass: DeclineClass, waitSeconds: Int64? = nil, isNetworksWait: Bool = false, triesMax: Int? = nil
    ) -> ClassifiedDecline {
        ClassifiedDecline(
            declineClass: declineClass, waitSeconds: waitSeconds, isNetworksWait: isNetworksWait, triesMax: triesMax,
            reason: "no", isKnown: true)
    }

    private func next(
        _ outcome: ChargeOutcome, tries: Int = 1, ofClass: Int? = nil, _ classified: ClassifiedDecline? = nil,
        asks: Int = 0, policy: DunningPolicy? = nil
    ) -> DunningPolicy.NextStep {
        (policy ?? self.policy).nextStep(
            after: outcome, history: DunningPolicy.History(tries: tries, triesOfClass: ofClass), classified: classified,
            asks: asks, now: now)
    }

    private func again(afterDays days: Int64) -> DunningPolicy.NextStep { .tryAgain(at: now.adding(days: days)) }

    @Test func aDeclineOfEachClassHasItsNextStep() {
        let steps: [DeclineClass: DunningPolicy.NextStep] = [
            .funds: again(afterDays: 3), .transient: again(afterDays: 3), .issuerSoft: again(afterDays: 3),
            .needsMethod: .askMethod, .needsAuth: .askCustomer, .never: .askMethod,
        ]
        for declineClass in DeclineClass.allCases {
            #expect(next(.declined(Decline()), classified(declineClass)) == steps[declineClass], "\(declineClass)")
        }
        #expect(next(.declined(Decline())) == again(afterDays: 3))
    }

    @Test(arguments: [(1, 3), (2, 5), (3, 7), (4, 10)] as [(Int, Int64)])
    func eachTryWaitsAsTheScheduleSays(tries: Int, days: Int64) {
        #expect(next(.declined(Decline()), tries: tries, classified(.funds)) == again(afterDays: days))
    }

    @Test(arguments: [5, 6, 1000, 0, -1]) func afterTheLastTryTheDebtIsGivenUp(tries: Int) {
        #expect(next(.declined(Decline()), tries: tries, classified(.funds)) == .giveUp)
    }

    @Test func aClassOfFewTriesEndsEarlierAndNeverLater() {
        #expect(next(.declined(Decline()), tries: 2, classified(.issuerSoft, triesMax: 3)) == again(afterDays: 5))
        #expect(next(.declined(Decline()), tries: 3, classified(.issuerSoft, triesMax: 3)) == .giveUp)
        #expect(next(.declined(Decline()), tries: 5, classified(.issuerSoft, triesMax: 15)) == .giveUp)
    }

    @Test func aWaitThatTheNetworkNamesTakesThePlaceOfTheSchedules() {
        for hours: Int64 in [1, 24, 240] {
            let advised = classified(.funds, waitSeconds: hours * 3600, isNetworksWait: true)
            #expect(next(.declined(Decline()), advised) == .tryAgain(at: now.adding(hours: hours)), "\(hours) h")
        }
        let advised = classified(.funds, waitSeconds: 3600, isNetworksWait: true)
        #expect(next(.declined(Decline()), tries: 5, advised) == .giveUp)
    }

    @Test func aWaitOfTheGatewayHoldsWhereItIsLongerThanTheSchedules() {
        #expect(next(.declined(Decline()), classified(.funds, waitSeconds: 864_000)) == again(afterDays: 10))
        #expect(next(.declined(Decline()), classified(.funds, waitSeconds: 3600)) == again(afterDays: 3))
    }

    @Test func eachClassCountsItsOwnDeclinesAndThePolicyAllOfThem() {
        let policy = DunningPolicy(
            name: "two",
            classes: [
                .transient: DunningPolicy.ClassRule(delays: [.seconds(3600), .seconds(7200)], triesMax: 3),
                .funds: DunningPolicy.ClassRule(delays: [.seconds(86_400)], triesMax: 9),
            ], triesMax: 5)
        func step(_ tries: Int, ofClass: Int, _ declineClass: DeclineClass) -> DunningPolicy.NextStep {
            next(.declined(Decline()), tries: tries, ofClass: ofClass, classified(declineClass), policy: policy)
        }
        #expect(step(3, ofClass: 1, .transient) == .tryAgain(at: now.adding(hours: 1)))
        #expect(step(3, ofClass: 2, .transient) == .tryAgain(at: now.adding(hours: 2)))
        #expect(step(3, ofClass: 3, .transient) == .giveUp)
        #expect(step(4, ofClass: 1, .funds) == again(afterDays: 1))
        #expect(step(5, ofClass: 1, .funds) == .giveUp)
        #expect(step(1, ofClass: 1, .issuerSoft) == .giveUp, "a class without delays is not retried")
    }

    @Test func theGraceBeginsWithTheLastStepAndMayHaveNoEnd() {
        var policy = policy
        policy.classes[.needsMethod] = DunningPolicy.ClassRule(graceSeconds: 1_209_600)
        #expect(policy.finalAt(after: .askMethod, .needsMethod, now: now) == now.adding(days: 14))
        #expect(policy.finalAt(after: .giveUp, .funds, now: now) == now)
        #expect(policy.finalAt(after: .askCustomer, .needsAuth, now: now) == nil)
        #expect(policy.finalAt(after: .tryAgain(at: now), .needsMethod, now: now) == nil)
        #expect(policy.finalAt(after: .hold(reason: "x"), .needsMethod, now: now) == nil)
    }

    @Test func noticesFollowTheDeclinesOfTheClass() {
        let rule = DunningPolicy.ClassRule(
            delays: [.seconds(60)], triesMax: 5, notices: [.paymentFailed, nil, .paymentFailed, nil])
        let policy = DunningPolicy(name: "n", classes: [.funds: rule, .never: .init()], triesMax: 9)
        let told = (1...5).map { tries in
            policy.notices(after: .tryAgain(at: now), .funds, DunningPolicy.History(tries: 9, triesOfClass: tries))
        }
        #expect(told == [[.paymentFailed], [], [.paymentFailed], [], []])
        #expect(policy.notices(after: .giveUp, .funds, DunningPolicy.History(tries: 5)) == [.actionNeeded])
        #expect(policy.notices(after: .askMethod, .never, DunningPolicy.History(tries: 1)) == [])
        #expect(policy.notices(after: .paid, .funds, DunningPolicy.History(tries: 1)) == [])
    }

    @Test func theLastWaitRepeatsWhenThereAreMoreTriesThanWaits() {
        let short = DunningPolicy(retryDelaysDays: [1], triesMax: 3)
        #expect(next(.declined(Decline()), tries: 2, classified(.funds), policy: short) == again(afterDays: 1))
        let none = DunningPolicy(retryDelaysDays: [], triesMax: 3)
        #expect(next(.declined(Decline()), tries: 1, classified(.funds), policy: none) == .giveUp)
    }

    @Test func everyOtherOutcomeHasItsNextStepWhateverTheTry() {
        let refusal = Refusal(kind: .request, httpStatus: 400, code: "bad", parameter: "amount", message: "no")
        for tries in [0, 1, 5, 9] {
            #expect(next(.succeeded, tries: tries) == .paid)
            #expect(next(.needsCustomer(nil), tries: tries) == .askCustomer)
            #expect(next(.neverHappened("gone"), tries: tries) == .tryAgain(at: now))
            #expect(
                next(.refused(refusal), tries: tries)
                    == .hold(reason: "the gateway refused the request (400 bad amount): no"))
        }
    }

    @Test(
        arguments: [
            (-1, 5), (0, 5), (1, 30), (2, 120), (3, 600), (4, 3600), (5, 21600), (6, 86400), (7, 86400), (5000, 86400),
        ] as [(Int, Int64)])
    func anAttemptInFlightIsAskedAboutAtMostADayApart(asks: Int, seconds: Int64) {
        #expect(policy.settleDelay(asks: asks) == seconds)
        #expect(next(.unknown("?"), asks: asks) == .settle(at: now.adding(seconds: seconds)))
        #expect(next(.processing, asks: asks) == .settle(at: now.adding(seconds: seconds)))
    }

    @Test func withoutAScheduleTheGatewayIsAskedEachDay() {
        #expect(DunningPolicy(settleDelaysSeconds: []).settleDelay(asks: 3) == 86400)
    }
}
