import Foundation

/// The one point in time at which the tests' subscriptions come due, and what is told from it.
enum Dates {
    static let start = "2026-03-01T09:00:00Z"

    static var startSeconds: Int64 { Int64(date(start).timeIntervalSince1970) }

    static func after(_ seconds: Int) -> String {
        date(start).addingTimeInterval(Double(seconds)).formatted(.iso8601)
    }

    /// As the `Date` header has it.
    static func header(_ secondsSince1970: Int64) -> String {
        let style = Date.VerbatimFormatStyle(
            format:
                "\(weekday: .abbreviated), \(day: .twoDigits) \(month: .abbreviated) \(year: .padded(4)) \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits) GMT",
            locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian))
        return Date(timeIntervalSince1970: Double(secondsSince1970)).formatted(style)
    }

    private static func date(_ text: String) -> Date { (try? Date(text, strategy: .iso8601)) ?? .distantPast }
}
