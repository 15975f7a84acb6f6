public import DunlinCalendar
public import DunlinCore

/// The value of one column in one row.
public enum Cell: Hashable, Sendable {
    /// Not known, or not applicable.
    case empty
    case text(String)
    case integer(Int64)
    case money(Money)
    case date(LocalDate)
    case time(Instant)

    /// The text of an optional value, or an empty cell.
    public init(_ text: String?) { self = text.map(Cell.text) ?? .empty }
    public init(_ number: Int64?) { self = number.map(Cell.integer) ?? .empty }
    public init(_ money: Money?) { self = money.map(Cell.money) ?? .empty }
    public init(_ date: LocalDate?) { self = date.map(Cell.date) ?? .empty }
    public init(_ time: Instant?) { self = time.map(Cell.time) ?? .empty }

    /// The value as it is written in files: dates `yyyy-MM-dd`, times RFC 3339 in UTC, money in major units, never in
    /// the format of a locale.
    public var plainText: String {
        switch self {
        case .empty: ""
        case .text(let text): text
        case .integer(let number): String(number)
        case .money(let money): money.majorUnits
        case .date(let date): date.description
        case .time(let instant): instant.rfc3339Seconds
        }
    }

    /// True for text, the one kind that a spreadsheet could take for a formula.
    var isText: Bool {
        if case .text = self { return true }
        return false
    }
}
