import GRDB

extension DatabaseError {
    /// The engine's error in our words.
    init(_ error: GRDB.DatabaseError, sql: String? = nil) {
        let said = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
        let code = Self.code(of: error)
        self.init(code, Self.advice(for: code).map { "\(said): \($0)" } ?? said, sql: sql)
    }

    private static func code(of error: GRDB.DatabaseError) -> Code {
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
        case .SQLITE_NOTADB: .foreign
        case .SQLITE_CORRUPT: .corrupt
        case .SQLITE_FULL: .full
        case .SQLITE_IOERR: .ioError
        case .SQLITE_NOMEM: .outOfMemory
        case .SQLITE_READONLY: .readOnly
        case .SQLITE_CANTOPEN, .SQLITE_PERM: .cannotOpen
        case .SQLITE_CONSTRAINT: .constraint(constraint(of: error.extendedResultCode))
        case .SQLITE_ABORT: .transactionLost
        default: .statement
        }
    }

    private static func constraint(of code: ResultCode) -> Constraint {
        switch code {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_ROWID: .unique
        case .SQLITE_CONSTRAINT_PRIMARYKEY: .primaryKey
        case .SQLITE_CONSTRAINT_NOTNULL: .notNull
        case .SQLITE_CONSTRAINT_CHECK: .check
        case .SQLITE_CONSTRAINT_FOREIGNKEY: .foreignKey
        case .SQLITE_CONSTRAINT_DATATYPE: .dataType
        case .SQLITE_CONSTRAINT_TRIGGER: .trigger
        default: .other
        }
    }

    private static func advice(for code: Code) -> String? {
        switch code {
        case .busy: "another process holds the database; wait for it or find it, then try again"
        case .foreign: "this is not a database of Dunlin; name another file"
        case .corrupt: "restore the last backup; keep the damaged file for examination"
        case .full: "make room on the disk, then start again; nothing half-written was kept"
        case .ioError: "the disk refused; look into the system's log before starting again"
        case .outOfMemory: "give the process more memory"
        case .readOnly: "the database may not be written here; check its owner and permissions"
        case .cannotOpen: "check the path, and the permissions of the file and its folder"
        default: nil
        }
    }
}
