import ArgumentParser
import DunlinCalendar
import DunlinDatabase
import Foundation

/// `dunlin backup`: the data file as it stands, while others go on writing.
struct BackupCommand: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the data file as it stands, and check the copy.",
        discussion: """
            Workers may go on. The copy is of one moment, is checked and flushed, and appears under its name only when it
            is whole. It is as secret as the data file itself. The key of the recovery links is a file of its own and stays
            where it is: keep a copy of that apart from this one, or a restore ends the links that were sent.

            Examples:
              dunlin backup /backups/dunlin-$(date +%F).db
            """)

    @Argument(help: .init("The file to write; it must not be there yet.", valueName: "file"))
    var file: String

    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    private struct Made: Encodable, Sendable {
        let file: String
        let database: String
        let databaseID: String
        let bytes: Int64
        /// When something was recorded last.
        let newestActivityAt: String?
        /// The key of the recovery links, which is not in the copy; nil where there is no such file.
        let recoveryKeyFile: String?
    }

    func run(in context: Context) async throws -> ExitStatus {
        let settings = try context.settings()
        var options = LiveDatabase.options(settings.database, opening: .mustExist, log: context.log)
        options.isReadOnly = true
        options.migrates = false
        options.acceptsOlder = true
        let database = try Database.open(options)
        defer { database.close() }
        try await database.backup(to: file)
        let newest = try await database.read { tx in try NewestActivity.at(tx) }
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        let made = Made(
            file: file, database: settings.database.path, databaseID: database.databaseID ?? "",
            bytes: (attributes[.size] as? NSNumber)?.int64Value ?? 0, newestActivityAt: newest?.rfc3339Seconds,
            recoveryKeyFile: Self.keyFile(settings))
        try context.output.show(made) {
            [
                "Wrote \(made.file): \(made.bytes) bytes, checked, database \(made.databaseID).",
                newest.map { "The newest thing in it is of \($0.rfc3339Seconds)." }
                    ?? "Nothing was recorded in it yet.",
            ]
                + (made.recoveryKeyFile.map {
                    ["Not in it: \($0), the key of the recovery links. Keep a copy of it apart from this one."]
                } ?? [])
        }
        return .done
    }

    private static func keyFile(_ settings: Settings) -> String? {
        let path = RecoveryKeyFile(databasePath: settings.database.path).path
        return settings.recovery.key == nil && FileManager.default.fileExists(atPath: path) ? path : nil
    }
}

/// How fresh a data file is.
enum NewestActivity {
    static func at(_ tx: Transaction) throws -> Instant? { try tx.value("SELECT MAX(recorded_at) FROM activity") }
}
