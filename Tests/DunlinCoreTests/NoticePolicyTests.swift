import DunlinCalendar
import DunlinCore
import Testing

/// Which notices a debt gives rise to.
@Suite struct NoticePolicyTests {
    private static let policy = DunningPolicy(
        name: "p",
        classes: [
            .funds: DunningPolicy.ClassRule(
                delays: [.seconds(86_400)], triesMax: 4, notices: [.paymentFailed, nil, .paymentFailed]),
            .needsMethod: DunningPolicy.ClassRule(notices: [.actionNeeded]),
        ], triesMax: 4,
        notices: NoticePlan(lastNoticeSeconds: 3 * 86_400, tellsRecovered: true, tellsCanceled: true))

    @Test func whatAFailedTryTellsIsToldWhileThereIsAnother() {
        #expect(Self.policy.notices(in: .retrying, told: [.paymentFailed]) == [.init(.paymentFailed)])
        #expect(Self.policy.notices(in: .retrying) == [])
        let next = DunningPolicy.NextStep.tryAgain(at: Instant(milliseconds: 0))
        let told = (1...4).map { Self.policy.notices(after: next, .funds, .init(tries: $0)) }
        #expect(told == [[.paymentFailed], [], [.paymentFailed], [.paymentFailed]])
    }

    @Test func aWaitForTheFirstTryOrForAnAnswerIsNobodysBusiness() {
        for situation in [DebtSituation.scheduled, .settling, .held, .over] {
            #expect(Self.policy.notices(in: situation, told: [.paymentFailed]) == [])
        }
    }

    @Test(arguments: [DebtSituation.needsCustomer, .needsMethod])
    func whatOnlyTheCustomerCanDoIsAskedAgainUntilTheLastNotice(situation: DebtSituation) {
        let unending = Self.policy.notices(in: situation)
        #expect(unending.map(\.kind) == [.actionNeeded, .actionNeeded, .actionNeeded])
        #expect(unending.map(\.reminder) == [0, 1, 2])
        #expect(unending.map { $0.delaySeconds / 86_400 } == [0, 3, 7])
        let ending = Self.policy.notices(in: situation, finalActionSeconds: 10 * 86_400)
        #expect(ending.map(\.kind) == [.actionNeeded, .actionNeeded, .lastNotice])
        #expect(ending.map { $0.delaySeconds / 86_400 } == [0, 3, 7])
    }

    @Test func aClassWithoutNoticesTellsNothing() {
        #expect(Self.policy.notices(in: .needsCustomer, declineClass: .never) == [])
    }

    @Test func theEndIsToldWhereThePolicySaysSo() {
        #expect(Self.policy.notices(in: .paid) == [.init(.recovered)])
        #expect(Self.policy.notices(in: .givenUp) == [.init(.canceled)])
        var silent = Self.policy
        silent.notices = NoticePlan()
        #expect(silent.notices(in: .paid) == [] && silent.notices(in: .givenUp) == [])
    }

    @Test func theSameNoticeOfAnotherTimelineHasTheSameNameAndAnotherNoticeAnother() {
        func id(_ subject: [String], step: Int = 1, reminder: Int = 0, database: String = "db") -> String {
            NoticeID.make(
                databaseID: database, kind: .paymentFailed, subject: subject, step: step, reminder: reminder)
        }
        #expect(id(["s1", "2026-01-01"]) == id(["s1", "2026-01-01"]))
        let others = [
            id(["s1", "2026-01-01"]), id(["s12", "026-01-01"]), id(["s1", "2026-01-01"], step: 2),
            id(["s1", "2026-01-01"], reminder: 1), id(["s1", "2026-01-01"], database: "other"),
        ]
        #expect(Set(others).count == others.count)
        #expect(others[0].hasPrefix("ntc_") && others[0].count == 36)
    }
}
