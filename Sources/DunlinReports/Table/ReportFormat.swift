public import DunlinDatabase

/// The form in which a report is written.
public enum ReportFormat: Hashable, Sendable {
    /// For a person at a terminal; `isWide` shows every column, `lineWidth` cuts text so that lines fit.
    case table(isWide: Bool, lineWidth: Int? = nil)
    case csv(isRaw: Bool, forExcel: Bool)
    case json

    public var name: String {
        switch self {
        case .table: "table"
        case .csv: "csv"
        case .json: "json"
        }
    }

    /// Whether text that a spreadsheet would take for a formula is changed.
    public var guardsFormulas: Bool {
        if case .csv(isRaw: false, forExcel: _) = self { return true }
        return false
    }
}

extension Report {
    /// Writes the report in a format, piece by piece.
    @discardableResult
    public func write(_ tx: Transaction, as format: ReportFormat, output: @escaping TextOutput) throws -> ReportTotals {
        switch format {
        case .table(let isWide, let lineWidth):
            var sink = TableWriter(shown: isWide ? nil : shortColumns, lineWidth: lineWidth, output: output)
            return try write(tx, to: &sink)
        case .csv(let isRaw, let forExcel):
            var sink = CSVWriter(isRaw: isRaw, forExcel: forExcel, output: output)
            return try write(tx, to: &sink)
        case .json:
            var sink = JSONWriter(output: output)
            return try write(tx, to: &sink)
        }
    }
}
