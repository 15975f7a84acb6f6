import GRDB

/// A compiled statement with the names of its columns, kept by its connection.
final class PreparedStatement {
    let sql: String
    let compiled: GRDB.Statement
    /// Set while its rows are being read: the same SQL used inside that reading needs a second compilation.
    var isInUse = false

    private(set) lazy var columns: [String] = compiled.columnNames
    private lazy var indexes = Dictionary(
        columns.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })

    init(sql: String, compiled: GRDB.Statement) {
        self.sql = sql
        self.compiled = compiled
    }

    func index(of column: String) -> Int? { indexes[column] }
}
