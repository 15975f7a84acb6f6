import DunlinCalendar
import DunlinCore
import Testing

@Suite struct PaydaysTests {
    private let berlin = Zone("Europe/Berlin") ?? .utc
    private let paydays = Paydays()

    private func local(_ text: String) -> Instant {
        LocalDateTime(text).map { berlin.instant(of: $0).instant } ?? Instant(milliseconds: 0)
    }

    private func next(_ delay: String, after now: String) -> String? {
        RetryDelay(delay).map {
            berlin.local(of: $0.next(after: local(now), in: berlin, paydays: paydays)).description
        }
    }

    @Test(arguments: [
        // 2026-02-27 is a Friday and the last working day; 1 March is a Sunday.
        ("next payday", "2026-02-26T12:00", "2026-02-27T00:01:00"),
        ("next payday", "2026-02-27T00:01", "2026-03-01T00:01:00"),
        ("next payday", "2026-03-01T10:00", "2026-03-06T00:01:00"),
        ("next payday", "2026-03-13T09:00", "2026-03-15T00:01:00"),
        ("next payday", "2026-03-28T09:00", "2026-03-31T00:01:00"),
        ("next 1st", "2026-02-27T09:00", "2026-03-01T00:01:00"),
        ("next 15th", "2026-03-15T09:00", "2026-04-15T00:01:00"),
        ("next friday", "2026-02-27T09:00", "2026-03-06T00:01:00"),
        ("next last_working_day", "2026-05-01T09:00", "2026-05-29T00:01:00"),
        ("next 31st", "2026-02-01T09:00", "2026-03-31T00:01:00"),
        ("3d", "2026-02-27T09:00", "2026-03-02T09:00:00"), ("4h", "2026-02-27T22:00", "2026-02-28T02:00:00"),
    ]) func theNextTryFallsOnTheDayThatIsNamed(delay: String, now: String, expected: String) {
        #expect(next(delay, after: now) == expected)
    }

    @Test func aPaydayThatIsAlmostThereIsPassedOver() {
        #expect(next("next payday", after: "2026-03-05T18:00") == "2026-03-06T00:01:00")
        #expect(next("next payday", after: "2026-03-05T18:02") == "2026-03-13T00:01:00")
    }

    @Test func theHourIsTheCustomersAlsoWhereClocksChange() {
        // Sunday 29 March 2026 has 23 hours in Berlin; the 31st is the last working day.
        #expect(local("2026-03-31T00:01").rfc3339Seconds == "2026-03-30T22:01:00Z")
        #expect(next("next payday", after: "2026-03-28T12:00") == "2026-03-31T00:01:00")
    }

    @Test(arguments: [
        "next", "next day", "next 32nd", "next 1th", "next payday now", "3", "0d", "-3d", "+3d", "400d", "3w", "d", "",
    ])
    func whatIsNoDelayIsRefused(text: String) {
        #expect(RetryDelay(text) == nil)
    }

    @Test(arguments: ["30m", "6h", "3d", "next payday", "next 1st", "next 22nd", "next 13th", "next friday"])
    func aDelayIsWrittenAsItIsRead(text: String) {
        #expect(RetryDelay(text)?.text == text)
    }

    @Test func whicheverMonthItIsTheLastWorkingDayIsNoWeekend() {
        for month in 1...36 {
            guard let first = LocalDate(year: 2026, month: 1, day: 1)?.adding(months: month - 1) else { continue }
            let days = (0..<31).compactMap { first.adding(days: $0) }.filter {
                $0.month == first.month && paydays.matches($0, .lastWorkingDay)
            }
            #expect(days.count == 1)
            #expect(days.allSatisfy { $0.weekday != .saturday && $0.weekday != .sunday && $0.day >= 26 })
        }
    }
}
