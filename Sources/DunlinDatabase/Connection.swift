import Foundation
import GRDB
import Synchronization

/// One connection to SQLite with the settings that the promises rest on: everything that only this engine needs
/// (pragmas, file header, BEGIN's form) is in this file.
///
/// Used by one thread at a time; whoever holds it (the writer, a reader) sees to that.
final class Connection: @unchecked Sendable {
    enum Purpose { case writing, reading, copying }

    /// "DUNL" in the file's header, so that another program's database is never taken for ours.
    /// See https://www.sqlite.org/pragma.html#pragma_application_id.
    static let applicationID: Int64 = 0x4455_4E4C

    /// Such as 3.40.1. UPDATE … RETURNING and STRICT tables need 3.37.
    static var engineVersion: String {
        let number = Int(GRDB.Database.sqliteLibVersionNumber)
        return "\(number / 1_000_000).\(number / 1_000 % 1_000).\(number % 1_000)"
    }

    private let queue: DatabaseQueue
    private let session: Session

    init(path: String?, purpose: Purpose, busyTriesMax: Int, counters: CounterBoard) throws {
        var configuration = GRDB.Configuration()
        configuration.readonly = purpose == .reading && path != nil
        configuration.allowsUnsafeTransactions = true
        configuration.busyMode = .callback { tries in
            // SQLite's own handler waits ever longer, so that a patient process starves beside eager ones.
            guard tries < busyTriesMax else { return false }
            counters.update { $0.busyWaits += 1 }
            usleep(1000)
            return true
        }
        do {
            queue =
                try path.map { try DatabaseQueue(path: $0, configuration: configuration) }
                ?? DatabaseQueue(configuration: configuration)
        } catch let error as GRDB.DatabaseError {
            throw DatabaseError(error)
        }
        session = queue.writeWithoutTransaction { Session($0) }
    }

    /// Gives the session to `body`, on the calling thread.
    func use<T>(_ body: (Session) throws -> T) rethrows -> T {
        try queue.writeWithoutTransaction { _ in try body(session) }
    }

    func close() {
        use { $0.forgetStatements() }
        // A connection that cannot be closed cleanly is given up all the same; the file's log is recovered at the
        // next opening.
        do { try queue.close() } catch { return }
    }

}

extension Session {
    static let begin = "BEGIN IMMEDIATE"
    static let beginReading = "BEGIN DEFERRED"

    /// Settings of every connection, whatever it is for.
    func applyCommonSettings() throws {
        // Functions that could reach outside may not be called from a schema that someone else wrote.
        try control("PRAGMA trusted_schema = OFF")
        try control("PRAGMA cell_size_check = ON")
        try control("PRAGMA temp_store = MEMORY")
        try control("PRAGMA foreign_keys = ON")
        // So that INSERT OR REPLACE fires the delete triggers too.
        try control("PRAGMA recursive_triggers = ON")
    }

    /// Durable commits: write-ahead log, flushed at every commit. Read back, because several things reset it.
    func applyDurability() throws {
        guard try cell("PRAGMA journal_mode = WAL", as: String.self) == "wal" else {
            throw DatabaseError(.settingNotInForce, "the write-ahead log could not be switched on")
        }
        try control("PRAGMA synchronous = FULL")
        try control("PRAGMA wal_autocheckpoint = 4000")
        try control("PRAGMA journal_size_limit = 67108864")
        try control("PRAGMA cache_size = -32000")
        try requireSetting(
            "PRAGMA synchronous", is: 2, "synchronous = FULL is not in force: commits would not be durable")
    }

    /// Copies this connection's database over that of `destination`.
    func copy(to destination: Connection) throws {
        try destination.use { target in
            do {
                try database.backup(to: target.database)
            } catch let error as GRDB.DatabaseError {
                throw DatabaseError(error)
            }
        }
    }

    func requireForeignKeys() throws {
        try requireSetting("PRAGMA foreign_keys", is: 1, "foreign keys are not enforced")
    }

    func setForeignKeys(_ isOn: Bool) throws { try control("PRAGMA foreign_keys = \(isOn ? "ON" : "OFF")") }

    var applicationID: Int64 {
        get throws { try cell("PRAGMA application_id") ?? 0 }
    }

    func stampApplicationID() throws { try control("PRAGMA application_id = \(Connection.applicationID)") }

    var isEmpty: Bool {
        get throws { try cell("SELECT count(*) FROM sqlite_schema", as: Int64.self) == 0 }
    }

    func hasTable(_ name: String) throws -> Bool {
        var isThere = false
        try forEach("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1", [name]) { _ in isThere = true }
        return isThere
    }

    /// The first rows whose foreign keys point nowhere, as text.
    func brokenForeignKey() throws -> String? {
        var broken: String?
        try forEach("PRAGMA foreign_key_check", []) { row in
            if broken == nil { broken = try row.get("table", as: String.self) }
        }
        return broken
    }

    /// What SQLite finds wrong with the file, at most 100 lines; empty when nothing.
    func quickCheck() throws -> [String] {
        var findings: [String] = []
        try forEach("PRAGMA quick_check(100)", []) { findings.append(try $0.get(0, as: String.self)) }
        return findings == ["ok"] ? [] : findings
    }

    /// As `quickCheck`, and that every index says what its table says.
    func integrityCheck() throws -> [String] {
        var findings: [String] = []
        try forEach("PRAGMA integrity_check(100)", []) { findings.append(try $0.get(0, as: String.self)) }
        return findings == ["ok"] ? [] : findings
    }

    /// Takes the write-ahead log into the file, and does without one until the file is opened for use.
    func leaveLog() throws {
        guard try cell("PRAGMA journal_mode = DELETE", as: String.self) == "delete" else {
            throw DatabaseError(.settingNotInForce, "the write-ahead log could not be taken in")
        }
    }

    private func requireSetting(_ pragma: String, is wanted: Int64, _ message: String) throws {
        guard try cell(pragma, as: Int64.self) == wanted else { throw DatabaseError(.settingNotInForce, message) }
    }
}
