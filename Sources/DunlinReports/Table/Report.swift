public import DunlinDatabase

/// A list that can be written as a table, CSV or JSON.
public protocol Report: Sendable {
    /// The word on the command line, such as `dunning`.
    var name: String { get }
    /// Raised when a column is added; none is ever renamed or moved.
    var schemaVersion: Int { get }
    var columns: [ReportColumn] { get }
    /// The columns that a terminal has room for; nil for all.
    var shortColumns: [String]? { get }

    /// Writes all rows as they are read.
    ///
    /// - Returns: how many there were, and what they add up to.
    /// - Throws: what the sink throws; `DatabaseError`; `ReportError` for a cell that cannot be read.
    @discardableResult
    func write(_ tx: Transaction, to sink: inout some RowSink) throws -> ReportTotals
}
