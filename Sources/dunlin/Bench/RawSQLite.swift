import GRDBSQLite

/// SQLite by its C interface with nothing in between: what the floors are measured with.
///
/// Used by one thread at a time.
final class RawSQLite {
    /// A compiled statement. Its values are bound by place, its cells read by place.
    final class Statement {
        fileprivate let handle: OpaquePointer

        fileprivate init(_ handle: OpaquePointer) { self.handle = handle }

        deinit { sqlite3_finalize(handle) }

        func bind(_ value: Int64, at place: Int32) { sqlite3_bind_int64(handle, place, value) }

        func bind(_ text: String, at place: Int32) {
            // SQLite makes a copy of its own (SQLITE_TRANSIENT).
            let copies = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
            sqlite3_bind_text(handle, place, text, -1, copies)
        }

        func integer(_ place: Int32) -> Int64 { sqlite3_column_int64(handle, place) }

        func text(_ place: Int32) -> String { sqlite3_column_text(handle, place).map { String(cString: $0) } ?? "" }

        /// True while there is a row; the statement is ready for its next use after the last one.
        func step() throws -> Bool {
            switch sqlite3_step(handle) {
            case SQLITE_ROW: return true
            case SQLITE_DONE:
                sqlite3_reset(handle)
                return false
            default:
                sqlite3_reset(handle)
                throw BenchError("SQLite: \(String(cString: sqlite3_errmsg(sqlite3_db_handle(handle))))")
            }
        }

        func run() throws { while try step() {} }
    }

    private var handle: OpaquePointer?

    /// Opens the file as the product does: write-ahead log, flushed at every commit, the same cache and checkpoints.
    init(_ path: String) throws {
        guard sqlite3_open(path, &handle) == SQLITE_OK else { throw BenchError("SQLite cannot open \(path)") }
        for pragma in [
            "journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 4000", "cache_size = -32000",
            "temp_store = MEMORY", "foreign_keys = ON", "recursive_triggers = ON",
        ] {
            try run("PRAGMA \(pragma)")
        }
        let mode = try prepare("PRAGMA synchronous")
        guard try mode.step(), mode.integer(0) == 2 else { throw BenchError("synchronous = FULL is not in force") }
        _ = try mode.step()
    }

    deinit { sqlite3_close(handle) }

    func prepare(_ sql: String) throws -> Statement {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil) == SQLITE_OK,
            let statement
        else { throw BenchError("SQLite: \(String(cString: sqlite3_errmsg(handle)))") }
        return Statement(statement)
    }

    func run(_ sql: String) throws { try prepare(sql).run() }
}

/// Why a measurement could not be made.
struct BenchError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
