/// A day of the week, numbered as in cron: Sunday is 0.
public enum Weekday: Int, Hashable, Sendable, CaseIterable {
    case sunday, monday, tuesday, wednesday, thursday, friday, saturday
}
