/// What a calendar and a clock on the wall show, without a zone. Which instant it is, a `Zone` says.
public struct LocalDateTime: Hashable, Sendable {
    public let date: LocalDate
    public let time: LocalTime

    public static let min = LocalDateTime(date: .min, time: .midnight)
    public static let max = LocalDateTime(date: .max, time: LocalTime(secondOfDay: secondsPerDay - 1))

    public init(date: LocalDate, time: LocalTime = .midnight) {
        self.date = date
        self.time = time
    }

    /// Reads `2024-01-31` (midnight), `2024-01-31T09:00` or `2024-01-31T09:00:00`, also with a space for the T.
    public init?(_ text: String) {
        var digits = Digits(text)
        self.init(reading: &digits)
        guard digits.isAtEnd else { return nil }
    }

    init?(reading digits: inout Digits) {
        guard let date = LocalDate(reading: &digits) else { return nil }
        self.date = date
        guard digits.take("T") || digits.take(" ") else {
            time = .midnight
            return
        }
        guard let time = LocalTime(reading: &digits) else { return nil }
        self.time = time
    }

    /// The wall clock as a number: seconds since 1970-01-01T00:00:00 as that wall counts them, which is UTC only on a
    /// wall in UTC.
    var wallSeconds: Int { date.dayNumber * secondsPerDay + time.secondOfDay }

    /// Outside the years 1 to 9999 the nearest moment inside.
    init(nearestToWallSeconds seconds: Int) {
        let (quotient, remainder) = seconds.quotientAndRemainder(dividingBy: secondsPerDay)
        let dayNumber = remainder < 0 ? quotient - 1 : quotient
        guard let date = LocalDate(dayNumber: dayNumber) else {
            self = dayNumber < 0 ? .min : .max
            return
        }
        self.init(date: date, time: LocalTime(secondOfDay: seconds - dayNumber * secondsPerDay))
    }
}

let secondsPerDay = 86_400

extension LocalDateTime: Comparable {
    public static func < (left: LocalDateTime, right: LocalDateTime) -> Bool {
        (left.date, left.time) < (right.date, right.time)
    }
}

extension LocalDateTime: CustomStringConvertible {
    /// `yyyy-MM-ddTHH:mm:ss`; the order of these texts is the order of the times.
    public var description: String { "\(date)T\(time)" }
}

extension LocalDateTime: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = LocalDateTime(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "\"\(text)\" is not a local time of the form 2024-01-31T09:00:00")
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
