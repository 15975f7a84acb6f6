import GRDB

/// Statements on one open connection: compiled once, counted, and their errors told in our words.
///
/// Not Sendable: used by the thread that holds its connection.
final class Session {
    /// More distinct statements than the program has; above it the cache starts over.
    private static let cacheMax = 500

    let database: GRDB.Database
    private var cache: [String: PreparedStatement] = [:]
    private(set) var statementCount = 0
    /// The first failure of the store since it was last cleared, even when a closure swallowed the error.
    var storeFailure: DatabaseError?
    /// While a closure that reads runs on the connection that writes. SQLite's own `query_only` would make it compile
    /// every statement anew after each change of the setting.
    var refusesWrites = false
    /// Planted by tests.
    var beforeStatement: (@Sendable (_ sql: String) throws -> Void)?

    init(_ database: GRDB.Database) { self.database = database }

    var isInsideTransaction: Bool { database.isInsideTransaction }
    var lastInsertedID: Int64 { database.lastInsertedRowID }
    var totalChanges: Int { database.totalChangesCount }

    func takeStatementCount() -> Int {
        defer { statementCount = 0 }
        return statementCount
    }

    func execute(_ sql: String, _ arguments: [(any ColumnValue)?]) throws -> Int {
        statementCount += 1
        try reach(sql)
        let before = database.totalChangesCount
        try use(sql, arguments) { statement in
            try requireAllowed(statement)
            while try statement.step() {}
        }
        // `changes()` keeps the count of an earlier statement when this one changes no rows by its nature.
        return database.totalChangesCount == before ? 0 : database.changesCount
    }

    func forEach(_ sql: String, _ arguments: [(any ColumnValue)?], body: (Row) throws -> Void) throws {
        statementCount += 1
        try reach(sql)
        try use(sql, arguments) { statement in
            try requireAllowed(statement)
            while try statement.step() { try body(Row(statement: statement)) }
        }
    }

    /// Where a planted fault strikes; one of the store is remembered as a real one is.
    private func reach(_ sql: String) throws {
        guard let beforeStatement else { return }
        do {
            try beforeStatement(sql)
        } catch let error as DatabaseError {
            if error.isStoreFailure, storeFailure == nil { storeFailure = error }
            throw error
        }
    }

    private func requireAllowed(_ statement: PreparedStatement) throws {
        guard refusesWrites, !statement.isReadonly else { return }
        throw DatabaseError(.readOnly, "a transaction that reads was told to write", sql: statement.sql)
    }

    func executeScript(_ sql: String) throws {
        guard !refusesWrites else { throw DatabaseError(.readOnly, "a transaction that reads was told to write") }
        statementCount += 1
        try translated(sql) { try database.execute(sql: sql) }
        forgetStatements()
    }

    /// A statement of our own, such as BEGIN, that is not counted as a closure's.
    func control(_ sql: String) throws {
        try use(sql, []) { statement in while try statement.step() {} }
    }

    /// The first cell of the first row of a pragma or a query of our own.
    func cell<T: ColumnValue>(_ sql: String, as type: T.Type = T.self) throws -> T? {
        var found: T?
        try use(sql, []) { statement in
            if try statement.step() { found = try Row(statement: statement).get(0, as: T.self) }
        }
        return found
    }

    /// Compiled statements hold the connection open; they go before it is closed.
    func forgetStatements() { cache.removeAll() }

    private func use(
        _ sql: String, _ arguments: [(any ColumnValue)?], body: (PreparedStatement) throws -> Void
    ) throws {
        try translated(sql) {
            let statement = try prepare(sql)
            statement.isInUse = true
            defer {
                statement.reset()
                statement.isInUse = false
            }
            try statement.bind(arguments)
            try body(statement)
        }
    }

    private func prepare(_ sql: String) throws -> PreparedStatement {
        let cached = cache[sql]
        if let cached, !cached.isInUse { return cached }
        let statement = PreparedStatement(sql: sql, compiled: try database.makeStatement(sql: sql))
        if cached == nil {
            if cache.count >= Self.cacheMax { cache.removeAll() }
            cache[sql] = statement
        }
        return statement
    }

    /// Turns the engine's errors into ours and remembers the failures that end everything.
    private func translated(_ sql: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as GRDB.DatabaseError {
            cache[sql] = nil
            let translated = DatabaseError(error, sql: sql)
            if translated.isStoreFailure, storeFailure == nil { storeFailure = translated }
            throw translated
        }
    }
}
