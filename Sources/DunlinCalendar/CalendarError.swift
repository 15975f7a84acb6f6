/// Why a date, a zone, an interval, a schedule or a cron line was not accepted.
///
/// `text` is one sentence that says what was read and what is allowed. It never repeats more than the value itself.
public struct CalendarError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case unknownUnit = "unknown_unit"
        case badIntervalCount = "bad_interval_count"
        case badBillOn = "bad_bill_on"
        case outOfCalendar = "out_of_calendar"
        case badCronField = "bad_cron_field"
        case missingCronField = "missing_cron_field"
        case badIdentifier = "bad_id"
        case repeatedIdentifier = "repeated_id"
        case unknownZone = "unknown_zone"
        case unknownKind = "unknown_kind"
        case badOption = "bad_option"
    }

    public let code: Code
    /// The line of the file, counted from 1, where there is a file.
    public let line: Int?
    /// The name of the field or option that is wrong, where there is one.
    public let field: String?
    public let text: String

    public init(code: Code, line: Int? = nil, field: String? = nil, text: String) {
        self.code = code
        self.line = line
        self.field = field
        self.text = text
    }

    public var description: String {
        var prefix = line.map { "line \($0): " } ?? ""
        if let field { prefix += "\(field): " }
        return prefix + text
    }

    func onLine(_ line: Int) -> CalendarError {
        CalendarError(code: code, line: line, field: field, text: text)
    }
}
