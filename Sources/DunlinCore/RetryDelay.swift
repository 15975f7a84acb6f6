public import DunlinCalendar

/// How long after a decline the next try comes.
public enum RetryDelay: Hashable, Sendable {
    case seconds(Int64)
    /// On the next such day, at the local time of `Paydays`.
    case next(Paydays.Day)

    /// Reads `30m`, `6h`, `3d` or `next payday`, `next 1st`, `next 15th`, `next friday`; nil for anything else.
    public init?(_ text: String) {
        let words = text.split(separator: " ")
        if words.count == 2, words[0] == "next" {
            guard let day = Paydays.Day(String(words[1])) else { return nil }
            self = .next(day)
        } else {
            guard let seconds = Self.seconds(of: text) else { return nil }
            self = .seconds(seconds)
        }
    }

    /// Seconds of a length of time such as `30m`, `6h` or `3d`; nil for anything else, for nothing and for more than a
    /// year.
    public static func seconds(of text: String) -> Int64? {
        guard let unit = text.last, let count = Int64(text.dropLast()), text.first != "+" else { return nil }
        let perUnit: [Character: Int64] = ["m": 60, "h": 3600, "d": 86_400]
        guard let length = perUnit[unit], (1...366 * 86_400 / length).contains(count) else { return nil }
        return count * length
    }

    /// When the next try is, for a customer in this zone.
    public func next(after now: Instant, in zone: Zone, paydays: Paydays) -> Instant {
        switch self {
        case .seconds(let seconds): now.adding(seconds: seconds)
        case .next(let day): paydays.next(day, after: now, in: zone)
        }
    }

    /// As the policy file writes it.
    public var text: String {
        switch self {
        case .seconds(let seconds): Self.text(seconds: seconds)
        case .next(let day): "next \(day.text)"
        }
    }

    /// `3d`, `6h`, `30m`: whole units, the largest that fits.
    public static func text(seconds: Int64) -> String {
        for (letter, length) in [("d", 86_400), ("h", 3600), ("m", 60)] as [(String, Int64)]
        where seconds % length == 0 && seconds >= length {
            return "\(seconds / length)\(letter)"
        }
        return "\(seconds)s"
    }
}
