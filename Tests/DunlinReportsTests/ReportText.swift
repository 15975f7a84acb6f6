import DunlinDatabase

@testable import DunlinReports

/// A report as the text that a person or program would get.
enum ReportText {
    static func of(_ report: some Report, as format: ReportFormat, in database: Database) async throws -> String {
        try await database.read { tx in
            var text = ""
            _ = try report.write(tx, as: format) { text += $0 }
            return text
        }
    }

    static func totals(of report: some Report, in database: Database) async throws -> ReportTotals {
        try await database.read { tx in
            var sink = RowCollector()
            return try report.write(tx, to: &sink)
        }
    }

    /// The rows as dictionaries by column.
    static func rows(of report: some Report, in database: Database) async throws -> [[String: String]] {
        try await database.read { tx in
            var sink = RowCollector()
            _ = try report.write(tx, to: &sink)
            return sink.rows.map { cells in
                Dictionary(zip(report.columns.map(\.name), cells.map(\.plainText))) { first, _ in first }
            }
        }
    }
}
