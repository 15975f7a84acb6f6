import Foundation

/// What the change of a zone's offset does to a wall time.
public enum LocalRule: String, Hashable, Sendable, Codable {
    /// The wall time does not exist: clocks jumped over it. It is moved forward by the jump.
    case gap
    /// The wall time comes twice. It is taken the first time.
    case overlap
}

/// A named time zone of the IANA database, such as `Europe/Berlin`.
///
/// The data are those that Foundation carries with it (`dataVersion`), not the machine's: the same build computes the
/// same instants everywhere, and an update of the operating system changes nothing.
///
/// Two facts about the data hold the lookups up, and a test checks both for every zone: no offset is further from UTC
/// than 16 hours, and no two changes of a zone lie within five days of each other. So at most one change can matter to
/// a wall time, and the offsets 16 hours before and after it, read as if it were UTC, are the two candidates.
public struct Zone: Sendable {
    /// The name as it was given; `UTC` stays `UTC`.
    public let identifier: String
    private let timeZone: TimeZone

    public static let utc = Zone(identifier: "UTC", timeZone: .gmt)

    /// Nil for a name that is not in the IANA database.
    ///
    /// Foundation also takes offsets such as `GMT+5` (and reads them with the sign opposite to `Etc/GMT+5`) and old
    /// three-letter names, some of which surprise: `BST` is Dhaka and `CST` Chicago. Both are refused here, since a
    /// mistaken zone bills on the wrong day.
    public init?(_ identifier: String) {
        if identifier == "UTC" {
            self = .utc
            return
        }
        guard !Zone.notInDatabase.contains(identifier), !identifier.hasPrefix("SystemV/"),
            let timeZone = TimeZone(identifier: identifier), timeZone.identifier == identifier
        else { return nil }
        self.init(identifier: identifier, timeZone: timeZone)
    }

    private init(identifier: String, timeZone: TimeZone) {
        self.identifier = identifier
        self.timeZone = timeZone
    }

    /// The release of the IANA data in use, such as `2025b`.
    public static var dataVersion: String { TimeZone.timeZoneDataVersion }

    /// When the wall shows `local`, and the rule that had to be applied, if any.
    ///
    /// In a gap the wall time moves forward by the gap (02:30 becomes 03:30); in an overlap it is the first.
    public func instant(of local: LocalDateTime) -> (instant: Instant, rule: LocalRule?) {
        let resolved = resolve(local)
        return (resolved.first, resolved.rule)
    }

    /// What the wall shows at `instant`; fractions of a second are dropped. Outside the years 1 to 9999 the nearest
    /// moment inside.
    public func local(of instant: Instant) -> LocalDateTime {
        let seconds = Int(instant.seconds)
        guard abs(seconds) < Zone.secondsMax else { return seconds < 0 ? .min : .max }
        return LocalDateTime(nearestToWallSeconds: seconds + offsetSeconds(atSecond: seconds))
    }

    /// Seconds to add to UTC to get the wall clock at `instant`.
    public func offsetSeconds(at instant: Instant) -> Int { offsetSeconds(atSecond: Int(instant.seconds)) }

    /// A wall time with everything the zone has to say about it.
    struct Resolved {
        /// When the wall shows it, the first time.
        var first: Instant
        /// When the wall shows it again, after an overlap.
        var second: Instant?
        var rule: LocalRule?
        /// The length of the gap, in seconds; 0 without one.
        var gapSeconds = 0
    }

    func resolve(_ local: LocalDateTime) -> Resolved {
        let wall = local.wallSeconds
        let before = offsetSeconds(atSecond: wall - Zone.offsetSecondsMax)
        let after = offsetSeconds(atSecond: wall + Zone.offsetSecondsMax)
        let early = Instant(seconds: Int64(wall - before))
        guard before != after else { return Resolved(first: early) }
        let late = Instant(seconds: Int64(wall - after))
        let isBefore = offsetSeconds(atSecond: wall - before) == before
        let isAfter = offsetSeconds(atSecond: wall - after) == after
        switch (isBefore, isAfter) {
        case (true, true): return Resolved(first: early, second: late, rule: .overlap)
        case (true, false): return Resolved(first: early)
        case (false, true): return Resolved(first: late)
        case (false, false): return Resolved(first: early, rule: .gap, gapSeconds: after - before)
        }
    }

    /// The offset that is in force on the whole of a day, in seconds; nil if it may change within or next to the day.
    func steadyOffsetSeconds(on date: LocalDate) -> Int? {
        let midnight = date.dayNumber * secondsPerDay
        let before = offsetSeconds(atSecond: midnight - Zone.offsetSecondsMax)
        let after = offsetSeconds(atSecond: midnight + secondsPerDay + Zone.offsetSecondsMax)
        return before == after ? before : nil
    }

    private func offsetSeconds(atSecond second: Int) -> Int {
        timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second)))
    }

    private static let offsetSecondsMax = 16 * 3600
    /// Far outside the years 1 to 9999, and far inside what a `Double` holds exactly.
    private static let secondsMax = 1_000_000_000_000

    /// Names that Foundation's data add to those of the IANA database.
    private static let notInDatabase: Set<String> = [
        "ACT", "AET", "AGT", "ART", "AST", "BET", "BST", "CAT", "CNT", "CST", "CTT", "EAT", "ECT", "IET", "IST",
        "JST", "MIT", "NET", "NST", "PLT", "PNT", "PRT", "PST", "SST", "VST",
    ]
}

extension Zone: Hashable {
    public static func == (left: Zone, right: Zone) -> Bool { left.identifier == right.identifier }

    public func hash(into hasher: inout Hasher) { hasher.combine(identifier) }
}

extension Zone: CustomStringConvertible {
    public var description: String { identifier }
}

extension Zone: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let identifier = try container.decode(String.self)
        guard let zone = Zone(identifier) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(identifier)\" is not a time zone of the IANA database")
        }
        self = zone
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(identifier)
    }
}
