import DunlinCalendar
import DunlinCore
import Testing

/// Whether a notice that was written is still true when it is to be sent.
@Suite struct NoticeVerdictTests {
    private static let now = Instant(seconds: 1_767_225_600)

    private static func verdict(
        _ kind: NoticeKind, step: Int = 1, reminder: Int = 0, writtenAt: Instant = now, toState: String? = nil,
        _ change: (inout NoticeCircumstances) -> Void
    ) -> NoticeVerdict {
        var facts = NoticeCircumstances()
        facts.tries = step
        change(&facts)
        return NoticeVerdict(
            of: WrittenNotice(kind: kind, step: step, reminder: reminder, writtenAt: writtenAt, toState: toState),
            facts,
            quietSeconds: 72_000, at: now)
    }

    /// The situations in which each kind is sent; in every other one it is dropped or waits.
    private static let sent: [(NoticeKind, Set<DebtSituation>)] = [
        (.paymentFailed, [.retrying]), (.actionNeeded, [.needsCustomer, .needsMethod]),
        (.lastNotice, [.retrying, .needsCustomer, .needsMethod]), (.recovered, [.paid]), (.canceled, [.givenUp]),
        (.invoicePaid, Set(DebtSituation.allCases)),
    ]

    @Test(arguments: sent.map(\.0))
    func aNoticeOfAStateThatHasPassedIsNotSent(kind: NoticeKind) throws {
        let allowed = try #require(Self.sent.first { $0.0 == kind }).1
        for situation in DebtSituation.allCases {
            let verdict = Self.verdict(kind) { $0.situation = situation }
            #expect((verdict == .send) == allowed.contains(situation), "\(situation): \(verdict)")
        }
    }

    @Test(arguments: [NoticeKind.paymentFailed, .actionNeeded, .lastNotice])
    func aNoticeOfAnEarlierTryIsNotSent(kind: NoticeKind) {
        let verdict = Self.verdict(kind, step: 1) {
            $0.situation = kind == .actionNeeded ? .needsMethod : .retrying
            $0.tries = 2
        }
        #expect(verdict == .drop("another try has failed since"))
    }

    @Test(arguments: [NoticeKind.paymentFailed, .actionNeeded, .lastNotice])
    func whileATryIsOnItsWayNobodyIsAskedForMoney(kind: NoticeKind) {
        for situation in [DebtSituation.settling, kind == .actionNeeded ? .needsCustomer : .retrying] {
            let verdict = Self.verdict(kind) {
                $0.situation = situation
                $0.isInFlight = true
            }
            guard case .later(let at, _) = verdict else {
                Issue.record("\(kind) in \(situation): \(verdict)")
                continue
            }
            #expect(at > Self.now)
        }
    }

    @Test func whileChargingIsStoppedNobodyIsDunnedButARecoveryIsTold() {
        for kind in [NoticeKind.paymentFailed, .lastNotice] {
            let verdict = Self.verdict(kind) {
                $0.situation = .retrying
                $0.isChargingStopped = true
            }
            #expect(Self.waits(verdict), "\(verdict)")
        }
        let recovered = Self.verdict(.recovered) {
            $0.situation = .paid
            $0.isChargingStopped = true
        }
        #expect(recovered == .send)
    }

    @Test func moneyThatWentBackIsNoRecovery() {
        let verdict = Self.verdict(.recovered) {
            $0.situation = .paid
            $0.isRefunded = true
        }
        #expect(verdict == .drop("the money went back"))
    }

    @Test func aCardThatWasReplacedOrHasExpiredIsNotAnnounced() {
        #expect(Self.verdict(.methodExpiring, step: 203_104) { $0.expiryInUse = 203_104 } == .send)
        for facts: (inout NoticeCircumstances) -> Void in [
            { $0.expiryInUse = nil }, { $0.expiryInUse = 203_404 },
            {
                $0.expiryInUse = 203_104
                $0.hasExpired = true
            },
        ] {
            guard case .drop = Self.verdict(.methodExpiring, step: 203_104, facts) else {
                Issue.record("sent")
                continue
            }
        }
    }

    @Test func aStateOfASubscriptionThatHasPassedIsNotTold() {
        #expect(
            Self.verdict(.subscriptionStateChanged, toState: "past_due") { $0.subscriptionState = "past_due" } == .send)
        #expect(
            Self.verdict(.subscriptionStateChanged, toState: "past_due") { $0.subscriptionState = "active" }
                == .drop("the subscription is active now"))
    }

    private static func waits(_ verdict: NoticeVerdict) -> Bool {
        if case .later = verdict { true } else { false }
    }

    // MARK: - Quiet

    private static func asked(_ hoursAgo: Int64) -> NoticeCircumstances.Asked {
        NoticeCircumstances.Asked(noticeID: "ntc_1", at: now.adding(hours: -hoursAgo))
    }

    @Test func whatWasToldTogetherWithAnotherDebtIsNotToldAgain() {
        let verdict = Self.verdict(.paymentFailed, writtenAt: Self.now.adding(hours: -2)) {
            $0.situation = .retrying
            $0.lastAsked = Self.asked(1)
        }
        #expect(verdict == .drop("the customer was told of it by notice ntc_1"))
    }

    @Test func whatFailedAfterTheCustomerWasAskedWaitsForTheEndOfTheQuietTime() {
        let verdict = Self.verdict(.actionNeeded, writtenAt: Self.now) {
            $0.situation = .needsMethod
            $0.lastAsked = Self.asked(1)
        }
        #expect(verdict == .later(Self.now.adding(hours: 19), why: "the customer was asked by notice ntc_1 already"))
        let after = Self.verdict(.actionNeeded, writtenAt: Self.now) {
            $0.situation = .needsMethod
            $0.lastAsked = Self.asked(20)
        }
        #expect(after == .send)
    }

    @Test func aReminderIsNotTakenForTold() {
        let verdict = Self.verdict(.actionNeeded, reminder: 1, writtenAt: Self.now.adding(days: -3)) {
            $0.situation = .needsMethod
            $0.lastAsked = Self.asked(1)
        }
        #expect(Self.waits(verdict), "\(verdict)")
    }

    @Test func aLastNoticeIsNeverHeldBack() {
        let verdict = Self.verdict(.lastNotice) {
            $0.situation = .retrying
            $0.lastAsked = Self.asked(1)
        }
        #expect(verdict == .send)
    }

    @Test func moreUrgentNoticesKeepLessUrgentOnesQuietAndNotTheOtherWayRound() {
        #expect(NoticeKind.paymentFailed.asUrgent == [.paymentFailed, .actionNeeded, .lastNotice])
        #expect(NoticeKind.actionNeeded.asUrgent == [.actionNeeded, .lastNotice])
        #expect(NoticeKind.recovered.asUrgent == [])
    }
}
