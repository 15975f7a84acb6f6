/// A database transaction, as its closure sees it. It ends with the closure, and is of no use after it.
///
/// SQL is in the subset that SQLite and PostgreSQL run: numbered parameters (`?1`), conflict columns named, no
/// functions of the engine, times passed in.
public final class Transaction {
    let session: Session
    private var isOpen = true

    init(_ session: Session) { self.session = session }

    /// Runs one statement and returns the number of rows it inserted, updated or deleted.
    @discardableResult
    public func execute(_ sql: String, _ arguments: (any ColumnValue)?...) throws -> Int {
        try execute(sql, arguments: arguments)
    }

    /// Runs one statement whose arguments were gathered in an array.
    @discardableResult
    public func execute(_ sql: String, arguments: [(any ColumnValue)?]) throws -> Int {
        try checkOpen()
        return try session.execute(sql, arguments)
    }

    /// Reads all rows of a query.
    public func rows<T>(_ sql: String, _ arguments: (any ColumnValue)?..., read: (Row) throws -> T) throws -> [T] {
        try rows(sql, arguments: arguments, read: read)
    }

    /// Reads all rows of a query whose arguments were gathered in an array.
    public func rows<T>(_ sql: String, arguments: [(any ColumnValue)?], read: (Row) throws -> T) throws -> [T] {
        var result: [T] = []
        try forEach(sql, arguments: arguments) { result.append(try read($0)) }
        return result
    }

    /// Reads the one row of a query, or nil when there is none.
    ///
    /// - Throws: `DatabaseError` with `tooManyRows` when there is a second one.
    public func row<T>(_ sql: String, _ arguments: (any ColumnValue)?..., read: (Row) throws -> T) throws -> T? {
        try row(sql, arguments: arguments, read: read)
    }

    /// Reads the one row of a query whose arguments were gathered in an array.
    public func row<T>(_ sql: String, arguments: [(any ColumnValue)?], read: (Row) throws -> T) throws -> T? {
        var result: T?
        try forEach(sql, arguments: arguments) { row in
            guard result == nil else {
                throw DatabaseError(.tooManyRows, "the query gave more than one row", sql: sql)
            }
            result = try read(row)
        }
        return result
    }

    /// Reads the first column of the one row of a query; nil when there is no row, or the cell is NULL.
    public func value<T: ColumnValue>(
        _ sql: String, _ arguments: (any ColumnValue)?..., as type: T.Type = T.self
    ) throws -> T? {
        let found: T?? = try row(sql, arguments: arguments) { try $0.get(0, as: T?.self) }
        return found ?? nil
    }

    /// Hands each row of a query to `body` as it is read, without gathering them.
    public func forEach(_ sql: String, _ arguments: (any ColumnValue)?..., body: (Row) throws -> Void) throws {
        try forEach(sql, arguments: arguments, body: body)
    }

    /// Hands each row of a query whose arguments were gathered in an array to `body`.
    public func forEach(_ sql: String, arguments: [(any ColumnValue)?], body: (Row) throws -> Void) throws {
        try checkOpen()
        try session.forEach(sql, arguments, body: body)
    }

    /// The row id of the last row inserted here.
    public var lastInsertedID: Int64 { session.lastInsertedID }

    /// Runs several statements without arguments, separated by semicolons; for schemas.
    public func executeScript(_ sql: String) throws {
        try checkOpen()
        try session.executeScript(sql)
    }

    /// Runs a part of the transaction that may fail by itself: when it throws, its changes alone are taken back.
    ///
    /// - Throws: what `body` throws. After an error that ends the whole transaction there is nothing to go back to, and
    ///   every later statement fails.
    public func part<T>(_ body: () throws -> T) throws -> T {
        try checkOpen()
        try session.control("SAVEPOINT one_part")
        do {
            let result = try body()
            try session.control("RELEASE SAVEPOINT one_part")
            return result
        } catch {
            if session.isInsideTransaction {
                try session.control("ROLLBACK TO SAVEPOINT one_part")
                try session.control("RELEASE SAVEPOINT one_part")
            }
            throw error
        }
    }

    func end() { isOpen = false }

    private func checkOpen() throws {
        guard isOpen else {
            throw DatabaseError(.closed, "a transaction was used after its closure had ended")
        }
    }
}

extension Transaction {
    func quickCheck() throws -> [String] { try session.quickCheck() }

    /// Copies everything this transaction sees into the empty file at `path`, and checks the copy.
    func copyDatabase(to path: String) throws {
        let destination = try Connection(path: path, purpose: .copying, busyTriesMax: 0, counters: CounterBoard())
        defer { destination.close() }
        try session.copy(to: destination)
        let findings = try destination.use { try $0.integrityCheck() }
        guard findings.isEmpty else {
            throw DatabaseError(.corrupt, "the backup is damaged: \(findings.joined(separator: "; "))")
        }
    }
}
