/// Where the rows of a report go, one by one; nothing is kept that need not be.
public protocol RowSink {
    /// Called once, before the first row.
    mutating func begin(_ columns: [ReportColumn]) throws

    /// Takes the cells of one row, in the order of the columns.
    mutating func write(_ cells: [Cell]) throws

    /// Called once, after the last row.
    mutating func end() throws
}

/// Takes the next piece of a report's text.
public typealias TextOutput = (String) throws -> Void
