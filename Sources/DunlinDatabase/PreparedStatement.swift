import GRDB
import GRDBSQLite

/// A compiled statement with the names of its columns, kept by its connection.
///
/// GRDB compiles and finalizes it. Its arguments are bound and its cells read through SQLite's own functions: GRDB's
/// values and rows in between cost more than the statements of a charge themselves.
final class PreparedStatement {
    let sql: String
    let isReadonly: Bool
    /// Set while its rows are being read: the same SQL used inside that reading needs a second compilation.
    var isInUse = false

    private let compiled: GRDB.Statement
    private let handle: OpaquePointer
    private let argumentCount: Int
    private(set) lazy var columns: [String] = compiled.columnNames
    private lazy var indexes = Dictionary(
        columns.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })

    init(sql: String, compiled: GRDB.Statement) {
        self.sql = sql
        self.compiled = compiled
        handle = compiled.sqliteStatement
        isReadonly = compiled.isReadonly
        argumentCount = Int(sqlite3_bind_parameter_count(compiled.sqliteStatement))
    }

    func index(of column: String) -> Int? { indexes[column] }

    // MARK: - Running

    /// - Throws: `GRDB.DatabaseError` when there are not as many arguments as the statement has parameters, or one is
    ///   too large.
    func bind(_ arguments: [(any ColumnValue)?]) throws {
        guard arguments.count == argumentCount else {
            throw GRDB.DatabaseError(
                resultCode: .SQLITE_MISUSE,
                message: "\(arguments.count) arguments for a statement with \(argumentCount) parameters")
        }
        for (index, argument) in arguments.enumerated() {
            let result = bind(argument?.databaseValue ?? .null, at: Int32(index + 1))
            guard result == SQLITE_OK else { throw failure() }
        }
    }

    private func bind(_ value: Value, at place: Int32) -> Int32 {
        switch value {
        case .null: sqlite3_bind_null(handle, place)
        case .integer(let integer): sqlite3_bind_int64(handle, place, integer)
        case .real(let real): sqlite3_bind_double(handle, place, real)
        // Without an address it would be bound as NULL.
        case .text(""): sqlite3_bind_text(handle, place, "", 0, Self.copies)
        case .text(var text):
            text.withUTF8 { utf8 in
                utf8.withMemoryRebound(to: CChar.self) {
                    sqlite3_bind_text64(
                        handle, place, $0.baseAddress, UInt64($0.count), Self.copies, UInt8(SQLITE_UTF8))
                }
            }
        case .blob(let bytes):
            bytes.isEmpty
                ? sqlite3_bind_zeroblob(handle, place, 0)
                : bytes.withUnsafeBytes {
                    sqlite3_bind_blob64(handle, place, $0.baseAddress, UInt64($0.count), Self.copies)
                }
        }
    }

    /// True when there is a row; after the last one false.
    ///
    /// - Throws: `GRDB.DatabaseError`, as SQLite says it.
    func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw failure()
        }
    }

    /// Ready for its next use. What went wrong was said by `step` already.
    func reset() { sqlite3_reset(handle) }

    private func failure() -> GRDB.DatabaseError {
        let database = sqlite3_db_handle(handle)
        return GRDB.DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(database)),
            message: sqlite3_errmsg(database).map { String(cString: $0) })
    }

    // MARK: - The current row

    var cellCount: Int { Int(sqlite3_data_count(handle)) }

    func cell(_ index: Int) -> Value {
        let place = Int32(index)
        switch sqlite3_column_type(handle, place) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(handle, place))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(handle, place))
        case SQLITE_TEXT:
            guard let text = sqlite3_column_text(handle, place) else { return .text("") }
            let bytes = UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(handle, place)))
            return .text(String(decoding: bytes, as: UTF8.self))
        case SQLITE_BLOB:
            guard let bytes = sqlite3_column_blob(handle, place) else { return .blob([]) }
            return .blob(
                [UInt8](UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, place)))))
        default: return .null
        }
    }

    /// SQLite makes a copy of its own (SQLITE_TRANSIENT).
    private static let copies = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
