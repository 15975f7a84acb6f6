import DunlinCalendar
import Foundation
import Testing

/// A schedule written in texts.
func schedule(
    _ anchor: String, _ unit: BillingInterval.Unit, _ count: Int = 1, zone: String = "UTC", billOn: Int? = nil,
    trialEnd: String? = nil, endsAt: String? = nil
) throws -> BillingSchedule {
    try BillingSchedule(
        anchor: #require(LocalDateTime(anchor)), interval: BillingInterval(unit: unit, count: count),
        zone: #require(Zone(zone)), billOn: billOn, trialEnd: trialEnd.map { try #require(LocalDateTime($0)) },
        endsAt: endsAt.map { try #require(LocalDateTime($0)) })
}

/// The local dates of the first boundaries.
func dates(_ schedule: BillingSchedule, _ count: Int) -> [String] {
    (0..<count).compactMap { schedule.boundary($0)?.local.date.description }
}

@Suite struct BillingScheduleTests {
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

    @Test(arguments: [
        (BillingInterval.Unit.day, 1, ["2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01"]),
        (.day, 30, ["2024-02-27", "2024-03-28", "2024-04-27", "2024-05-27"]),
        (.week, 1, ["2024-02-27", "2024-03-05", "2024-03-12", "2024-03-19"]),
        (.week, 4, ["2024-02-27", "2024-03-26", "2024-04-23", "2024-05-21"]),
        (.month, 3, ["2024-02-27", "2024-05-27", "2024-08-27", "2024-11-27"]),
        (.year, 2, ["2024-02-27", "2026-02-27", "2028-02-27", "2030-02-27"]),
    ])
    func everyNOfAUnitCountsFromTheAnchor(unit: BillingInterval.Unit, count: Int, expected: [String]) throws {
        #expect(try dates(schedule("2024-02-27", unit, count), 4) == expected)
    }

    @Test func theTimeOfDayStaysOnTheWallWhenClocksChange() throws {
        let schedule = try schedule("2024-01-31T09:00", .month, zone: "America/New_York")
        let instants = (0..<4).compactMap { schedule.boundary($0)?.instant.rfc3339Seconds }
        #expect(
            instants == [
                "2024-01-31T14:00:00Z", "2024-02-29T14:00:00Z", "2024-03-31T13:00:00Z", "2024-04-30T13:00:00Z",
            ])
    }

    @Test(arguments: [
        ("2024-01-15T08:00", 1, 1, ["2024-02-01", "2024-03-01", "2024-04-01"]),
        ("2024-01-01T08:00", 1, 1, ["2024-01-01", "2024-02-01", "2024-03-01"]),
        ("2024-01-31", 1, 31, ["2024-01-31", "2024-02-29", "2024-03-31"]),
        ("2024-02-29", 1, 31, ["2024-02-29", "2024-03-31", "2024-04-30"]),
        ("2024-02-10", 1, 30, ["2024-02-29", "2024-03-30", "2024-04-30"]),
        ("2024-12-31", 1, 15, ["2025-01-15", "2025-02-15", "2025-03-15"]),
        ("2024-01-15", 3, 1, ["2024-02-01", "2024-05-01", "2024-08-01"]),
        ("2024-05-20", 12, 1, ["2024-06-01", "2025-06-01", "2026-06-01"]),
    ])
    func billingOnACalendarDayStartsWithTheFirstSuchDay(
        anchor: String, months: Int, day: Int, expected: [String]
    ) throws {
        let schedule = try schedule(anchor, .month, months, billOn: day)
        #expect(dates(schedule, 3) == expected)
        #expect(schedule.boundary(0)?.local.time == LocalDateTime(anchor)?.time)
        #expect(schedule.boundary(0)?.rules.first == .billOn)
    }

    @Test func theEndOfTheTrialIsTheNewAnchor() throws {
        let schedule = try schedule("2024-01-17T10:00", .month, trialEnd: "2024-01-31T18:30")
        #expect(dates(schedule, 3) == ["2024-01-31", "2024-02-29", "2024-03-31"])
        #expect(schedule.boundary(0)?.local.time == LocalTime("18:30"))
        #expect(schedule.boundary(0)?.rules == [.trial])
        #expect(schedule.boundary(1)?.rules == [.trial, .clamp])
    }

    @Test func aTrialThatEndedBeforeTheAnchorHasNoSay() throws {
        let schedule = try schedule("2024-03-05", .month, trialEnd: "2021-01-14")
        #expect(dates(schedule, 2) == ["2024-03-05", "2024-04-05"])
        #expect(schedule.boundary(0)?.rules == [.anchor])
    }

    @Test(arguments: [
        ("2024-01-20T09:00", 1, "2024-02-14", ["2024-03-01", "2024-04-01"]),
        ("2024-01-20T09:00", 1, "2024-03-01T09:00", ["2024-03-01", "2024-04-01"]),
        ("2024-01-20T09:00", 1, "2024-03-01T09:01", ["2024-04-01", "2024-05-01"]),
        // The quarters of the anchor stay: February, May, August.
        ("2024-01-20T09:00", 3, "2024-02-14", ["2024-05-01", "2024-08-01"]),
    ])
    func withATrialTheCalendarDayStaysAndTheFirstPaidPeriodStartsAfterTheTrial(
        anchor: String, months: Int, trialEnd: String, expected: [String]
    ) throws {
        let schedule = try schedule(anchor, .month, months, billOn: 1, trialEnd: trialEnd)
        #expect(dates(schedule, 2) == expected)
        #expect(schedule.boundary(-1) == nil)
        #expect(schedule.index(startingOn: try #require(LocalDate(expected[1]))) == 1)
        #expect(try schedule.firstIndex(onOrAfter: #require(LocalDate("2020-01-01"))) == 0)
    }

    @Test func noPeriodStartsAtOrAfterTheEndAndTheLastOneIsWhole() throws {
        let schedule = try schedule("2024-01-31T09:00", .month, endsAt: "2024-03-31T09:00")
        let last = try #require(schedule.period(1))
        #expect(last.end.local.description == "2024-03-31T09:00:00")
        #expect(schedule.period(2) == nil)
        #expect(schedule.boundary(2) != nil)
        #expect(schedule.lastIndex(atOrBefore: Instant(seconds: 4_000_000_000)) == 1)
        #expect(try schedule.firstIndex(onOrAfter: #require(LocalDate("2024-03-01"))) == nil)
        #expect(try schedule.index(startingOn: #require(LocalDate("2024-03-31"))) == nil)

        let oneSecondMore = try DunlinCalendarTests.schedule(
            "2024-01-31T09:00", .month, endsAt: "2024-03-31T09:00:01")
        #expect(oneSecondMore.period(2)?.end.local.description == "2024-04-30T09:00:00")
        #expect(oneSecondMore.period(3) == nil)
    }

    @Test func aSubscriptionThatEndsBeforeItStartsHasNoPeriod() throws {
        let schedule = try schedule("2024-01-31", .month, endsAt: "2024-01-31")
        #expect(schedule.period(0) == nil)
        #expect(schedule.lastIndex(atOrBefore: Instant(seconds: 4_000_000_000)) == nil)
        #expect(schedule.firstIndex(onOrAfter: .min) == nil)
    }

    @Test func aBoundaryIsDueAtItsInstantAndNotBefore() throws {
        let schedule = try schedule("2024-01-31T09:00", .month, zone: "Europe/Berlin")
        for index in 0..<30 {
            let instant = try #require(schedule.boundary(index)).instant
            #expect(schedule.lastIndex(atOrBefore: instant) == index)
            #expect(schedule.lastIndex(atOrBefore: instant.adding(milliseconds: -1)) == (index == 0 ? nil : index - 1))
        }
    }

    @Test func absurdRequestsHaveNoAnswerInsteadOfAWrongOne() throws {
        let daily = try schedule("2024-01-31", .day)
        let yearly = try schedule("9950-01-31", .year, 10)
        for index in [-1, Int.min, Int.max, Int.max - 1, 3_000_000] {
            #expect(daily.boundary(index) == nil)
            #expect(daily.period(index) == nil)
            #expect(yearly.boundary(index) == nil)
        }
        #expect(yearly.period(3)?.end.local.date.year == 9990)
        #expect(yearly.boundary(4) != nil)
        #expect(yearly.period(4) == nil)
        #expect(yearly.lastIndex(atOrBefore: Instant(milliseconds: .max)) == 3)
        #expect(yearly.lastIndex(atOrBefore: Instant(milliseconds: .min)) == nil)
        #expect(yearly.firstIndex(onOrAfter: .max) == nil)
        let last = try schedule("9999-12-31", .day)
        #expect(last.boundary(0) != nil)
        #expect(last.period(0) == nil)
        #expect(last.lastIndex(atOrBefore: Instant(milliseconds: .max)) == nil)
    }

    @Test func anIntervalIsAtLeastOneAndAtMostAHundredYears() throws {
        for unit in BillingInterval.Unit.allCases {
            for count in [0, -1, Int.min, Int.max, BillingInterval.countMax(of: unit) + 1] {
                #expect(throws: CalendarError.self) { try BillingInterval(unit: unit, count: count) }
            }
            #expect(try BillingInterval(unit: unit, count: BillingInterval.countMax(of: unit)).unit == unit)
        }
        let error = #expect(throws: CalendarError.self) { try BillingInterval(unit: "fortnight", count: 1) }
        #expect(error?.description == "interval: \"fortnight\" is not one of day, week, month, year")
        #expect(throws: CalendarError.self) {
            try JSONDecoder().decode(BillingInterval.self, from: Data(#"{"unit":"day","count":0}"#.utf8))
        }
        let quarter = try BillingInterval(unit: .month, count: 3)
        #expect(try JSONDecoder().decode(BillingInterval.self, from: JSONEncoder().encode(quarter)) == quarter)
    }

    @Test func aCalendarDayIsRefusedWhereItMeansNothing() throws {
        for day in [0, 32, -1] {
            #expect(throws: CalendarError.self) { try schedule("2024-01-31", .month, billOn: day) }
        }
        #expect(throws: CalendarError.self) { try schedule("2024-01-31", .week, billOn: 1) }
        #expect(throws: CalendarError.self) { try schedule("2024-01-31", .day, billOn: 1) }
        #expect(throws: CalendarError.self) { try schedule("9999-12-31", .month, billOn: 1) }
        #expect(throws: CalendarError.self) {
            try schedule("9990-01-01", .year, 20, billOn: 1, trialEnd: "9995-01-01")
        }
    }
}
