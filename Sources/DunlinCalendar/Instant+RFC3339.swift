extension Instant {
    /// Reads a time of RFC 3339: `2024-01-31T09:00:00Z`, also with a fraction of a second, a space for the T and an
    /// offset such as `+01:00`. Digits beyond the millisecond are dropped; leap seconds are not accepted.
    public init?(rfc3339 text: String) {
        var digits = Digits(text)
        guard text.utf8.count > "yyyy-MM-ddTHH:mm:".utf8.count, let local = LocalDateTime(reading: &digits),
            text.utf8.dropFirst(16).first == UInt8(ascii: ":")
        else { return nil }
        var milliseconds = 0
        if digits.take(".") {
            let fraction = digits.run()
            guard !fraction.isEmpty, let value = Int((fraction + "00").prefix(3)) else { return nil }
            milliseconds = value
        }
        guard let offset = Instant.offsetSeconds(reading: &digits), digits.isAtEnd else { return nil }
        self.init(milliseconds: Int64((local.wallSeconds - offset) * 1000 + milliseconds))
    }

    private static func offsetSeconds(reading digits: inout Digits) -> Int? {
        if digits.take("Z") { return 0 }
        let sign: Int
        if digits.take("+") {
            sign = 1
        } else if digits.take("-") {
            sign = -1
        } else {
            return nil
        }
        guard let hours = digits.number(width: 2), digits.take(":"), let minutes = digits.number(width: 2),
            hours < 24, minutes < 60
        else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    /// The time in UTC by RFC 3339, to the second: `2024-01-31T09:00:00Z`.
    public var rfc3339Seconds: String { "\(LocalDateTime(nearestToWallSeconds: Int(seconds)))Z" }

    /// The time in UTC by RFC 3339, to the millisecond: `2024-01-31T09:00:00.000Z`. The order of these texts is the
    /// order of the instants.
    public var rfc3339Milliseconds: String {
        let fraction = (milliseconds % 1000 + 1000) % 1000
        return "\(LocalDateTime(nearestToWallSeconds: Int(seconds))).\(padded(Int(fraction), 3))Z"
    }
}

extension Instant: CustomStringConvertible {
    /// By RFC 3339 in UTC, with milliseconds where there are some.
    public var description: String { milliseconds % 1000 == 0 ? rfc3339Seconds : rfc3339Milliseconds }
}
