import ArgumentParser
import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinJobs
import Foundation

/// `dunlin restore`: a backup takes the place of the data file.
struct RestoreCommand: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup in the place of the data file; the old one is kept.",
        discussion: """
            Stop every worker first: it is refused while a process has the data file open. The backup is copied and
            checked, and stays where it is. What was charged since it was made is found at the gateway by its name and not
            charged again. In live mode nothing is charged before dunlin adopt.

            Examples:
              dunlin restore /backups/dunlin-2026-03-01.db
            """)

    @Argument(help: .init("The backup.", valueName: "file"))
    var file: String

    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    private struct Result: Encodable, Sendable {
        let file: String
        let database: String
        let databaseID: String
        let keptAside: String?
        let newestActivityAt: String?
    }

    func run(in context: Context) async throws -> ExitStatus {
        let settings = try context.settings()
        let path = settings.database.path
        if settings.mode == .live, !context.options.yes {
            throw CommandFailure(
                .badInput, "mode is live: say --yes once every worker on \(path) is stopped; nothing was done")
        }
        let options = LiveDatabase.options(settings.database, opening: .mustExist, log: context.log)
        let restored = try Database.restore(
            file, asideSuffix: Self.asideSuffix(context), marks: Adoption.restoredMarks, options: options)
        var look = options
        look.isReadOnly = true
        look.migrates = false
        look.acceptsOlder = true
        let database = try Database.open(look)
        defer { database.close() }
        let newest = try await database.read { tx in try NewestActivity.at(tx) }
        let result = Result(
            file: file, database: path, databaseID: restored.databaseID ?? "", keptAside: restored.keptAside,
            newestActivityAt: newest?.rfc3339Seconds)
        try context.output.show(result) { Self.lines(result, isLive: settings.mode == .live) }
        return .done
    }

    private static func lines(_ result: Result, isLive: Bool) -> [String] {
        var lines = ["\(result.database) is \(result.file) now, database \(result.databaseID)."]
        if let newest = result.newestActivityAt { lines.append("The newest thing in it is of \(newest).") }
        if let aside = result.keptAside { lines.append("What was there is kept as \(aside).") }
        if isLive {
            lines.append("Nothing is charged before: dunlin adopt --yes --reason \"restored from \(result.file)\"")
        }
        lines.append("Next: dunlin prove, then dunlin run --once --dry-run.")
        return lines
    }

    /// Such as `.before-restore-20260301T090000Z`.
    private static func asideSuffix(_ context: Context) -> String {
        ".before-restore-" + context.clock.now().rfc3339Seconds.filter { $0 != "-" && $0 != ":" }
    }
}
