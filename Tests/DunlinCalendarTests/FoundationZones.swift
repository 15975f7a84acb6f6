import DunlinCalendar
import Foundation

/// What Foundation says about zones and dates: the independent computation that Dunlin's is compared with.
enum FoundationZones {
    static let identifiers = TimeZone.knownTimeZoneIdentifiers

    struct Transition {
        /// The first second with the new offset.
        var second: Int
        var before: Int
        var after: Int
    }

    /// The changes of a zone's offset from one second to another.
    static func transitions(of identifier: String, from start: Int, to end: Int) -> [Transition] {
        guard let zone = TimeZone(identifier: identifier) else { return [] }
        var found: [Transition] = []
        var date = Date(timeIntervalSince1970: Double(start))
        while let next = zone.nextDaylightSavingTimeTransition(after: date), next.timeIntervalSince1970 < Double(end) {
            let (before, after) = (zone.secondsFromGMT(for: next - 1), zone.secondsFromGMT(for: next))
            let second = Int(next.timeIntervalSince1970)
            if before != after { found.append(Transition(second: second, before: before, after: after)) }
            date = next
        }
        return found
    }

    static func calendar(_ identifier: String) -> Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: identifier) ?? .gmt
        return calendar
    }

    static func components(_ local: LocalDateTime) -> DateComponents {
        DateComponents(
            year: local.date.year, month: local.date.month, day: local.date.day, hour: local.time.hour,
            minute: local.time.minute, second: local.time.second)
    }

    /// What a wall that counts like UTC shows so many seconds after 1970.
    static func wall(_ seconds: Int) -> LocalDateTime {
        Zone.utc.local(of: Instant(seconds: Int64(seconds)))
    }
}
