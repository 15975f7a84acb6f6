import GRDB

/// One row of a result, read column by column. Valid only inside the closure it was given to.
public struct Row {
    let statement: PreparedStatement
    let cells: GRDB.Row

    /// The value of the column named `column`.
    ///
    /// - Throws: `DatabaseError` when there is no such column, or it holds something else than a `T`.
    public func get<T: ColumnValue>(_ column: String, as type: T.Type = T.self) throws -> T {
        guard let index = statement.index(of: column) else {
            throw DatabaseError(
                .columnMissing,
                "the result has no column \"\(column)\"; it has \(statement.columns.joined(separator: ", "))",
                sql: statement.sql)
        }
        return try get(index, as: type)
    }

    /// The value of the column at `index`, counted from 0.
    ///
    /// - Throws: `DatabaseError` when there is no such column, or it holds something else than a `T`.
    public func get<T: ColumnValue>(_ index: Int, as type: T.Type = T.self) throws -> T {
        guard index >= 0, index < cells.count else {
            throw DatabaseError(
                .columnMissing, "the result has \(cells.count) columns, none at \(index)", sql: statement.sql)
        }
        let value = value(at: index)
        guard let result = T.from(value) else {
            throw DatabaseError(
                .columnMismatch,
                "column \"\(statement.columns[index])\" holds \(value.kind) that is not a \(T.self)",
                sql: statement.sql)
        }
        return result
    }

    private func value(at index: Int) -> Value {
        let cell: DatabaseValue = cells[index]
        switch cell.storage {
        case .null: return .null
        case .int64(let integer): return .integer(integer)
        case .double(let real): return .real(real)
        case .string(let text): return .text(text)
        case .blob(let data): return .blob([UInt8](data))
        }
    }
}
