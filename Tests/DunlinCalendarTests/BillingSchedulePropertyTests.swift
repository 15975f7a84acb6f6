import DunlinCalendar
import Foundation
import Testing

@Suite struct BillingSchedulePropertyTests {
    static let seed: UInt64 = 20_240_131

    func randomInterval(using generator: inout SeededGenerator) throws -> BillingInterval {
        let unit = try #require(BillingInterval.Unit.allCases.randomElement(using: &generator))
        return try BillingInterval(unit: unit, count: Int.random(in: 1...7, using: &generator))
    }

    /// Any schedule; month ends, calendar days, trials and ends are as common as plain ones.
    func randomSchedule(
        zone: Zone, years: ClosedRange<Int> = 1950...2060, using generator: inout SeededGenerator
    ) throws -> BillingSchedule {
        let date = LocalDate(year: Int.random(in: years, using: &generator), month: 1, day: 1)
        let day = Int.random(in: 0...365, using: &generator)
        let shifted = try #require(date?.adding(days: day))
        let date31 = try #require(shifted.adding(months: 0, anchorDay: 31))
        let time = LocalTime(
            hour: Int.random(in: 0...23, using: &generator), minute: [0, 15, 30].randomElement(using: &generator) ?? 0)
        let anchor = LocalDateTime(
            date: Bool.random(using: &generator) ? shifted : date31, time: try #require(time))
        let interval = try randomInterval(using: &generator)
        let isMonths = interval.unit == .month || interval.unit == .year
        let trialEnd = try #require(anchor.date.adding(days: Int.random(in: 0...60, using: &generator)))
        return try BillingSchedule(
            anchor: anchor, interval: interval, zone: zone,
            billOn: isMonths && Bool.random(using: &generator) ? Int.random(in: 1...31, using: &generator) : nil,
            trialEnd: Int.random(in: 0...2, using: &generator) == 0 ? LocalDateTime(date: trialEnd) : nil)
    }

    @Test func for400YearsTheClosedFormIsTheStepByStepWalk() throws {
        var generator = SeededGenerator(seed: Self.seed)
        for unit in BillingInterval.Unit.allCases {
            for _ in 0..<6 {
                let count = Int.random(in: 1...5, using: &generator)
                let anchor = try #require(
                    LocalDate(year: 2000, month: 1, day: 1)?
                        .adding(days: Int.random(in: 0...1460, using: &generator)))
                let schedule = try DunlinCalendarTests.schedule(anchor.description, unit, count)
                var walk = Walk(date: anchor, anchorDay: anchor.day)
                var index = 0
                while walk.date.year < anchor.year + 400 {
                    if schedule.boundary(index)?.local.date != walk.date {
                        Issue.record("\(anchor) \(schedule.interval) \(index): \(walk.date)")
                        break
                    }
                    walk.step(unit, count)
                    index += 1
                }
            }
        }
    }

    @Test func fromEveryMonthEndTheDayIsTheAnchorsOrTheMonthsLast() throws {
        for day in 1...31 {
            let schedule = try schedule("2023-\(day == 31 ? "12" : "11")-01", .month, billOn: day)
            for index in 0..<4800 {
                let boundary = try #require(schedule.boundary(index))
                let date = boundary.local.date
                let length = LocalDate.length(ofMonth: date.month, year: date.year)
                if date.day != min(day, length) || boundary.rules.contains(.clamp) != (day > length) {
                    Issue.record("bill_on \(day): \(date) \(boundary.rules)")
                }
            }
        }
    }

    @Test func inEveryZoneDatesIncreaseAndInstantsNeverDecrease() throws {
        var generator = SeededGenerator(seed: Self.seed)
        for identifier in FoundationZones.identifiers {
            let zone = try #require(Zone(identifier))
            for _ in 0..<3 {
                let schedule = try randomSchedule(zone: zone, using: &generator)
                try expectOrder(of: schedule, count: 80)
            }
        }
    }

    @Test func aroundEveryChangeOfEveryZoneDailyPeriodsNeitherOverlapNorLeaveAGap() throws {
        var generator = SeededGenerator(seed: Self.seed)
        let interval = try BillingInterval(unit: .day, count: 1)
        for identifier in FoundationZones.identifiers {
            let zone = try #require(Zone(identifier))
            for change in FoundationZones.transitions(of: identifier, from: -8_000_000_000, to: 2_000_000_000) {
                // A time of day that the change is likely to touch.
                let offset = [change.before, change.after].randomElement(using: &generator) ?? 0
                let distance = Int.random(in: -3600...3600, using: &generator)
                let schedule = try BillingSchedule(
                    anchor: FoundationZones.wall(change.second + offset + distance - 3 * 86_400), interval: interval,
                    zone: zone)
                try expectOrder(of: schedule, count: 6)
            }
        }
    }

    /// Dates strictly increase, instants never decrease, and a period ends where the next one starts.
    func expectOrder(of schedule: BillingSchedule, count: Int) throws {
        var previous = try #require(schedule.period(0))
        #expect(previous.start.local >= schedule.anchor)
        for index in 1..<count {
            let period = try #require(schedule.period(index))
            if period.start != previous.end || period.start.local.date <= previous.start.local.date
                || period.start.instant < previous.start.instant
                || previous.isZeroLength && !previous.start.rules.contains(.skipped)
            {
                Issue.record("\(schedule.zone) \(schedule.anchor) \(schedule.interval) \(index)")
            }
            previous = period
        }
    }

    @Test func theIndexOfADateOrAnInstantIsTheOneASearchFinds() throws {
        var generator = SeededGenerator(seed: Self.seed)
        for round in 0..<400 {
            let identifier = FoundationZones.identifiers.randomElement(using: &generator) ?? "UTC"
            let schedule = try randomSchedule(zone: #require(Zone(identifier)), using: &generator)
            let boundaries = (0..<60).compactMap { schedule.boundary($0) }
            let last = try #require(boundaries.last)
            for _ in 0..<20 {
                let span = last.local.date.days(since: boundaries[0].local.date)
                let shift = Int.random(in: -40..<span, using: &generator)
                let date = try #require(boundaries[0].local.date.adding(days: shift))
                #expect(
                    schedule.firstIndex(onOrAfter: date) == boundaries.first { $0.local.date >= date }?.index,
                    "round \(round)")
                #expect(
                    schedule.index(startingOn: date) == boundaries.first { $0.local.date == date }?.index,
                    "round \(round)")
                let start = boundaries[0].instant.milliseconds
                let instant = Instant(
                    milliseconds: Int64.random(in: (start - 9_000_000)..<last.instant.milliseconds, using: &generator))
                #expect(
                    schedule.lastIndex(atOrBefore: instant) == boundaries.last { $0.instant <= instant }?.index,
                    "round \(round)")
            }
        }
    }

    @Test func aroundEveryLargeJumpTheNewestBoundaryIsTheOneASearchFinds() throws {
        let interval = try BillingInterval(unit: .day, count: 1)
        for identifier in FoundationZones.identifiers {
            let zone = try #require(Zone(identifier))
            for change in FoundationZones.transitions(of: identifier, from: -8_000_000_000, to: 2_000_000_000)
            where abs(change.after - change.before) > 4 * 3600 {
                let schedule = try BillingSchedule(
                    anchor: FoundationZones.wall(change.second - 4 * 86_400 + 1800), interval: interval, zone: zone)
                let boundaries = (0..<12).compactMap { schedule.boundary($0) }
                for minutes in stride(from: -3 * 1440, to: 3 * 1440, by: 17) {
                    let instant = Instant(seconds: Int64(change.second + minutes * 60))
                    #expect(
                        schedule.lastIndex(atOrBefore: instant) == boundaries.last { $0.instant <= instant }?.index,
                        "\(identifier) \(instant)")
                }
            }
        }
    }

    @Test func boundariesAreThoseOfFoundationsCalendarWhereTheRuleIsTheSame() throws {
        var generator = SeededGenerator(seed: Self.seed)
        var compared = 0
        for identifier in FoundationZones.identifiers {
            let zone = try #require(Zone(identifier))
            let calendar = FoundationZones.calendar(identifier)
            for _ in 0..<12 {
                let date = try #require(
                    LocalDate(year: 2010, month: 1, day: 1)?
                        .adding(days: Int.random(in: 0...5000, using: &generator)))
                let hour = LocalTime(hour: Int.random(in: 0...23, using: &generator), minute: 30)
                let anchor = LocalDateTime(date: date, time: try #require(hour))
                // From an anchor that a change of the clocks moved, Foundation counts with the moved time.
                let start = zone.instant(of: anchor)
                guard start.rule == nil else { continue }
                let interval = try randomInterval(using: &generator)
                let schedule = try BillingSchedule(anchor: anchor, interval: interval, zone: zone)
                for index in [1, 2, 3, Int.random(in: 4...40, using: &generator)] {
                    let boundary = try #require(schedule.boundary(index))
                    let expected = calendar.date(
                        byAdding: component(interval.unit), value: interval.count * index, to: start.instant.date)
                    // A day that was left out is a rule of our own.
                    guard !boundary.rules.contains(.skipped) else { continue }
                    compared += 1
                    #expect(
                        boundary.instant == expected.map { Instant($0) }, "\(identifier) \(anchor) \(interval) \(index)"
                    )
                }
            }
        }
        #expect(compared > 15_000)
    }

    func component(_ unit: BillingInterval.Unit) -> Calendar.Component {
        switch unit {
        case .day: .day
        case .week: .weekOfYear
        case .month: .month
        case .year: .year
        }
    }
}

/// A date that moves on one day or one month at a time, by a table of month lengths and nothing else.
private struct Walk {
    var date: LocalDate
    let anchorDay: Int

    mutating func step(_ unit: BillingInterval.Unit, _ count: Int) {
        switch unit {
        case .day: for _ in 0..<count { nextDay() }
        case .week: for _ in 0..<(count * 7) { nextDay() }
        case .month: for _ in 0..<count { nextMonth() }
        case .year: for _ in 0..<(count * 12) { nextMonth() }
        }
    }

    private func length(_ year: Int, _ month: Int) -> Int {
        let isLeap = year % 400 == 0 || year % 4 == 0 && year % 100 != 0
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    private mutating func nextDay() {
        if date.day < length(date.year, date.month) {
            set(date.year, date.month, date.day + 1)
        } else {
            set(date.month == 12 ? date.year + 1 : date.year, date.month % 12 + 1, 1)
        }
    }

    private mutating func nextMonth() {
        let (year, month) = (date.month == 12 ? date.year + 1 : date.year, date.month % 12 + 1)
        set(year, month, min(anchorDay, length(year, month)))
    }

    private mutating func set(_ year: Int, _ month: Int, _ day: Int) {
        date = LocalDate(year: year, month: month, day: day) ?? .min
    }
}
