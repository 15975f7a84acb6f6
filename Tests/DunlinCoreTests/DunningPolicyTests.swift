import DunlinCalendar
import DunlinCore
import Testing

@Suite struct DunningPolicyTests {
    private let policy = DunningPolicy()
    private let now = Instant(seconds: 1_795_000_000)

    private func classified(
        _ declineClass: DeclineClass, waitSeconds: Int64? = nil, triesMax: Int? = nil
    ) -> ClassifiedDecline {
        ClassifiedDecline(
            declineClass: declineClass, waitSeconds: waitSeconds, triesMax: triesMax, reason: "no", isKnown: true)
    }

    private func next(
        _ outcome: ChargeOutcome, tries: Int = 1, _ classified: ClassifiedDecline? = nil, asks: Int = 0,
        policy: DunningPolicy? = nil
    ) -> DunningPolicy.NextStep {
        (policy ?? self.policy)
            .nextStep(after: outcome, tries: tries, classified: classified, asks: asks, now: now)
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

    @Test func theNetworksWaitHoldsWhereItIsLongerThanTheSchedules() {
        let tenDays: Int64 = 864_000
        #expect(next(.declined(Decline()), classified(.funds, waitSeconds: tenDays)) == again(afterDays: 10))
        #expect(next(.declined(Decline()), classified(.funds, waitSeconds: 3600)) == again(afterDays: 3))
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
