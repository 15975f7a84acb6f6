import DunlinCalendar
import DunlinCore
import Testing

@Suite struct BillingPlannerTests {
    typealias Planner = BillingPlanner

    private func plan(
        _ terms: SubscriptionTerms, _ memory: Planner.Memory? = nil, seen: String? = nil, carriesOver: String? = nil,
        isPaused: Bool = false, at now: String
    ) throws -> Planner.Plan {
        Planner.plan(
            terms, memory: memory, firstSeenOn: try seen.map { try #require(LocalDate($0)) },
            carriesOverFrom: try carriesOver.map { try #require(LocalDate($0)) }, isPaused: isPaused,
            now: try instant(now))
    }

    private func instant(_ text: String) throws -> Instant { try #require(Instant(rfc3339: text)) }

    /// `invoice 2026-01-15 2026-02-15`, or `waiting missed 2026-01-15 2026-03-15 2`.
    private func words(_ plan: Planner.Plan) -> [String] {
        plan.records.map { record in
            switch record {
            case .invoice(let period): "invoice \(period.start.local.date) \(period.end.local.date)"
            case .decision(let decision):
                "\(decision.kind.rawValue) \(decision.reason) \(decision.start) \(decision.end) \(decision.periods)"
            }
        }
    }

    // MARK: First sight

    static let firstSights: [(billFrom: String?, records: [String], next: String)] = [
        (nil, ["skipped before_first_sight 2026-01-15 2026-06-15 5"], "2026-06-15"),
        (
            "anchor",
            ["waiting missed 2026-01-15 2026-05-15 4", "invoice 2026-05-15 2026-06-15"], "2026-06-15"
        ),
        (
            "current",
            ["skipped before_first_sight 2026-01-15 2026-05-15 4", "invoice 2026-05-15 2026-06-15"], "2026-06-15"
        ),
        (
            "2026-04-01",
            [
                "skipped before_first_sight 2026-01-15 2026-04-15 3", "waiting missed 2026-04-15 2026-05-15 1",
                "invoice 2026-05-15 2026-06-15",
            ], "2026-06-15"
        ),
        ("2026-08-15", ["skipped before_first_sight 2026-01-15 2026-08-15 7"], "2026-08-15"),
    ]

    @Test(arguments: firstSights)
    func atFirstSightBillingStartsWhereTheRowSays(billFrom: String?, records: [String], next: String) throws {
        let plan = try plan(terms(anchor: "2026-01-15", billFrom: billFrom), at: "2026-06-01T12:00:00Z")
        #expect(words(plan) == records)
        #expect(plan.memory.nextPeriodStart?.description == next)
        #expect(plan.memory.billedThrough?.description == next)
        #expect(plan.nextBoundaryAt == (try instant("\(next)T00:00:00Z")))
        #expect(!plan.hasEnded)
    }

    @Test func aBoundaryOnTheDayOfFirstSightIsBilled() throws {
        let plan = try plan(terms(anchor: "2026-01-15"), at: "2026-06-15T09:00:00Z")
        #expect(
            words(plan) == ["skipped before_first_sight 2026-01-15 2026-06-15 5", "invoice 2026-06-15 2026-07-15"])
    }

    @Test func theDayOfFirstSightCountsNotTheDayOfTheFirstPlan() throws {
        let plan = try plan(terms(anchor: "2026-01-15"), seen: "2026-05-10", at: "2026-06-20T00:00:00Z")
        #expect(
            words(plan) == [
                "skipped before_first_sight 2026-01-15 2026-05-15 4", "waiting missed 2026-05-15 2026-06-15 1",
                "invoice 2026-06-15 2026-07-15",
            ])
        #expect(plan.memory.firstSeenOn.description == "2026-05-10")
    }

    @Test func aSubscriptionOfTheFutureHasNoRecordYet() throws {
        let plan = try plan(terms(anchor: "2026-09-01"), at: "2026-06-01T00:00:00Z")
        #expect(plan.records.isEmpty)
        #expect(plan.memory.billedThrough == nil)
        #expect(plan.memory.nextPeriodStart?.description == "2026-09-01")
    }

    // MARK: Later passes

    /// What is remembered after everything before the 15 June was billed.
    private func june(_ terms: SubscriptionTerms) throws -> Planner.Memory {
        try plan(terms, at: "2026-05-15T00:00:00Z").memory
    }

    @Test func nothingIsRecordedBeforeTheBoundaryAndItIsRecordedAtIt() throws {
        let terms = try terms(anchor: "2026-01-15")
        let memory = try june(terms)
        #expect(try plan(terms, memory, at: "2026-06-14T23:59:59Z").records.isEmpty)
        let due = try plan(terms, memory, at: "2026-06-15T00:00:00Z")
        #expect(words(due) == ["invoice 2026-06-15 2026-07-15"])
        #expect(try plan(terms, due.memory, at: "2026-06-15T00:00:00Z").records.isEmpty)
    }

    @Test func theNewestDuePeriodIsBilledAndOlderOnesWaitWithoutAGap() throws {
        let terms = try terms(anchor: "2026-01-15")
        let plan = try plan(terms, june(terms), at: "2026-09-20T00:00:00Z")
        #expect(words(plan) == ["waiting missed 2026-06-15 2026-09-15 3", "invoice 2026-09-15 2026-10-15"])
    }

    @Test func whatComesDueWhilePausedIsRecordedAsPausedAndBillingGoesOnAfterIt() throws {
        let terms = try terms(anchor: "2026-01-15")
        let seen = try plan(terms, june(terms), isPaused: true, at: "2026-06-15T08:00:00Z")
        #expect(words(seen) == ["paused paused 2026-06-15 2026-07-15 1"])
        let paused = try plan(terms, seen.memory, isPaused: true, at: "2026-08-01T00:00:00Z")
        #expect(words(paused) == ["paused paused 2026-07-15 2026-08-15 1"])
        let resumed = try plan(terms, paused.memory, at: "2026-08-15T00:00:00Z")
        #expect(words(resumed) == ["invoice 2026-08-15 2026-09-15"])
    }

    @Test func whatCameDueBeforeThePauseWasSeenWaitsForADecision() throws {
        let terms = try terms(anchor: "2026-01-15")
        let paused = try plan(terms, june(terms), isPaused: true, at: "2026-08-15T08:00:00Z")
        #expect(
            words(paused) == [
                "waiting paused_before_it_was_billed 2026-06-15 2026-08-15 2", "paused paused 2026-08-15 2026-09-15 1",
            ])
    }

    @Test func noPeriodStartsAtOrAfterTheEnd() throws {
        let terms = try terms(anchor: "2026-01-15", endsAt: "2026-08-15")
        let plan = try plan(terms, june(terms), at: "2026-12-01T00:00:00Z")
        #expect(words(plan) == ["waiting missed 2026-06-15 2026-07-15 1", "invoice 2026-07-15 2026-08-15"])
        #expect(plan.hasEnded && plan.nextBoundaryAt == nil && plan.memory.nextPeriodStart == nil)
        #expect(try self.plan(terms, plan.memory, at: "2027-12-01T00:00:00Z").records.isEmpty)
    }

    // MARK: Cancellation

    @Test func aCancellationAtPeriodEndEndsItBeforeTheNextPeriod() throws {
        let memory = try june(terms(anchor: "2026-01-15"))
        let canceling = try terms(anchor: "2026-01-15", cancelAtPeriodEnd: true)
        let early = try plan(canceling, memory, at: "2026-06-01T00:00:00Z")
        #expect(early.records.isEmpty && early.hasEnded)
        let late = try plan(canceling, memory, at: "2026-07-20T00:00:00Z")
        #expect(words(late) == ["waiting canceled_before_it_was_billed 2026-06-15 2026-08-15 2"])
        #expect(late.hasEnded && late.nextBoundaryAt == nil)
    }

    @Test func aTrialCanceledAtItsEndIsNeverBilled() throws {
        let trial = try terms(anchor: "2026-05-01", trialEnd: "2026-06-01")
        let seen = try plan(trial, at: "2026-05-02T00:00:00Z")
        #expect(seen.isTrialing && seen.records.isEmpty)
        #expect(seen.memory.nextPeriodStart?.description == "2026-06-01")
        let canceling = try terms(anchor: "2026-05-01", trialEnd: "2026-06-01", cancelAtPeriodEnd: true)
        let ended = try plan(canceling, seen.memory, at: "2026-05-20T00:00:00Z")
        #expect(ended.records.isEmpty && ended.nextBoundaryAt == nil)
        let first = try plan(canceling, at: "2026-06-02T00:00:00Z")
        #expect(!words(first).contains { $0.hasPrefix("invoice") })
    }

    @Test func aTrialThatEndsIsBilledFromItsEnd() throws {
        let trial = try terms(anchor: "2026-05-01", trialEnd: "2026-05-20")
        let seen = try plan(trial, at: "2026-05-02T00:00:00Z")
        let due = try plan(trial, seen.memory, at: "2026-05-20T00:00:00Z")
        #expect(words(due) == ["invoice 2026-05-20 2026-06-20"])
        #expect(!due.isTrialing)
    }

    @Test func anExplicitStartIsBilledAlthoughItIsCanceledAtPeriodEnd() throws {
        let once = try terms(anchor: "2026-05-15", cancelAtPeriodEnd: true, billFrom: "anchor")
        let plan = try plan(once, at: "2026-06-01T00:00:00Z")
        #expect(words(plan) == ["invoice 2026-05-15 2026-06-15"])
        #expect(plan.hasEnded)
    }

    @Test func aCancellationLeavesWhatWasDueWaiting() throws {
        let terms = try terms(anchor: "2026-01-15", status: "canceled")
        let today = try #require(LocalDate("2026-07-20"))
        let plan = Planner.canceled(
            terms, memory: try june(terms), today: today, now: try instant("2026-07-20T00:00:00Z"))
        #expect(words(plan) == ["waiting canceled_before_it_was_billed 2026-06-15 2026-08-15 2"])
        #expect(plan.hasEnded && plan.nextBoundaryAt == nil && plan.memory.nextPeriodStart == nil)
        let again = Planner.canceled(
            terms, memory: plan.memory, today: today, now: try instant("2027-07-20T00:00:00Z"))
        #expect(again.records.isEmpty)
        let unseen = Planner.canceled(nil, memory: nil, today: today, now: try instant("2026-07-20T00:00:00Z"))
        #expect(unseen.records.isEmpty && unseen.hasEnded && unseen.memory.firstSeenOn == today)
    }

    // MARK: Changes

    static let changes: [(anchor: String, interval: String, zone: String, stub: [String], next: String)] = [
        ("2026-01-20", "month", "UTC", ["waiting stub_after_change 2026-06-15 2026-06-20 0"], "2026-06-20"),
        ("2026-01-10", "month", "UTC", ["waiting stub_after_change 2026-06-15 2026-07-10 0"], "2026-07-10"),
        ("2026-01-15", "year", "UTC", ["waiting stub_after_change 2026-06-15 2027-01-15 0"], "2027-01-15"),
        ("2026-01-15", "month", "Asia/Tokyo", [], "2026-06-15"),
        ("2026-06-15", "week", "UTC", [], "2026-06-15"),
    ]

    @Test(arguments: changes) func aChangedScheduleTakesOverAtWhatIsBilledAndAStubWaits(
        anchor: String, interval: String, zone: String, stub: [String], next: String
    ) throws {
        let memory = try june(terms(anchor: "2026-01-15"))
        let changed = try terms(anchor: anchor, interval: interval, zone: zone)
        let plan = try plan(changed, memory, at: "2026-06-01T00:00:00Z")
        #expect(words(plan) == stub)
        #expect(plan.memory.nextPeriodStart?.description == next)
        #expect(plan.memory.billedThrough?.description == next)
        #expect(plan.memory.scheduleHash == changed.scheduleHash)
        #expect(try self.plan(changed, plan.memory, at: "2026-06-01T00:00:00Z").records.isEmpty)
    }

    @Test func aSubscriptionThatReplacesAnotherBeginsWhereThatOneIsBilledThrough() throws {
        let fresh = try terms(anchor: "2026-06-15")
        let same = try plan(fresh, carriesOver: "2026-06-15", at: "2026-06-01T00:00:00Z")
        #expect(same.records.isEmpty && same.memory.nextPeriodStart?.description == "2026-06-15")
        let other = try plan(
            terms(anchor: "2026-06-01"), carriesOver: "2026-06-15", at: "2026-06-10T00:00:00Z")
        #expect(words(other) == ["waiting stub_after_change 2026-06-15 2026-07-01 0"])
        #expect(other.memory.nextPeriodStart?.description == "2026-07-01")
    }

    /// Samoa left out 30 December 2011.
    @Test func aPeriodOfNoLengthIsSkippedAndNeverBilled() throws {
        let samoa = try terms(anchor: "2011-12-28", interval: "day", zone: "Pacific/Apia", billFrom: "anchor")
        var memory: Planner.Memory?
        var all: [String] = []
        var now = try instant("2011-12-28T10:00:00Z")
        for _ in 0..<96 {
            let plan = Planner.plan(samoa, memory: memory, isPaused: false, now: now)
            all += words(plan)
            memory = plan.memory
            now = now.adding(hours: 1)
        }
        #expect(all.contains("skipped zero_length 2011-12-30 2011-12-31 1"))
        #expect(!all.contains { $0.hasPrefix("invoice 2011-12-30") })
        #expect(all.contains("invoice 2011-12-29 2011-12-30") && all.contains("invoice 2011-12-31 2012-01-01"))
    }
}

/// The terms of a plain subscription; a test names only what it is about.
func terms(
    anchor: String = "2026-01-15", interval: String = "month", count: Int = 1, zone: String = "UTC",
    trialEnd: String? = nil, billOn: Int? = nil, endsAt: String? = nil, cancelAtPeriodEnd: Bool = false,
    status: String = "active", billFrom: String? = nil, onResume: String? = nil
) throws -> SubscriptionTerms {
    try SubscriptionTerms(
        SubscriptionTerms.Columns(
            amountMinor: 1900, currency: "EUR", quantity: 1, interval: interval, intervalCount: count, anchor: anchor,
            timeZone: zone, trialEnd: trialEnd, billOn: billOn, endsAt: endsAt, cancelAtPeriodEnd: cancelAtPeriodEnd,
            status: status, billFrom: billFrom, onResume: onResume))
}
