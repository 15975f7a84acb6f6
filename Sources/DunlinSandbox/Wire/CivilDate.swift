/// A calendar date in UTC with its time of day, from milliseconds since 1970. Proleptic Gregorian.
struct CivilDate: Hashable {
    let year: Int64
    let month: Int64
    let day: Int64
    /// Seconds after midnight.
    let secondOfDay: Int64
    /// 0 is Sunday.
    let weekday: Int64

    init(milliseconds: Int64) {
        let seconds = Self.floorDivide(milliseconds, 1000)
        let days = Self.floorDivide(seconds, 86_400)
        secondOfDay = seconds - days * 86_400
        weekday = (days + 4) - Self.floorDivide(days + 4, 7) * 7
        // Days since 0000-03-01, so that the leap day is the last of its year; eras have 400 years.
        let shifted = days + 719_468
        let era = Self.floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Midnight UTC at the first of a month, in milliseconds since 1970; months beyond 12 run into the next years.
    static func startOfMonth(year: Int64, month: Int64) -> Int64 {
        let months = year * 12 + month - 1
        let year = floorDivide(months, 12)
        let month = months - year * 12 + 1
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = floorDivide(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + (153 * monthFromMarch + 2) / 5
        return (era * 146_097 + dayOfEra - 719_468) * 86_400_000
    }

    /// Whole seconds since 1970, rounded down.
    static func seconds(_ milliseconds: Int64) -> Int64 { floorDivide(milliseconds, 1000) }

    private static func floorDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
        let quotient = dividend / divisor
        return dividend % divisor < 0 ? quotient - 1 : quotient
    }

    private var daysInMonth: Int64 {
        (Self.startOfMonth(year: year, month: month + 1) - Self.startOfMonth(year: year, month: month)) / 86_400_000
    }

    /// The 1st, the 15th, the last working day of the month, or a Friday.
    var isPayday: Bool {
        if day == 1 || day == 15 || weekday == 5 { return true }
        let left = daysInMonth - day
        let weekdayAtEnd = (weekday + left) % 7
        let weekendAtEnd: Int64 = weekdayAtEnd == 6 ? 1 : weekdayAtEnd == 0 ? 2 : 0
        return left == weekendAtEnd
    }

    /// The form of the `Date` header (RFC 9110).
    var httpDate: String {
        "\(Self.weekdays[Int(weekday)]), \(Self.padded(day)) \(Self.months[Int(month) - 1]) \(year) "
            + "\(Self.padded(secondOfDay / 3600)):\(Self.padded(secondOfDay / 60 % 60)):\(Self.padded(secondOfDay % 60))"
            + " GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func padded(_ value: Int64) -> String { value < 10 ? "0\(value)" : String(value) }
}
