import GRDBSQLite

/// A connection as some application has one: SQLite as it comes, foreign keys off, none of our settings.
final class BareConnection {
    private var handle: OpaquePointer?

    struct Failure: Error, Equatable {
        var message: String
    }

    init(path: String) throws {
        guard sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK else {
            throw Failure(message: "cannot open \(path)")
        }
        sqlite3_busy_timeout(handle, 5_000)
    }

    deinit { sqlite3_close_v2(handle) }

    func execute(_ sql: String) throws {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
            throw Failure(message: String(cString: sqlite3_errmsg(handle)))
        }
    }

    /// The message with which the statement was refused; nil when it was not.
    func refusal(_ sql: String) -> String? {
        do {
            try execute(sql)
            return nil
        } catch let failure as Failure {
            return failure.message
        } catch {
            return "\(error)"
        }
    }
}
