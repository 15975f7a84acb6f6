public import Foundation

/// A point in time: whole milliseconds since 1970-01-01T00:00:00Z, the form in which every time is stored.
///
/// An integer rather than `Date`, so that what is compared in Swift and in SQL is the same number.
public struct Instant: Hashable, Comparable, Sendable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }
    /// Far outside the calendar, the furthest instant that can be stored.
    public init(seconds: Int64) {
        self.milliseconds = saturating(seconds.multipliedReportingOverflow(by: 1000), seconds)
    }
    public init(_ date: Date) { self.milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded(.down)) }

    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 {
        let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    public var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

    public static func < (left: Instant, right: Instant) -> Bool { left.milliseconds < right.milliseconds }

    /// Adding never overflows: what lies beyond the last instant that can be stored is that instant, so that an absurd
    /// delay means "never" and not an end of the process.
    public func adding(milliseconds: Int64) -> Instant {
        Instant(milliseconds: saturating(self.milliseconds.addingReportingOverflow(milliseconds), milliseconds))
    }
    public func adding(seconds: Int64) -> Instant { adding(seconds, of: 1000) }
    public func adding(minutes: Int64) -> Instant { adding(minutes, of: 60_000) }
    public func adding(hours: Int64) -> Instant { adding(hours, of: 3_600_000) }
    public func adding(days: Int64) -> Instant { adding(days, of: 86_400_000) }

    /// Milliseconds from `other` to this instant; negative when `other` is later.
    public func milliseconds(since other: Instant) -> Int64 {
        saturating(milliseconds.subtractingReportingOverflow(other.milliseconds), milliseconds)
    }

    private func adding(_ count: Int64, of milliseconds: Int64) -> Instant {
        adding(milliseconds: saturating(count.multipliedReportingOverflow(by: milliseconds), count))
    }
}

/// The result, or the furthest number on the side of `direction`'s sign.
private func saturating(_ result: (partialValue: Int64, overflow: Bool), _ direction: Int64) -> Int64 {
    guard result.overflow else { return result.partialValue }
    return direction < 0 ? .min : .max
}

extension Instant: Codable {
    public init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
}
