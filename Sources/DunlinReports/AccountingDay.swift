public import DunlinCalendar

/// A day as the books count it: a local date in the accounting time zone.
public struct AccountingDay: Hashable, Sendable {
    public let date: LocalDate
    public let zone: Zone

    public init(date: LocalDate, zone: Zone) {
        self.date = date
        self.zone = zone
    }

    /// The day that `instant` lies in.
    public init(of instant: Instant, zone: Zone) { self.init(date: zone.local(of: instant).date, zone: zone) }

    /// The first instant of the day that is so many days later; the ends of time where the calendar has no such day.
    public func start(addingDays days: Int = 0) -> Instant {
        let day = date.adding(days: days) ?? (days < 0 ? .min : .max)
        return zone.instant(of: LocalDateTime(date: day)).instant
    }

    /// The local date of an instant in the same zone.
    public func localDate(of instant: Instant) -> LocalDate { zone.local(of: instant).date }
}
