import DunlinCalendar
import DunlinCore
import DunlinDatabase

/// A part of a story, as a query: what its columns are called and hold is said once.
struct PartQuery {
    let name: String
    let columns: [ReportColumn]
    /// One column per cell, in the same order. A money column holds minor units; the row's `currency` says of what.
    let sql: String

    func read(_ tx: Transaction, _ arguments: (any ColumnValue)?...) throws -> Story.Part {
        let rows = try tx.rows("\(sql) LIMIT \(Story.rowsMax)", arguments: arguments) { row in
            try columns.map { try Cell(row, $0) }
        }
        return Story.Part(name: name, columns: columns, rows: rows)
    }
}

extension Cell {
    /// The cell of a column of the same name.
    init(_ row: Row, _ column: ReportColumn) throws {
        switch column.kind {
        case .text: self = Cell(try row.get(column.name, as: String?.self))
        case .integer: self = Cell(try row.get(column.name, as: Int64?.self))
        case .time: self = Cell(try row.get(column.name, as: Instant?.self))
        case .date: self = Cell(try row.optionalDate(column.name))
        case .money:
            let minorUnits: Int64? = try row.get(column.name)
            let currency = try row.currency()
            self = Cell(minorUnits.map { Money(minorUnits: $0, currency: currency) })
        }
    }
}
