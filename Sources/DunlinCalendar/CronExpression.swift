/// The five fields of cron: minute, hour, day of month, month, day of week.
///
/// Each holds `*`, a number, a range, a step after `*` or a range, or a list of these; months and days of the week also
/// have their English names in three letters; Sunday is 0 and 7. Where both fields of days are restricted, a day that
/// fits either one fires; a field that starts with a star counts as not restricted. That is the rule of the cron that
/// Linux systems run, see crontab(5).
public struct CronExpression: Hashable, Sendable {
    /// The five fields as they were written, one space between them.
    public let text: String
    private let minute: CronField.Numbers
    private let hour: CronField.Numbers
    private let dayOfMonth: CronField.Numbers
    private let month: CronField.Numbers
    private let dayOfWeek: CronField.Numbers

    /// Reads five fields with blanks between them.
    ///
    /// - Throws: a `CalendarError` that names the field and says what is allowed.
    public init(_ text: String) throws(CalendarError) {
        let fields = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard fields.count == 5 else {
            throw CalendarError(
                code: .missingCronField,
                text: "\(fields.count) fields; give five: minute, hour, day of month, month, day of week")
        }
        try self.init(fields: fields)
    }

    /// `fields` are five.
    private init(fields: [String]) throws(CalendarError) {
        var numbers: [CronField.Numbers] = []
        for (field, text) in zip(CronField.all, fields) { numbers.append(try field.read(text)) }
        self.init(text: fields.joined(separator: " "), numbers: numbers)
    }

    /// `numbers` are those of the five fields, in order.
    init(text: String, numbers: [CronField.Numbers]) {
        self.text = text
        minute = numbers[0]
        hour = numbers[1]
        dayOfMonth = numbers[2]
        month = numbers[3]
        dayOfWeek = numbers[4]
    }

    /// Whether it fires in each of the 24 hours of a day on which it fires.
    public var isEveryHour: Bool { hour.bits == (1 << 24) - 1 }

    /// Whether it fires at some time on this day.
    public func fires(on date: LocalDate) -> Bool {
        guard month.contains(date.month) else { return false }
        let fitsMonth = dayOfMonth.contains(date.day)
        let fitsWeek = dayOfWeek.contains(date.weekday.rawValue)
        let isEither = !dayOfMonth.startsWithStar && !dayOfWeek.startsWithStar
        return isEither ? fitsMonth || fitsWeek : fitsMonth && fitsWeek
    }

    /// The first day on or after a date, and not after `last`, on which it fires.
    ///
    /// The search ends after 400 years, in which the calendar has shown everything it has: what has not fired by then,
    /// such as 30 February, never does.
    func firstDate(onOrAfter date: LocalDate, through last: LocalDate) -> LocalDate? {
        let end = Swift.min(last, date.adding(months: 400 * 12) ?? .max)
        var candidate = date
        while candidate <= end {
            if fires(on: candidate) { return candidate }
            let next =
                month.contains(candidate.month)
                ? candidate.adding(days: 1) : candidate.adding(months: 1, anchorDay: 1)
            guard let next else { return nil }
            candidate = next
        }
        return nil
    }

    /// The times of a day at which it fires, in order.
    var times: some Sequence<LocalTime> {
        hours.lazy.flatMap { hour in minutes.lazy.map { LocalTime(secondOfDay: hour * 3600 + $0 * 60) } }
    }

    var hours: [Int] { (0...23).filter { hour.contains($0) } }
    var minutes: [Int] { (0...59).filter { minute.contains($0) } }
}

extension CronExpression: CustomStringConvertible {
    public var description: String { text }
}
