import DunlinCalendar
import DunlinCore
import Testing

/// Rule 17: what becomes of periods that came due while nothing ran.
@Suite struct CatchUpTests {
    private func instant(_ text: String) throws -> Instant { try #require(Instant(rfc3339: text)) }

    /// What a monthly subscription of 19.00 EUR, billed through 15 June, gets on 20 September.
    private func september(_ catchUp: CatchUp, at now: String = "2026-09-20T00:00:00Z") throws -> [String] {
        let terms = try terms(anchor: "2026-01-15")
        let memory = BillingPlanner.plan(
            terms, memory: nil, isPaused: false, now: try instant("2026-05-15T00:00:00Z")
        ).memory
        let plan = BillingPlanner.plan(
            terms, memory: memory, isPaused: false, catchUp: catchUp, now: try instant(now))
        #expect(plan.memory.billedThrough?.description == "2026-10-15")
        #expect(plan.memory.nextPeriodStart?.description == "2026-10-15")
        return recordWords(plan)
    }

    static let policies: [(CatchUp.Policy, [String])] = [
        (
            .all,
            [
                "invoice 2026-06-15 2026-07-15", "invoice 2026-07-15 2026-08-15", "invoice 2026-08-15 2026-09-15",
                "invoice 2026-09-15 2026-10-15",
            ]
        ),
        (.latest, ["skipped missed 2026-06-15 2026-09-15 3", "invoice 2026-09-15 2026-10-15"]),
        (.none, ["skipped missed 2026-06-15 2026-10-15 4"]),
        (.ask, ["waiting missed 2026-06-15 2026-09-15 3", "invoice 2026-09-15 2026-10-15"]),
    ]

    @Test(arguments: policies) func eachPolicyBillsExactlyThePeriodsThatItNames(
        policy: CatchUp.Policy, records: [String]
    ) throws {
        #expect(try september(CatchUp(policy: policy)) == records)
    }

    @Test func aPeriodThatCameDueInTimeIsBilledByEveryPolicy() throws {
        for policy in CatchUp.Policy.allCases {
            let words = try september(CatchUp(policy: policy), at: "2026-09-16T23:00:00Z")
            #expect(words.last == "invoice 2026-09-15 2026-10-15", "\(policy)")
        }
    }

    static let ceilings: [(CatchUp, [String])] = [
        // Two periods at once.
        (
            CatchUp(policy: .all, periodsMax: 2),
            [
                "waiting catch_up_ceiling 2026-06-15 2026-08-15 2", "invoice 2026-08-15 2026-09-15",
                "invoice 2026-09-15 2026-10-15",
            ]
        ),
        // Past due, with room for two more open invoices, and for none.
        (
            CatchUp(policy: .all, pastDueRoom: 2),
            [
                "invoice 2026-06-15 2026-07-15", "invoice 2026-07-15 2026-08-15",
                "waiting past_due 2026-08-15 2026-10-15 2",
            ]
        ),
        (
            CatchUp(policy: .ask, pastDueRoom: 0),
            ["waiting missed 2026-06-15 2026-09-15 3", "waiting past_due 2026-09-15 2026-10-15 1"]
        ),
        // Room for two of 19.00.
        (
            CatchUp(policy: .all, roomMinor: 5699),
            [
                "waiting catch_up_ceiling 2026-06-15 2026-08-15 2", "invoice 2026-08-15 2026-09-15",
                "invoice 2026-09-15 2026-10-15",
            ]
        ),
        (CatchUp(policy: .all, roomMinor: 0), ["waiting catch_up_ceiling 2026-06-15 2026-10-15 4"]),
        (
            CatchUp(policy: .ask, roomMinor: 1899),
            ["waiting missed 2026-06-15 2026-09-15 3", "waiting catch_up_ceiling 2026-09-15 2026-10-15 1"]
        ),
        // The newest came due in time, so that the ceilings are not about it.
        (
            CatchUp(policy: .all, missedAfterSeconds: 30 * 86_400, roomMinor: 0),
            ["waiting catch_up_ceiling 2026-06-15 2026-09-15 3", "invoice 2026-09-15 2026-10-15"]
        ),
    ]

    @Test(arguments: ceilings) func whatIsAboveACeilingWaits(catchUp: CatchUp, records: [String]) throws {
        #expect(try september(catchUp) == records)
    }

    @Test func ceilingsAreOfTheCustomerAndOfTheRunTheSmallerRoomCounts() throws {
        let eur = try #require(Currency("EUR"))
        var rules = CatchUpRules()
        #expect(rules.roomMinor(eur, customerMinor: 5, runMinor: 5) == nil)
        rules.customerMax[eur] = 100
        #expect(rules.roomMinor(eur, customerMinor: 30, runMinor: 5000) == 70)
        rules.runMax[eur] = 5010
        #expect(rules.roomMinor(eur, customerMinor: 30, runMinor: 5000) == 10)
        #expect(rules.roomMinor(eur, customerMinor: 130, runMinor: 0) == 0)
        rules.plans = ["gold": .all]
        #expect(rules.catchUp(plan: "gold").policy == .all && rules.catchUp(plan: "tin").policy == .ask)
    }

    @Test func ofMissedDaysThoseOfNoLengthAreSkippedWhateverThePolicy() throws {
        let samoa = try terms(anchor: "2011-12-28", interval: "day", zone: "Pacific/Apia", billFrom: "anchor")
        let words = try [CatchUp.Policy.ask, .all].map { policy in
            recordWords(
                BillingPlanner.plan(
                    samoa, memory: nil, isPaused: false, catchUp: CatchUp(policy: policy),
                    now: try instant("2012-01-01T11:00:00Z")))
        }
        #expect(
            words[0] == [
                "waiting missed 2011-12-28 2011-12-30 2", "skipped zero_length 2011-12-30 2011-12-31 1",
                "waiting missed 2011-12-31 2012-01-02 2", "invoice 2012-01-02 2012-01-03",
            ])
        #expect(
            words[1] == [
                "invoice 2011-12-28 2011-12-29", "invoice 2011-12-29 2011-12-30",
                "skipped zero_length 2011-12-30 2011-12-31 1", "invoice 2011-12-31 2012-01-01",
                "invoice 2012-01-01 2012-01-02", "invoice 2012-01-02 2012-01-03",
            ])
    }
}

/// `invoice 2026-01-15 2026-02-15`, or `waiting missed 2026-01-15 2026-03-15 2`.
func recordWords(_ plan: BillingPlanner.Plan) -> [String] {
    plan.records.map { record in
        switch record {
        case .invoice(let period): "invoice \(period.start.local.date) \(period.end.local.date)"
        case .decision(let decision):
            "\(decision.kind.rawValue) \(decision.reason) \(decision.start) \(decision.end) \(decision.periods)"
        }
    }
}
