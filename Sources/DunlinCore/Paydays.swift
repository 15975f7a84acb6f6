public import DunlinCalendar

/// The days on which accounts are full, and the time at which a try on one of them is made.
public struct Paydays: Hashable, Sendable {
    public enum Day: Hashable, Sendable {
        /// Any of the days that count as pay days.
        case payday
        case ofMonth(Int)
        /// The last day of a month that is no Saturday or Sunday.
        case lastWorkingDay
        case weekday(Weekday)

        /// Reads `payday`, `1st`, `15` or `15th`, `last_working_day`, `friday`.
        public init?(_ text: String) {
            if text == "payday" {
                self = .payday
            } else if text == "last_working_day" {
                self = .lastWorkingDay
            } else if let weekday = Weekday.allCases.first(where: { "\($0)" == text }) {
                self = .weekday(weekday)
            } else {
                let digits = text.prefix { $0.isASCII && $0.isNumber }
                guard let day = Int(digits), (1...31).contains(day),
                    ["", Self.ending(of: day)].contains(String(text.dropFirst(digits.count)))
                else { return nil }
                self = .ofMonth(day)
            }
        }

        public var text: String {
            switch self {
            case .payday: "payday"
            case .ofMonth(let day): "\(day)\(Self.ending(of: day))"
            case .lastWorkingDay: "last_working_day"
            case .weekday(let weekday): "\(weekday)"
            }
        }

        private static func ending(of day: Int) -> String {
            if (11...13).contains(day) { return "th" }
            return ["1": "st", "2": "nd", "3": "rd"][String(day % 10)] ?? "th"
        }
    }

    /// Two tries are at least so far apart, however close the next pay day is.
    public static let apartSeconds: Int64 = 6 * 3600

    public var days: [Day]
    /// Local time of the customer.
    public var time: LocalTime

    /// - Parameters:
    ///   - days: what `payday` stands for.
    ///   - time: one minute after midnight by default: what was paid in during the night is there, and debit cards do
    ///     slightly better then (docs.stripe.com, Smart Retries).
    public init(
        days: [Day] = [.ofMonth(1), .ofMonth(15), .lastWorkingDay, .weekday(.friday)],
        time: LocalTime = LocalTime(hour: 0, minute: 1) ?? .midnight
    ) {
        self.days = days
        self.time = time
    }

    /// The first such day whose time is at least six hours away.
    public func next(_ day: Day, after now: Instant, in zone: Zone) -> Instant {
        let earliest = now.adding(seconds: Self.apartSeconds)
        let today = zone.local(of: now).date
        // The 31st comes at least every 62 days.
        for offset in 0...63 {
            guard let date = today.adding(days: offset), matches(date, day) else { continue }
            let instant = zone.instant(of: LocalDateTime(date: date, time: time)).instant
            if instant >= earliest { return instant }
        }
        return now.adding(days: 7)
    }

    public func matches(_ date: LocalDate, _ day: Day) -> Bool {
        switch day {
        case .payday: days.contains { $0 != .payday && matches(date, $0) }
        case .ofMonth(let number): date.day == number
        case .lastWorkingDay: date == Self.lastWorkingDay(ofMonthOf: date)
        case .weekday(let weekday): date.weekday == weekday
        }
    }

    private static func lastWorkingDay(ofMonthOf date: LocalDate) -> LocalDate? {
        let length = LocalDate.length(ofMonth: date.month, year: date.year)
        guard let last = LocalDate(year: date.year, month: date.month, day: length) else { return nil }
        switch last.weekday {
        case .saturday: return last.adding(days: -1)
        case .sunday: return last.adding(days: -2)
        case .monday, .tuesday, .wednesday, .thursday, .friday: return last
        }
    }
}
