import DunlinCalendar
import Foundation
import Testing

@Suite struct LocalDateTests {
    @Test(arguments: [
        "", "2024", "2024-1-31", "2024-01-32", "2023-02-29", "1900-02-29", "2024-04-31", "2024-00-10", "2024-13-01",
        "0000-01-01", "10000-01-01", "-2024-01-01", "2024/01/31", "2024-01-31 ", " 2024-01-31", "2024-01-31T00:00",
        "+024-01-31", "２０２４-01-31", "2024-01-1", "20240131",
    ])
    func onlyRealDatesInOneFormAreRead(text: String) {
        #expect(LocalDate(text) == nil)
    }

    @Test(arguments: ["0001-01-01", "1582-10-10", "2000-02-29", "2024-02-29", "9999-12-31"])
    func aDateIsWrittenAsItWasRead(text: String) throws {
        #expect(LocalDate(text)?.description == text)
        let date = try #require(LocalDate(text))
        let json = try JSONEncoder().encode([date])
        #expect(String(bytes: json, encoding: .utf8) == "[\"\(text)\"]")
        #expect(try JSONDecoder().decode([LocalDate].self, from: json) == [date])
    }

    @Test func aDateThatDoesNotExistCannotBeDecoded() {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([LocalDate].self, from: Data("[\"2023-02-29\"]".utf8))
        }
    }

    @Test func everyDayOf400YearsFollowsTheOneBefore() throws {
        var date = try #require(LocalDate("1899-12-31"))
        var weekday = date.weekday.rawValue
        for number in (date.dayNumber + 1)...(date.dayNumber + 146_097) {
            let next = try #require(LocalDate(dayNumber: number))
            let isNextDay = next.year == date.year && next.month == date.month && next.day == date.day + 1
            let isNextMonth = next.year == date.year && next.month == date.month + 1 && next.day == 1
            let isNextYear = next.year == date.year + 1 && date.month == 12 && next.month == 1 && next.day == 1
            weekday = (weekday + 1) % 7
            if !(isNextDay || isNextMonth && date.day == LocalDate.length(ofMonth: date.month, year: date.year)
                || isNextYear && date.day == 31) || next.dayNumber != number || next.weekday.rawValue != weekday
            {
                Issue.record("\(next) follows \(date)")
            }
            date = next
        }
        #expect(date.description == "2299-12-31")
        #expect(date.weekday == .sunday)
    }

    @Test func daysAreNumberedAsFoundationNumbersThem() throws {
        var generator = SeededGenerator(seed: 1)
        let calendar = FoundationZones.calendar("UTC")
        for _ in 0..<5000 {
            // Foundation changes to the Julian calendar before 1582.
            let number = Int.random(in: -141_000...LocalDate.max.dayNumber, using: &generator)
            let date = try #require(LocalDate(dayNumber: number))
            let parts = calendar.dateComponents(
                [.year, .month, .day, .weekday], from: Date(timeIntervalSince1970: Double(number) * 86_400))
            #expect([date.year, date.month, date.day] == [parts.year, parts.month, parts.day])
            #expect(date.weekday.rawValue + 1 == parts.weekday)
        }
    }

    @Test func thereIsNothingOutsideTheYears1To9999() throws {
        #expect(LocalDate.min.adding(days: -1) == nil)
        #expect(LocalDate.max.adding(days: 1) == nil)
        #expect(LocalDate.max.adding(days: .max) == nil)
        #expect(LocalDate.min.adding(days: .min) == nil)
        #expect(LocalDate.min.adding(months: -1) == nil)
        #expect(LocalDate.max.adding(months: 1) == nil)
        #expect(LocalDate.max.adding(months: .max) == nil)
        #expect(LocalDate.min.adding(months: .min) == nil)
        #expect(LocalDate.min.adding(days: LocalDate.max.days(since: .min)) == .max)
        #expect(LocalDate.min.adding(months: 9999 * 12 - 1, anchorDay: 31) == .max)
    }

    @Test(arguments: [
        ("2024-01-31", 1, 31, "2024-02-29"), ("2023-01-31", 1, 31, "2023-02-28"), ("2024-02-29", 1, 31, "2024-03-31"),
        ("2024-02-29", 12, 29, "2025-02-28"), ("2024-02-29", 48, 29, "2028-02-29"),
        ("2024-01-15", -1, 31, "2023-12-31"), ("2024-03-31", -1, 30, "2024-02-29"), ("2100-01-30", 1, 30, "2100-02-28"),
    ])
    func aMonthThatIsTooShortGivesItsLastDay(from: String, months: Int, anchorDay: Int, to: String) throws {
        let date = try #require(LocalDate(from))
        #expect(date.adding(months: months, anchorDay: anchorDay)?.description == to)
    }

    @Test func anAnchorDayThatNoMonthHasIsRefused() {
        #expect(LocalDate.min.adding(months: 1, anchorDay: 0) == nil)
        #expect(LocalDate.min.adding(months: 1, anchorDay: 32) == nil)
    }
}

@Suite struct LocalDateTimeTests {
    @Test(arguments: [
        ("2024-01-31", "2024-01-31T00:00:00"), ("2024-01-31T09:00", "2024-01-31T09:00:00"),
        ("2024-01-31 09:00", "2024-01-31T09:00:00"), ("2024-01-31T23:59:59", "2024-01-31T23:59:59"),
        ("0001-01-01 00:00:01", "0001-01-01T00:00:01"),
    ])
    func aLocalTimeIsReadInThreeFormsAndWrittenInOne(text: String, written: String) {
        #expect(LocalDateTime(text)?.description == written)
    }

    @Test(arguments: [
        "2024-01-31T", "2024-01-31T24:00", "2024-01-31T09:60", "2024-01-31T09:00:60", "2024-01-31T9:00",
        "2024-01-31T09", "2024-01-31T09:00Z", "2024-01-31T09:00:00+01:00", "2024-01-31T09:00:00.5", "2024-01-31t09:00",
        "2024-01-31  09:00", "2024-01-31T09:00:", "2023-02-29T09:00",
    ])
    func whatIsNotALocalTimeIsRefused(text: String) {
        #expect(LocalDateTime(text) == nil)
    }

    @Test func localTimesAreInTheOrderOfTheirTexts() throws {
        var generator = SeededGenerator(seed: 2)
        let moments = (0..<500).map { _ in
            FoundationZones.wall(Int.random(in: -62_135_596_800..<253_402_300_800, using: &generator))
        }
        #expect(moments.sorted().map(\.description) == moments.map(\.description).sorted())
    }
}

@Suite struct InstantTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2024-01-31T09:00:00Z", 1_706_691_600_000),
        ("2024-01-31 09:00:00.25Z", 1_706_691_600_250), ("2024-01-31T09:00:00.123456Z", 1_706_691_600_123),
        ("2024-01-31T10:00:00+01:00", 1_706_691_600_000), ("2024-01-31T03:30:00-05:30", 1_706_691_600_000),
        ("1969-12-31T23:59:59.999Z", -1), ("0001-01-01T00:00:00Z", -62_135_596_800_000),
    ])
    func anInstantIsReadByRFC3339(text: String, milliseconds: Int64) {
        #expect(Instant(rfc3339: text) == Instant(milliseconds: milliseconds))
    }

    @Test(arguments: [
        "", "2024-01-31", "2024-01-31T09:00:00", "2024-01-31T09:00Z", "2024-01-31T09:00:00.Z", "2024-01-31T09:00:60Z",
        "2024-01-31T09:00:00+24:00", "2024-01-31T09:00:00+0100", "2024-01-31T09:00:00 Z", "2024-01-31T09:00:00ZZ",
        "2024-02-30T09:00:00Z", "now",
    ])
    func whatIsNotAnInstantIsRefused(text: String) {
        #expect(Instant(rfc3339: text) == nil)
    }

    @Test func anInstantIsReadBackFromWhatWasWritten() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            let milliseconds = Int64.random(in: -62_135_596_800_000..<253_402_300_800_000, using: &generator)
            let instant = Instant(milliseconds: milliseconds)
            #expect(Instant(rfc3339: instant.rfc3339Milliseconds) == instant)
            #expect(Instant(rfc3339: instant.rfc3339Seconds) == Instant(seconds: instant.seconds))
        }
        #expect(Instant(milliseconds: 1500).description == "1970-01-01T00:00:01.500Z")
        #expect(Instant(milliseconds: 2000).description == "1970-01-01T00:00:02Z")
    }

    @Test func addingTooMuchStopsAtTheLastInstantThatCanBeStored() {
        let last = Instant(milliseconds: .max)
        #expect(Instant(seconds: 5).adding(days: .max) == last)
        #expect(last.adding(milliseconds: 1) == last)
        #expect(Instant(seconds: .min) == Instant(milliseconds: .min))
        #expect(Instant(seconds: -5).adding(hours: .min) == Instant(milliseconds: .min))
        #expect(last.milliseconds(since: Instant(milliseconds: .min)) == .max)
        #expect(Instant(seconds: 60).adding(minutes: 2) == Instant(seconds: 180))
        #expect(Zone.utc.local(of: last) == .max)
        #expect(Zone.utc.local(of: Instant(milliseconds: .min)) == .min)
    }
}
