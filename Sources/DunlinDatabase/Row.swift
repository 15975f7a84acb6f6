/// One row of a result, read column by column. Valid only inside the closure it was given to.
public struct Row {
    let statement: PreparedStatement

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
        guard index >= 0, index < statement.cellCount else {
            throw DatabaseError(
                .columnMissing, "the result has \(statement.cellCount) columns, none at \(index)", sql: statement.sql)
        }
        let value = statement.cell(index)
        guard let result = T.from(value) else {
            throw DatabaseError(
                .columnMismatch,
                "column \"\(statement.columns[index])\" holds \(value.kind) that is not a \(T.self)",
                sql: statement.sql)
        }
        return result
    }
}
