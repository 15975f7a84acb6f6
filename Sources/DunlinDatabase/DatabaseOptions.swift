public import Logging

/// How a database is opened.
public struct DatabaseOptions: Sendable {
    public enum Location: Sendable, Equatable {
        /// Lives as long as the `Database`; always inline.
        case memory
        case file(path: String)
    }

    public enum Opening: Sendable {
        /// The file must not be there yet (an empty one counts as not there).
        case create
        case mustExist
        case createIfMissing
    }

    public enum Mode: Sendable {
        /// One thread writes and commits many callers' writes together; up to `readersMax` threads read.
        case threaded
        /// Closures run on the calling thread, one transaction each, without any thread: for simulation.
        case inline
    }

    public var location: Location
    public var opening: Opening
    public var mode: Mode
    public var migrations: [Migration]
    /// A random id made by the caller; stored when the database is created.
    public var databaseID: String?
    /// Refuses every write, and migrates nothing.
    public var isReadOnly = false
    /// Opened for reading only, a database of an older schema is taken as it is: to be copied, not understood.
    public var acceptsOlder = false
    /// Applies missing migrations; otherwise a database that misses some is refused as `older`.
    public var migrates = true
    /// Permissions of a new file; its `-wal` and `-shm` files get the same.
    public var fileMode: UInt32 = 0o600
    /// How long a write waits for other processes, in tries of about a millisecond each.
    public var busyTriesMax = 10_000
    /// The most closures in one commit.
    public var batchMax = 256
    /// The most writes, and the most reads, that may wait; one more is refused as `busy`.
    public var pendingMax = 10_000
    public var readersMax = 4
    public var steps = Steps.none
    public var faults = DatabaseFaults.none
    public var fileSystems = FileSystems.live
    public var logger: Logger?

    public init(
        location: Location, opening: Opening = .mustExist, mode: Mode = .threaded, migrations: [Migration] = [],
        databaseID: String? = nil
    ) {
        self.location = location
        self.opening = opening
        self.mode = mode
        self.migrations = migrations
        self.databaseID = databaseID
    }

    /// A database in memory, for tests and simulation.
    public static func memory(migrations: [Migration] = [], databaseID: String? = nil) -> DatabaseOptions {
        DatabaseOptions(
            location: .memory, opening: .create, mode: .inline, migrations: migrations, databaseID: databaseID)
    }

    /// A database in a file.
    public static func file(
        _ path: String, opening: Opening = .mustExist, mode: Mode = .threaded, migrations: [Migration] = [],
        databaseID: String? = nil
    ) -> DatabaseOptions {
        DatabaseOptions(
            location: .file(path: path), opening: opening, mode: mode, migrations: migrations, databaseID: databaseID)
    }
}
