/// Why the database refused, in words that say what the reader can do.
///
/// Carries the SQL's own message (names of tables and columns), never an argument: arguments may be personal data.
public struct DatabaseError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: Hashable, Sendable {
        /// Another process held the database for the whole deadline, or too many writes wait in this one.
        case busy
        /// The file is not a database of Dunlin.
        case foreign
        /// Written by a newer version of the program.
        case newer
        /// Written by an older version, and this opening may not migrate.
        case older
        case corrupt
        /// The disk, or the quota, is full.
        case full
        case ioError
        case outOfMemory
        /// A write in a read, or a file that may not be written.
        case readOnly
        case networkFileSystem
        case notFound
        case exists
        /// The file cannot be opened: permissions, or a folder in its place.
        case cannotOpen
        /// A row the schema refuses.
        case constraint(Constraint)
        case columnMissing
        /// A cell holds something else than what was asked for.
        case columnMismatch
        case tooManyRows
        /// SQL that the engine refuses, or a wrong number of arguments: a mistake of ours.
        case statement
        /// The engine ended the transaction in the middle.
        case transactionLost
        /// The database, or the transaction, was used after its end.
        case closed
        /// A setting that must be in force is not.
        case settingNotInForce
    }

    public enum Constraint: Hashable, Sendable {
        case unique, primaryKey, notNull, check, foreignKey, dataType
        /// A trigger's own refusal; its text is the error's message.
        case trigger
        case other
    }

    public let code: Code
    public let message: String
    /// The statement, without its arguments.
    public let sql: String?

    public init(_ code: Code, _ message: String, sql: String? = nil) {
        self.code = code
        self.message = message
        self.sql = sql
    }

    public var description: String {
        guard let sql else { return message }
        return "\(message) [\(sql.split(whereSeparator: \.isWhitespace).joined(separator: " "))]"
    }

    /// True when the store itself failed, so that nothing read or written since can be trusted to be on disk.
    public var isStoreFailure: Bool {
        switch code {
        case .full, .ioError: true
        default: false
        }
    }

    /// True when the schema, or a trigger of it, refused a row: nothing is wrong with the store.
    public var isRefusedRow: Bool {
        switch code {
        case .constraint, .columnMissing, .columnMismatch: true
        default: false
        }
    }

    /// True when a unique or primary key refused the row.
    public var isDuplicate: Bool { code == .constraint(.unique) || code == .constraint(.primaryKey) }
}
