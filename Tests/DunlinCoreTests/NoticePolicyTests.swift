import DunlinCore
import Testing

/// Which notices a debt gives rise to.
@Suite struct NoticePolicyTests {
    private static func kinds(
        _ situation: DebtSituation, tries: Int, last: Bool = false, _ policy: NoticePolicy = NoticePolicy()
    ) -> [NoticeKind] {
        policy.due(in: situation, tries: tries, isLastTryNext: last).map(\.kind)
    }

    @Test func theFirstFailureAndOneInTheMiddleAreToldAndTheLastTryIsAnnounced() {
        let told = (1...4).map { Self.kinds(.retrying, tries: $0, last: $0 == 4) }
        #expect(told == [[.paymentFailed], [], [.paymentFailed], [.lastNotice]])
        #expect(Self.kinds(.givenUp, tries: 5) == [.canceled])
    }

    @Test func aWaitForTheFirstTryOrForAnAnswerIsNobodysBusiness() {
        for situation in [DebtSituation.scheduled, .settling, .held, .over] {
            #expect(Self.kinds(situation, tries: 2) == [])
        }
        #expect(Self.kinds(.retrying, tries: 0) == [])
    }

    @Test(arguments: [DebtSituation.needsCustomer, .needsMethod])
    func whatOnlyTheCustomerCanDoIsAskedAgainAfterSomeDays(situation: DebtSituation) {
        let due = NoticePolicy(actionReminderDays: [7, 3]).due(in: situation, tries: 1)
        #expect(due.map(\.kind) == [.actionNeeded, .actionNeeded, .actionNeeded])
        #expect(due.map(\.reminder) == [0, 1, 2])
        #expect(due.map(\.delayDays) == [0, 3, 7])
    }

    @Test func aKindThatIsLeftOutIsNotTold() {
        #expect(Self.kinds(.paid, tries: 1, NoticePolicy(leftOut: [.recovered])) == [])
        #expect(Self.kinds(.paid, tries: 1) == [.recovered])
    }

    @Test func anEmptyListOfTriesTellsEach() {
        let policy = NoticePolicy(paymentFailedAfterTries: [])
        #expect(
            (1...3).map { Self.kinds(.retrying, tries: $0, policy) } == [
                [.paymentFailed], [.paymentFailed], [.paymentFailed],
            ])
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
