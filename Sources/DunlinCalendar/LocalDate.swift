/// A day of the Gregorian calendar, without a zone, in the years 1 to 9999.
///
/// The Gregorian rule is applied to all years, as ISO 8601 does.
public struct LocalDate: Hashable, Sendable {
    public let year: Int
    public let month: Int
    public let day: Int

    public static let min = LocalDate(uncheckedYear: 1, month: 1, day: 1)
    public static let max = LocalDate(uncheckedYear: 9999, month: 12, day: 31)

    /// Nil if there is no such day.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= LocalDate.length(ofMonth: month, year: year)
        else { return nil }
        self.init(uncheckedYear: year, month: month, day: day)
    }

    /// Reads `yyyy-MM-dd`, and nothing else.
    public init?(_ text: String) {
        var digits = Digits(text)
        self.init(reading: &digits)
        guard digits.isAtEnd else { return nil }
    }

    init?(reading digits: inout Digits) {
        guard let year = digits.number(width: 4), digits.take("-"), let month = digits.number(width: 2),
            digits.take("-"), let day = digits.number(width: 2)
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// The day that is so many days after 1970-01-01; nil outside the years 1 to 9999.
    public init?(dayNumber: Int) {
        guard (LocalDate.dayNumberMin...LocalDate.dayNumberMax).contains(dayNumber) else { return nil }
        self = LocalDate.civil(dayNumber: dayNumber)
    }

    private init(uncheckedYear year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Days since 1970-01-01, negative before it.
    public var dayNumber: Int {
        // Years are counted from March, so that the leap day is the last day of its year.
        let shiftedYear = month > 2 ? year : year - 1
        let shiftedMonth = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + day - 1
        let leapDays = shiftedYear / 4 - shiftedYear / 100 + shiftedYear / 400
        return shiftedYear * 365 + leapDays + dayOfYear - LocalDate.daysFromYearZeroTo1970
    }

    public var weekday: Weekday {
        // 1970-01-01 was a Thursday.
        let index = (dayNumber % 7 + 7 + Weekday.thursday.rawValue) % 7
        return Weekday(rawValue: index) ?? .sunday
    }

    /// Nil outside the years 1 to 9999.
    public func adding(days: Int) -> LocalDate? {
        let (sum, isOverflow) = dayNumber.addingReportingOverflow(days)
        return isOverflow ? nil : LocalDate(dayNumber: sum)
    }

    /// The day `anchorDay` of the month that is `months` later, or the last day of that month if it is shorter.
    ///
    /// The day is always taken from the anchor, never from a date that was itself shortened: otherwise 31 January
    /// would become 28 February and then 28 March. Nil outside the years 1 to 9999, and if `anchorDay` is not 1 to 31.
    public func adding(months: Int, anchorDay: Int) -> LocalDate? {
        let (sum, isOverflow) = monthNumber.addingReportingOverflow(months)
        return isOverflow ? nil : LocalDate(monthNumber: sum, anchorDay: anchorDay)
    }

    /// The same day `months` later, or the last day of that month if it is shorter.
    public func adding(months: Int) -> LocalDate? { adding(months: months, anchorDay: day) }

    /// Days from `other` to this day; negative when `other` is later.
    public func days(since other: LocalDate) -> Int { dayNumber - other.dayNumber }

    /// The number of days of a month; `month` is 1 to 12.
    public static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: isLeap(year: year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    public static func isLeap(year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    /// Months since the start of year 0, the form in which months are counted.
    var monthNumber: Int { year * 12 + month - 1 }

    init?(monthNumber: Int, anchorDay: Int) {
        guard (12..<120_000).contains(monthNumber), (1...31).contains(anchorDay) else { return nil }
        let (year, month) = (monthNumber / 12, monthNumber % 12 + 1)
        let length = LocalDate.length(ofMonth: month, year: year)
        self.init(uncheckedYear: year, month: month, day: Swift.min(anchorDay, length))
    }

    /// Days from 0000-03-01 to 1970-01-01.
    private static let daysFromYearZeroTo1970 = 719_468
    private static let dayNumberMin = -719_162
    private static let dayNumberMax = 2_932_896

    private static func civil(dayNumber: Int) -> LocalDate {
        // The inverse of `dayNumber`, in cycles of 400 years, which all have the same number of days.
        let days = dayNumber + daysFromYearZeroTo1970
        let cycle = days / 146_097
        let dayOfCycle = days % 146_097
        let yearOfCycle =
            (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
        return LocalDate(uncheckedYear: year, month: month, day: day)
    }
}

extension LocalDate: Comparable {
    public static func < (left: LocalDate, right: LocalDate) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }
}

extension LocalDate: CustomStringConvertible {
    /// `yyyy-MM-dd`; the order of these texts is the order of the days.
    public var description: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }
}

extension LocalDate: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let date = LocalDate(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text)\" is not a date of the form 2024-01-31")
        }
        self = date
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
