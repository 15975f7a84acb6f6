/// A time of day on a wall clock, to the second, without a zone.
public struct LocalTime: Hashable, Sendable {
    public let hour: Int
    public let minute: Int
    public let second: Int

    public static let midnight = LocalTime(secondOfDay: 0)

    /// Nil if there is no such time; leap seconds are not accepted.
    public init?(hour: Int, minute: Int, second: Int = 0) {
        guard (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second) else { return nil }
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// Reads `HH:mm` or `HH:mm:ss`.
    public init?(_ text: String) {
        var digits = Digits(text)
        self.init(reading: &digits)
        guard digits.isAtEnd else { return nil }
    }

    init?(reading digits: inout Digits) {
        guard let hour = digits.number(width: 2), digits.take(":"), let minute = digits.number(width: 2) else {
            return nil
        }
        guard digits.take(":") else {
            self.init(hour: hour, minute: minute)
            return
        }
        guard let second = digits.number(width: 2) else { return nil }
        self.init(hour: hour, minute: minute, second: second)
    }

    /// `secondOfDay` is 0 to 86 399.
    init(secondOfDay: Int) {
        hour = secondOfDay / 3600
        minute = secondOfDay / 60 % 60
        second = secondOfDay % 60
    }

    public var secondOfDay: Int { hour * 3600 + minute * 60 + second }
}

extension LocalTime: Comparable {
    public static func < (left: LocalTime, right: LocalTime) -> Bool { left.secondOfDay < right.secondOfDay }
}

extension LocalTime: CustomStringConvertible {
    /// `HH:mm:ss`.
    public var description: String { "\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))" }
}
