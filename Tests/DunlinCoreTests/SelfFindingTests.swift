import DunlinCalendar
import DunlinCore
import Testing

/// What the self-check calls wrong, and what it does not.
@Suite struct SelfFindingTests {
    private static let now = Instant(seconds: 1_767_225_600)
    private static let old = now.adding(minutes: -30)

    private static func found(_ change: (inout SelfCheckFacts) -> Void) -> [SelfFinding] {
        var facts = SelfCheckFacts()
        change(&facts)
        return SelfFinding.all(
            in: facts, limits: SelfCheckLimits(), kindsWhileStopped: ["settle-attempt"], now: now)
    }

    private static func gateway(stopped: Bool = false, silent: Bool = false, skew: Int64? = nil)
        -> SelfCheckFacts.Gateway
    {
        SelfCheckFacts.Gateway(
            name: "stripe", isStopped: stopped, isSilent: silent, clockSkewMilliseconds: skew)
    }

    private static func waiting(_ kind: String = "", _ count: Int64 = 1) -> SelfCheckFacts.Waiting {
        SelfCheckFacts.Waiting(place: "stripe", kind: kind, count: count, oldestAt: old)
    }

    @Test func nothingIsWrongWithNothing() { #expect(Self.found { _ in } == []) }

    @Test func eachSortOfWaitingHasItsOwnCodeAndSaysSinceWhen() {
        let found = Self.found { facts in
            facts.periods = [Self.waiting()]
            facts.jobs = [Self.waiting("charge-invoice", 2), Self.waiting("settle-attempt", 3)]
            facts.leases = [Self.waiting("charge-invoice")]
            facts.attempts = [Self.waiting()]
            facts.events = [Self.waiting()]
        }
        #expect(
            found.map(\.code) == [.periodOverdue, .jobOverdue, .leaseOverrun, .unknownTooLong, .eventNotApplied])
        #expect(found.allSatisfy { $0.subject == "stripe" && $0.text.contains("30 min") })
        #expect(found[1].text.hasPrefix("5 jobs"))
    }

    @Test func whatWaitsForASilentGatewayIsNotForgotten() {
        let found = Self.found { facts in
            facts.gateways = [Self.gateway(silent: true)]
            facts.periods = [Self.waiting()]
            facts.jobs = [Self.waiting("charge-invoice")]
            facts.events = [Self.waiting()]
        }
        #expect(found == [])
    }

    @Test func whatAStopHoldsBackIsNotForgottenAndWhatGoesOnDuringOneIs() {
        let held = Self.found { facts in
            facts.gateways = [Self.gateway(stopped: true)]
            facts.jobs = [Self.waiting("charge-invoice")]
        }
        #expect(held == [])
        let forgotten = Self.found { facts in
            facts.gateways = [Self.gateway(stopped: true)]
            facts.jobs = [Self.waiting("charge-invoice"), Self.waiting("settle-attempt", 7)]
        }
        #expect(forgotten.map(\.code) == [.jobOverdue])
        #expect(forgotten.first?.text.hasPrefix("7 jobs") == true)
    }

    @Test(arguments: [(60_000, false), (60_001, true), (-60_001, true)])
    func aClockThatIsFarFromTheGatewaysIsWrong(skew: Int64, isWrong: Bool) {
        let found = Self.found { $0.gateways = [Self.gateway(skew: skew)] }
        #expect(found.map(\.code) == (isWrong ? [.clockSkew] : []))
        #expect(found.first.map { $0.text.contains(skew > 0 ? "ahead of" : "behind") } ?? true)
    }
}
