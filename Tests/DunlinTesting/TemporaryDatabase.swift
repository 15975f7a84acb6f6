public import DunlinDatabase

/// A database of a test's own: in memory, or in a folder that is removed with it.
public final class TemporaryDatabase: Sendable {
    public let database: Database
    /// Nil for a database in memory.
    public let folder: TemporaryFolder?

    private init(_ database: Database, folder: TemporaryFolder?) {
        self.database = database
        self.folder = folder
    }

    /// An empty database in memory, brought to the schema of `migrations`.
    public static func inMemory(
        _ migrations: [Migration] = [], databaseID: String = "test-database",
        adjust: (inout DatabaseOptions) -> Void = { _ in }
    ) throws -> Database {
        var options = DatabaseOptions.memory(migrations: migrations, databaseID: databaseID)
        adjust(&options)
        return try Database.open(options)
    }

    /// An empty database in a file, with threads as in production unless `adjust` says otherwise.
    public static func onDisk(
        _ migrations: [Migration] = [], databaseID: String = "test-database",
        adjust: (inout DatabaseOptions) -> Void = { _ in }
    ) throws -> TemporaryDatabase {
        let folder = try TemporaryFolder()
        var options = DatabaseOptions.file(
            folder.file("dunlin.db"), opening: .create, migrations: migrations, databaseID: databaseID)
        adjust(&options)
        return TemporaryDatabase(try Database.open(options), folder: folder)
    }

    /// Opens the same file once more, as another process would.
    public func openAgain(adjust: (inout DatabaseOptions) -> Void = { _ in }) throws -> Database {
        var options = database.options
        options.opening = .mustExist
        adjust(&options)
        return try Database.open(options)
    }

    deinit { database.close() }
}
