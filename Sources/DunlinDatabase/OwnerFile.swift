import Foundation
import GRDB

/// A SQLite file of somebody else's, opened for reading only: nothing is ever written to it.
///
/// All that is read between the opening and `close` is one state of the file, whoever writes to it meanwhile.
public final class OwnerFile: Sendable {
    public let path: String
    private let connection: Connection

    /// - Parameter busyTriesMax: how long a lock of the file's owner is waited for, in tries of a millisecond each.
    /// - Throws: a `DatabaseError`: notFound, cannotOpen, foreign for what is no SQLite file, busy.
    public init(path: String, busyTriesMax: Int = 5_000) throws {
        self.path = path
        var information = stat()
        guard stat(path, &information) == 0 else { throw DatabaseError(.notFound, "there is no file \(path)") }
        guard information.st_mode & S_IFMT == S_IFREG else { throw DatabaseError(.cannotOpen, "\(path) is no file") }
        connection = try Connection(
            path: path, purpose: .reading, busyTriesMax: busyTriesMax, counters: CounterBoard())
        do {
            try connection.use { session in
                try session.applyCommonSettings()
                try session.control("PRAGMA query_only = ON")
                try session.control(Session.beginReading)
                // The lock is taken by the first reading.
                _ = try session.isEmpty
            }
        } catch {
            connection.close()
            throw error
        }
    }

    public func close() { connection.close() }

    /// The names of a query's columns; nothing is read.
    ///
    /// - Throws: a `DatabaseError` with the code `statement` for anything but one SELECT.
    public func columns(of sql: String) throws -> [String] {
        try use(sql) { statement in statement.columnNames }
    }

    /// Hands each row of a query to `body`, its cells in the order of the columns.
    public func forEach(_ sql: String, _ body: ([Value]) throws -> Void) throws {
        try use(sql) { statement in
            let cursor = try GRDB.Row.fetchCursor(statement)
            while let cells = try cursor.next() { try body(cells.databaseValues.map(Self.value)) }
        }
    }

    private func use<T>(_ sql: String, _ body: (GRDB.Statement) throws -> T) throws -> T {
        try connection.use { session in
            do {
                let statement = try session.database.makeStatement(sql: sql)
                guard statement.isReadonly, statement.columnCount > 0 else {
                    throw DatabaseError(.statement, "it is no SELECT")
                }
                return try body(statement)
            } catch let error as GRDB.DatabaseError {
                throw DatabaseError(error, sql: sql)
            }
        }
    }

    private static func value(_ cell: DatabaseValue) -> Value {
        switch cell.storage {
        case .null: .null
        case .int64(let integer): .integer(integer)
        case .double(let real): .real(real)
        case .string(let text): .text(text)
        case .blob(let data): .blob([UInt8](data))
        }
    }
}
