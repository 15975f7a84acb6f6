import DunlinCalendar
import DunlinCore
import Testing

struct BackfillRangeTests {
    @Test func bothEndsBelongToARange() throws {
        let range = try BackfillRange("2026-07-01..2026-09-30")
        let days = ["2026-06-30", "2026-07-01", "2026-09-30", "2026-10-01"].compactMap { LocalDate($0) }
        #expect(days.map(range.contains) == [false, true, true, false])
    }

    @Test(arguments: ["", "2026-07-01", "2026-07-01..", "2026-07-01...2026-09-30", "01.07.2026..30.09.2026"])
    func whatIsNoRangeIsRefused(text: String) {
        #expect(throws: BackfillRange.Problem.self) { try BackfillRange(text) }
    }

    @Test(arguments: [
        ("2026-09-30..2026-07-01", "ends before it begins"), ("2026-07-01..2026-11-22", "ends in the future"),
        ("2025-07-01..2026-09-30", "has 457 days"),
    ])
    func aRangeThatCannotBeMeantIsRefused(text: String, why: String) throws {
        let range = try BackfillRange(text)
        let today = try #require(LocalDate("2026-11-21"))
        let problem = #expect(throws: BackfillRange.Problem.self) { try range.check(today: today, daysMax: 400) }
        #expect(problem?.description.contains(why) == true)
    }
}
