/// One column of a report: the name that scripts rely on, and what its cells hold.
public struct ReportColumn: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Words, ids and names. Made safe for spreadsheets.
        case text
        case integer
        /// Major units with a dot and exactly the digits of the row's currency.
        case money
        /// `yyyy-MM-dd`.
        case date
        /// RFC 3339, UTC.
        case time
    }

    public let name: String
    public let kind: Kind

    public init(_ name: String, _ kind: Kind = .text) {
        self.name = name
        self.kind = kind
    }

    /// Numbers are set to the right in tables.
    var isNumber: Bool { kind == .integer || kind == .money }
}
