import DunlinCalendar
import Testing

@Suite struct BillingScheduleTests {
    /// The local dates of the first boundaries.
    func dates(_ schedule: BillingSchedule, _ count: Int) -> [String] {
        (0..<count).compactMap { schedule.boundary($0)?.local.date.description }
    }

    func schedule(
        _ anchor: String, _ unit: BillingInterval.Unit, _ count: Int = 1, zone: String = "UTC", billOn: Int? = nil,
        trialEnd: String? = nil, endsAt: String? = nil
    ) throws -> BillingSchedule {
        try BillingSchedule(
            anchor: #require(LocalDateTime(anchor)), interval: BillingInterval(unit: unit, count: count),
            zone: #require(Zone(zone)), billOn: billOn, trialEnd: trialEnd.map { try #require(LocalDateTime($0)) },
            endsAt: endsAt.map { try #require(LocalDateTime($0)) })
    }

    @Test func the31stComesBackAfterEveryShorterMonth() throws {
        let schedule = try schedule("2024-01-31", .month)
        #expect(
            dates(schedule, 13) == [
                "2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31", "2024-06-30", "2024-07-31",
                "2024-08-31", "2024-09-30", "2024-10-31", "2024-11-30", "2024-12-31", "2025-01-31",
            ])
        #expect(schedule.boundary(0)?.rules == [.anchor])
        #expect(schedule.boundary(1)?.rules == [.anchor, .clamp])
        #expect(schedule.boundary(2)?.rules == [.anchor])
    }

    @Test func aYearFromThe29thOfFebruaryEndsOnThe28thUntilTheNextLeapYear() throws {
        let schedule = try schedule("2024-02-29", .year)
        #expect(dates(schedule, 5) == ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"])
    }

    @Test func aGapMovesTheInstantForwardAndKeepsTheDate() throws {
        let schedule = try schedule("2024-03-10T02:30", .day, zone: "America/New_York")
        let boundary = try #require(schedule.boundary(0))
        #expect(boundary.local.description == "2024-03-10T02:30:00")
        #expect(boundary.instant == Instant(seconds: 1_710_055_800))
        #expect(boundary.rules == [.anchor, .gap])
    }

    @Test func anOverlapIsTakenTheFirstTime() throws {
        let schedule = try schedule("2024-10-03T01:30", .month, zone: "America/New_York")
        let boundary = try #require(schedule.boundary(1))
        #expect(boundary.instant == Instant(seconds: 1_730_611_800))
        #expect(boundary.rules == [.anchor, .overlap])
    }

    @Test func aDayThatTheZoneLeftOutIsAPeriodOfNoLength() throws {
        let schedule = try schedule("2011-12-29T09:00", .day, zone: "Pacific/Apia")
        #expect(dates(schedule, 4) == ["2011-12-29", "2011-12-30", "2011-12-31", "2012-01-01"])
        #expect(schedule.boundary(1)?.rules == [.anchor, .skipped])
        #expect((0..<3).map { schedule.period($0)?.isZeroLength } == [false, true, false])
    }
}
