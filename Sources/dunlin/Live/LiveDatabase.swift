import DunlinDatabase
import DunlinLedger
import DunlinQueue
import Logging

/// The data file as the commands open it.
enum LiveDatabase {
    /// Every table of the program, in the order in which they need each other.
    static let migrations = Ledger.migrations + QueueSchema.migrations

    /// - Throws: a `DatabaseError`; `FailureReport` turns it into a status and a text.
    static func open(_ settings: Settings.Database, opening: DatabaseOptions.Opening, log: Logger) throws -> Database {
        try Database.open(options(settings, opening: opening, log: log))
    }

    /// Opens the file to look at it: nothing is created, migrated or written.
    static func openReadOnly(_ settings: Settings.Database, log: Logger) throws -> Database {
        var options = options(settings, opening: .mustExist, log: log)
        options.isReadOnly = true
        options.migrates = false
        return try Database.open(options)
    }

    static func options(
        _ settings: Settings.Database, opening: DatabaseOptions.Opening, log: Logger
    ) -> DatabaseOptions {
        var options = DatabaseOptions.file(
            settings.path, opening: opening, migrations: migrations, databaseID: Chance.databaseID())
        options.fileMode = UInt32(settings.fileMode)
        options.busyTriesMax = settings.busyTimeoutSeconds * 1000
        options.logger = log
        return options
    }
}
