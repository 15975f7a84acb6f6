import DunlinCalendar
import DunlinCore
import Testing

@Suite struct BillingPlannerPropertyTests {
    private struct Run {
        var start: LocalDate
        var end: LocalDate
        /// Of an invoice, of no decision.
        var isBilled: Bool
    }

    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func everyBoundaryUpToNowHasExactlyOneRecordAndNothingOverlaps(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        var now = try #require(Instant(rfc3339: "2024-02-01T00:00:00Z"))
            .adding(hours: Int64.random(in: 0...9000, using: &chance))
        var memory: BillingPlanner.Memory?
        var runs: [Run] = []
        var terms = try randomTerms(&chance, isFirst: true)
        for pass in 0..<40 {
            if pass > 0, Int.random(in: 0..<12, using: &chance) == 0 {
                terms = try randomTerms(&chance, isFirst: false)
            }
            let isPaused = Int.random(in: 0..<6, using: &chance) == 0
            let plan = BillingPlanner.plan(terms, memory: memory, isPaused: isPaused, now: now)
            for record in plan.records { runs.append(try run(record, now: now)) }
            for (left, right) in zip(runs, runs.dropFirst()) {
                #expect(left.end == right.start, "seed \(seed), pass \(pass): a gap or an overlap")
            }
            if let last = runs.last {
                #expect(plan.memory.billedThrough == last.end, "seed \(seed), pass \(pass)")
                try expectNothingDue(terms, after: last.end, now: now, "seed \(seed), pass \(pass)")
            }
            memory = plan.memory
            now = now.adding(milliseconds: Int64.random(in: 0...4_000_000_000, using: &chance))
        }
        #expect(runs.allSatisfy { $0.start < $0.end })
    }

    /// The schedule's own boundaries, counted one by one, say that none of those at or before now was left out.
    private func expectNothingDue(
        _ terms: SubscriptionTerms, after end: LocalDate, now: Instant, _ place: String
    ) throws {
        var index = 0
        while let period = terms.schedule.period(index), period.start.instant <= now {
            #expect(period.start.local.date < end, "\(place): \(period.start.local) has no record")
            index += 1
        }
    }

    private func run(_ record: BillingPlanner.Record, now: Instant) throws -> Run {
        switch record {
        case .invoice(let period):
            #expect(period.start.instant <= now && !period.isZeroLength)
            return Run(start: period.start.local.date, end: period.end.local.date, isBilled: true)
        case .decision(let decision):
            return Run(start: decision.start, end: decision.end, isBilled: false)
        }
    }

    private func randomTerms(_ chance: inout SeededGenerator, isFirst: Bool) throws -> SubscriptionTerms {
        let zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Apia"]
        let unit = ["day", "week", "month", "month", "year"].randomElement(using: &chance) ?? "month"
        let day = Int.random(in: 1...28, using: &chance)
        let month = Int.random(in: 1...12, using: &chance)
        let hour = Int.random(in: 0...23, using: &chance)
        let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        let billOn = unit == "month" && Bool.random(using: &chance) ? Int.random(in: 1...31, using: &chance) : nil
        return try DunlinCoreTests.terms(
            anchor: "2023-\(two(month))-\(two(day))T\(two(hour)):30:00", interval: unit,
            count: Int.random(in: 1...3, using: &chance), zone: zones.randomElement(using: &chance) ?? "UTC",
            billOn: billOn, billFrom: isFirst ? [nil, "anchor", "current"].randomElement(using: &chance) ?? nil : nil)
    }
}
