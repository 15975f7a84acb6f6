import Foundation
import Logging

/// The way from a path to a connection that may be trusted.
struct Opening {
    struct Opened {
        let connection: Connection
        let databaseID: String?
        let reopenForWriting: @Sendable () throws -> Connection
        /// Nil when only the one connection can see the database.
        let openForReading: (@Sendable () throws -> Connection)?
    }

    let options: DatabaseOptions
    let counters: CounterBoard

    func open() throws -> Opened {
        switch options.location {
        case .memory: try openInMemory()
        case .file(let path): try openFile(path)
        }
    }

    private func openInMemory() throws -> Opened {
        let connection = try connect(nil, .writing)
        let databaseID = try connection.use { session in
            try session.applyCommonSettings()
            return try bring(session, isNew: true)
        }
        return Opened(
            connection: connection, databaseID: databaseID,
            reopenForWriting: { throw DatabaseError(.closed, "a database in memory ends with its connection") },
            openForReading: nil)
    }

    private func openFile(_ path: String) throws -> Opened {
        let mayCreate = try DatabaseFile(path: path, options: options).prepare()
        let connection = try connect(path, options.isReadOnly ? .reading : .writing)
        do {
            let databaseID = try connection.use { session in try settle(session, path, mayCreate: mayCreate) }
            return Opened(
                connection: connection, databaseID: databaseID,
                reopenForWriting: { [self] in try reopen(path) },
                openForReading: { [self] in
                    let reader = try connect(path, .reading)
                    try reader.use { try $0.applyCommonSettings() }
                    return reader
                })
        } catch {
            connection.close()
            throw error
        }
    }

    /// Checks whose database it is before anything is written to it, then applies the settings and the schema.
    private func settle(_ session: Session, _ path: String, mayCreate: Bool) throws -> String? {
        let isNew = try requireOurs(session, path, mayCreate: mayCreate)
        try session.applyCommonSettings()
        try session.requireForeignKeys()
        guard !options.isReadOnly else { return try openedForReading(session) }
        try applyDurability(session)
        return try bring(session, isNew: isNew)
    }

    private func requireOurs(_ session: Session, _ path: String, mayCreate: Bool) throws -> Bool {
        // In this order: a process that creates the same file now commits tables and id together, so that tables
        // without our id are somebody else's.
        let isEmpty = try session.isEmpty
        if try session.applicationID == Connection.applicationID { return false }
        if mayCreate && isEmpty { return true }
        throw DatabaseError(.foreign, "\(path) is not a database of Dunlin: name another file, or create one with init")
    }

    private func bring(_ session: Session, isNew: Bool) throws -> String? {
        let applied = try Schema(options.migrations)
            .bring(session, isNew: isNew, migrates: options.migrates, databaseID: options.databaseID)
        if !applied.isEmpty, !isNew {
            options.logger?.notice(
                "the database was brought up to date", metadata: ["migrations": "\(applied.joined(separator: ", "))"])
        }
        return try storedID(session)
    }

    private func openedForReading(_ session: Session) throws -> String? {
        let missing = try Schema(options.migrations).missing(session)
        guard missing.isEmpty || options.acceptsOlder else {
            throw DatabaseError(.older, "the database is older than this program: open it for writing once")
        }
        return try storedID(session)
    }

    private func storedID(_ session: Session) throws -> String? {
        let tx = Transaction(session)
        defer { tx.end() }
        return try tx.meta(MetaKey.databaseID)
    }

    private func reopen(_ path: String) throws -> Connection {
        let connection = try connect(path, .writing)
        do {
            try connection.use { session in
                try session.applyCommonSettings()
                try applyDurability(session)
            }
            return connection
        } catch {
            connection.close()
            throw error
        }
    }

    /// The switch to the write-ahead log needs the file for itself and does not ask the busy handler, so that of
    /// several processes that create one database at once all but one must try again.
    private func applyDurability(_ session: Session) throws {
        var tries = 0
        while true {
            do {
                return try session.applyDurability()
            } catch let error as DatabaseError where error.code == .busy && tries < options.busyTriesMax {
                tries += 1
                counters.update { $0.busyWaits += 1 }
                usleep(1000)
            }
        }
    }

    private func connect(_ path: String?, _ purpose: Connection.Purpose) throws -> Connection {
        try Connection(path: path, purpose: purpose, busyTriesMax: options.busyTriesMax, counters: counters)
    }
}
