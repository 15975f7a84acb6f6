import DunlinCalendar
import DunlinCore
import Testing

/// Pauses that keep the anchor, and pauses that move what comes after them.
@Suite struct PauseTests {
    private func instant(_ text: String) throws -> Instant { try #require(Instant(rfc3339: text)) }

    /// One plan after the other: a time and whether it is paused then.
    private func walk(
        _ terms: SubscriptionTerms, _ steps: [(now: String, isPaused: Bool)]
    ) throws -> (words: [[String]], last: BillingPlanner.Plan) {
        var memory: BillingPlanner.Memory?
        var words: [[String]] = []
        var last: BillingPlanner.Plan?
        for step in steps {
            let plan = BillingPlanner.plan(
                terms, memory: memory, isPaused: step.isPaused, now: try instant("\(step.now)T12:00:00Z"))
            words.append(recordWords(plan))
            memory = plan.memory
            last = plan
        }
        return (words, try #require(last))
    }

    @Test func aPauseThatKeepsTheAnchorLeavesOutThePeriodsThatStartInsideIt() throws {
        let (words, last) = try walk(
            terms(anchor: "2026-01-15", billFrom: "anchor"),
            [("2026-01-15", false), ("2026-01-20", true), ("2026-02-20", true), ("2026-03-01", false)])
        #expect(words == [["invoice 2026-01-15 2026-02-15"], [], ["paused paused 2026-02-15 2026-03-15 1"], []])
        #expect(last.memory.nextPeriodStart?.description == "2026-03-15" && last.memory.pause == nil)
    }

    @Test func aPauseThatShiftsMovesEverythingAfterItByItsLength() throws {
        let shifting = try terms(anchor: "2026-01-15T09:00:00", billFrom: "anchor", onResume: "shift")
        let (words, last) = try walk(
            shifting,
            [("2026-01-15", false), ("2026-01-20", true), ("2026-03-01", true), ("2026-03-21", false)])
        // 60 days from 20 January to 21 March; 15 February and 60 days is 16 April.
        #expect(words == [["invoice 2026-01-15 2026-02-15"], [], [], ["paused paused 2026-02-15 2026-04-16 0"]])
        #expect(last.nextBoundaryAt == (try instant("2026-04-16T09:00:00Z")))
        #expect(last.memory.shiftedAnchor?.description == "2026-04-16T09:00:00")
        let due = BillingPlanner.plan(
            shifting, memory: last.memory, isPaused: false, now: try instant("2026-05-16T09:00:00Z"))
        #expect(recordWords(due).last == "invoice 2026-05-16 2026-06-16")
        #expect(try shifting.shifted(to: #require(last.memory.shiftedAnchor)).schedule.boundary(0)?.rules == [.pause])
    }

    @Test func nothingComesDueDuringAPauseThatShifts() throws {
        let (_, last) = try walk(
            terms(anchor: "2026-01-15", billFrom: "anchor", onResume: "shift"),
            [("2026-01-15", false), ("2026-02-01", true)])
        #expect(last.nextBoundaryAt == nil && !last.hasEnded)
        #expect(last.memory.nextPeriodStart?.description == "2026-02-15")
    }

    @Test func aPauseOfAFewHoursShiftsNothing() throws {
        let (words, last) = try walk(
            terms(anchor: "2026-01-15", billFrom: "anchor", onResume: "shift"),
            [("2026-01-15", false), ("2026-02-01", true), ("2026-02-01", false)])
        #expect(words.last == [] && last.memory.shiftedAnchor == nil)
        #expect(last.memory.nextPeriodStart?.description == "2026-02-15")
    }

    @Test func whatTheRowSaidWhenThePauseBeganHoldsUntilItsEnd() throws {
        let keeping = try terms(anchor: "2026-01-15", billFrom: "anchor")
        let shifting = try terms(anchor: "2026-01-15", billFrom: "anchor", onResume: "shift")
        let begun = try walk(keeping, [("2026-01-15", false), ("2026-01-20", true)]).last
        let ended = BillingPlanner.plan(
            shifting, memory: begun.memory, isPaused: false, now: try instant("2026-02-10T12:00:00Z"))
        #expect(ended.memory.shiftedAnchor == nil && ended.memory.nextPeriodStart?.description == "2026-02-15")
    }

    @Test func aSecondPauseMovesTheMovedSchedule() throws {
        let (words, last) = try walk(
            terms(anchor: "2026-01-15", billFrom: "anchor", onResume: "shift"),
            [
                ("2026-01-15", false), ("2026-01-20", true), ("2026-01-25", false), ("2026-02-20", false),
                ("2026-03-01", true), ("2026-03-11", false),
            ])
        #expect(words[2] == ["paused paused 2026-02-15 2026-02-20 0"])
        #expect(words[3] == ["invoice 2026-02-20 2026-03-20"])
        #expect(words[5] == ["paused paused 2026-03-20 2026-03-30 0"])
        #expect(last.memory.nextPeriodStart?.description == "2026-03-30")
    }

    @Test func aChangedScheduleTakesOverFromAMovedOne() throws {
        let shifting = try terms(anchor: "2026-01-15", billFrom: "anchor", onResume: "shift")
        let moved = try walk(shifting, [("2026-01-15", false), ("2026-01-20", true), ("2026-01-25", false)]).last
        let changed = try terms(anchor: "2026-03-01", billFrom: "anchor", onResume: "shift")
        let plan = BillingPlanner.plan(
            changed, memory: moved.memory, isPaused: false, now: try instant("2026-02-01T12:00:00Z"))
        #expect(recordWords(plan) == ["waiting stub_after_change 2026-02-20 2026-03-01 0"])
        #expect(plan.memory.shiftedAnchor == nil)
    }

    @Test func whatCameDueInAPauseDoesNotWaitWhenItIsCanceled() throws {
        for onResume in ["keep", "shift"] {
            let terms = try terms(anchor: "2026-01-15", billFrom: "anchor", onResume: onResume)
            let paused = try walk(terms, [("2026-01-15", false), ("2026-02-01", true)]).last
            let plan = BillingPlanner.canceled(
                terms, memory: paused.memory, today: try #require(LocalDate("2026-02-20")),
                now: try instant("2026-02-20T00:00:00Z"))
            #expect(recordWords(plan) == ["paused paused 2026-02-15 2026-03-15 1"], "\(onResume)")
            #expect(plan.memory.pause == nil)
        }
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func whateverThePausesRecordsNeitherOverlapNorLeaveAGapAndNothingInsideAPauseIsBilled(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        let unit = ["day", "week", "month", "year"].randomElement(using: &chance) ?? "month"
        let terms = try terms(
            anchor: "2026-01-31T10:00:00", interval: unit, zone: "Europe/Berlin", billFrom: "anchor",
            onResume: Bool.random(using: &chance) ? "shift" : "keep")
        var now = try instant("2026-01-31T10:00:00Z")
        var memory: BillingPlanner.Memory?
        var spans: [(start: LocalDate, end: LocalDate)] = []
        var isPaused = false
        for _ in 0..<60 {
            if Int.random(in: 0..<5, using: &chance) == 0 { isPaused.toggle() }
            let plan = BillingPlanner.plan(terms, memory: memory, isPaused: isPaused, now: now)
            for record in plan.records {
                switch record {
                case .decision(let decision): spans.append((decision.start, decision.end))
                case .invoice(let period):
                    #expect(!isPaused)
                    if let pause = memory?.pause, pause.shifts, let next = memory?.nextPeriodStart {
                        let days = terms.schedule.zone.local(of: now).date.days(since: pause.since)
                        #expect(period.start.local.date.days(since: next) >= days, "seed \(seed)")
                    }
                    spans.append((period.start.local.date, period.end.local.date))
                }
            }
            memory = plan.memory
            now = now.adding(hours: Int64.random(in: 1...900, using: &chance))
        }
        for (left, right) in zip(spans, spans.dropFirst()) { #expect(left.end == right.start, "seed \(seed)") }
        #expect(memory?.billedThrough == spans.last?.end)
    }

    @Test func aShiftDoesNotGoWithACalendarDay() throws {
        #expect(throws: SubscriptionTerms.Problem.self) { try terms(billOn: 1, onResume: "shift") }
        #expect(throws: SubscriptionTerms.Problem.self) { try terms(onResume: "later") }
        #expect(throws: Never.self) { try terms(billOn: 1, onResume: "keep") }
    }
}

@Suite struct RenewalSpreadTests {
    private func boundary(_ anchor: String) throws -> Boundary {
        try #require(try terms(anchor: anchor, zone: "Europe/Berlin").schedule.boundary(1))
    }

    @Test func renewalsAtMidnightAreSpreadOverTheWindowAndEachKeepsItsPlace() throws {
        let midnight = try boundary("2026-01-15")
        let spread = RenewalSpread(seconds: 3600)
        let delays = (0..<400).map {
            spread.runAt(of: midnight, subscriptionID: "s\($0)").milliseconds(since: midnight.instant) / 1000
        }
        #expect(delays.allSatisfy { (0..<3600).contains($0) })
        // Of 400 in twelve parts of five minutes, no part is empty.
        #expect(Set(delays.map { $0 / 300 }).count == 12)
        #expect(
            spread.runAt(of: midnight, subscriptionID: "s7").milliseconds(since: midnight.instant) / 1000 == delays[7])
    }

    @Test func othersAreChargedAtTheirTime() throws {
        let midnight = try boundary("2026-01-15")
        #expect(RenewalSpread(seconds: 0).runAt(of: midnight, subscriptionID: "s") == midnight.instant)
        let morning = try boundary("2026-01-15T09:00:00")
        #expect(RenewalSpread(seconds: 3600).runAt(of: morning, subscriptionID: "s") == morning.instant)
    }
}
