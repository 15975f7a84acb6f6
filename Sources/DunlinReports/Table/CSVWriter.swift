/// Writes CSV by RFC 4180: CRLF, commas, quotes doubled, a header also when there are no rows.
///
/// A text cell that a spreadsheet would take for a formula gets an apostrophe in front (CWE-1236; quoting alone does
/// not help, as spreadsheets evaluate after unquoting). Numbers, dates and times are safe by their type and stay as
/// they are, so that a negative amount is still a number.
public struct CSVWriter: RowSink {
    private let isRaw: Bool
    private let hasByteOrderMark: Bool
    private let output: TextOutput

    /// - Parameters:
    ///   - isRaw: leaves text as it is, for machines.
    ///   - forExcel: begins with a byte order mark, without which Excel guesses the encoding.
    public init(isRaw: Bool = false, forExcel: Bool = false, output: @escaping TextOutput) {
        self.isRaw = isRaw
        self.hasByteOrderMark = forExcel
        self.output = output
    }

    public func begin(_ columns: [ReportColumn]) throws {
        let mark = hasByteOrderMark ? "\u{FEFF}" : ""
        try output(mark + columns.map { Self.quoted($0.name) }.joined(separator: ",") + "\r\n")
    }

    public func write(_ cells: [Cell]) throws {
        try output(cells.map(text).joined(separator: ",") + "\r\n")
    }

    public func end() {}

    private func text(_ cell: Cell) -> String {
        let plain = cell.plainText
        return Self.quoted(cell.isText && !isRaw ? Self.guarded(plain) : plain)
    }

    /// The text with an apostrophe in front where a spreadsheet would read it as a formula: one that begins with
    /// `=`, `+`, `-`, `@`, their full-width forms, a tab, a return or a NUL, also after blanks.
    static func guarded(_ text: String) -> String {
        let first = text.unicodeScalars.first { !isBlank($0) }
        guard let first, formulaStarts.contains(first) || startsWithControl(text) else {
            return startsWithControl(text) ? "'" + text : text
        }
        return "'" + text
    }

    private static let formulaStarts: Set<Unicode.Scalar> = ["=", "+", "-", "@", "＝", "＋", "－", "＠", "−"]

    private static func startsWithControl(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first else { return false }
        return first == "\t" || first == "\r" || first == "\n" || first == "\0"
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar == "\0" || scalar == "\u{FEFF}" || scalar == "\u{200B}"
    }

    private static func quoted(_ text: String) -> String {
        let needsQuotes = text.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == "\r" || $0 == "\n" }
        guard needsQuotes else { return text }
        // By scalars: as a character, a quote with a combining mark behind it is no quote.
        var result = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" { result += "\"" }
            result.unicodeScalars.append(scalar)
        }
        return result + "\""
    }
}
