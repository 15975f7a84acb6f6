import ArgumentParser
import DunlinCalendar
import DunlinDatabase
import DunlinDefaults
import Foundation

/// `dunlin init`: a new data file, and on request the files of settings to start from. Overwrites nothing.
struct InitCommand: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Create the data file.",
        discussion: """
            Examples:
              dunlin init
              dunlin init --database /var/lib/dunlin/dunlin.db
              dunlin init --write-config --config /etc/dunlin
            """)

    @Flag(help: "Also write dunlin.yaml, dunning.yaml and schedule.crontab with the defaults.")
    var writeConfig = false

    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    private struct Created: Encodable {
        let database: String
        let databaseID: String
        let configFiles: [String]
    }

    func run(in context: Context) async throws -> ExitStatus {
        let files = writeConfig ? Self.configFiles(in: configDirectory(context)) : []
        for file in files where FileManager.default.fileExists(atPath: file.path) {
            throw CommandFailure(.badInput, "\(file.path) is there already; it was left as it is")
        }
        let settings = try context.settings(readsFile: !writeConfig)
        let database = try LiveDatabase.open(settings.database, opening: .create, log: context.log)
        defer { database.close() }
        for file in files { try Self.write(file) }
        let created = Created(
            database: settings.database.path, databaseID: database.databaseID ?? "", configFiles: files.map(\.path))
        try context.output.show(created) {
            ["Created \(created.database), database \(created.databaseID)."] + files.map { "Wrote \($0.path)." }
                + ["Next: dunlin import customers.csv payment_methods.csv subscriptions.csv"]
        }
        return .done
    }

    private func configDirectory(_ context: Context) -> String {
        let variable = context.environment["DUNLIN_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        return context.options.configDirectory ?? variable ?? "config"
    }

    private static func configFiles(in directory: String) -> [(path: String, text: String)] {
        [
            ("\(directory)/dunlin.yaml", Defaults.settings), ("\(directory)/dunning.yaml", Defaults.dunning),
            ("\(directory)/schedule.crontab", Defaults.schedule),
        ]
    }

    private static func write(_ file: (path: String, text: String)) throws {
        do {
            let folder = (file.path as NSString).deletingLastPathComponent
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(file.text.utf8).write(to: URL(filePath: file.path), options: .withoutOverwriting)
        } catch {
            throw CommandFailure(.badInput, "cannot write \(file.path): \(error.localizedDescription)")
        }
    }
}
