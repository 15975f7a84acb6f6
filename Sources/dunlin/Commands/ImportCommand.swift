import ArgumentParser
import DunlinCore
import DunlinDatabase
import DunlinImport
import Foundation

/// `dunlin import`: the owner's rows from files, all of them or none.
struct ImportCommand: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Bring customers, payment methods, subscriptions and adjustments in.",
        discussion: """
            CSV with a header, or JSON Lines. Which table a file is for is told by its name (customers.csv,
            subscriptions.jsonl) or by --table. All files of a call are stored together, or nothing is. The same file
            again changes nothing. Columns: docs/schema.md.

            Exit status: 1 when rows were left out because they would reopen what has ended, 2 when nothing was stored.

            Examples:
              dunlin import customers.csv payment_methods.csv subscriptions.csv --dry-run
              psql -c "copy (select …) to stdout csv header" | dunlin import --table subscriptions -
              dunlin import --source --dry-run
            """)

    @Argument(help: .init("Files; - for standard input.", valueName: "file"))
    var files: [String] = []

    @Flag(help: "Take over the owner's own tables, which the settings name under source, as each pass does.")
    var source = false

    @Option(help: .init("With --source: so many rows may have vanished at once.", valueName: "number"))
    var acceptVanished: Int?

    @Flag(help: "With --source: columns may hold other kinds of values than before.")
    var acceptTypes = false

    @Option(
        help: .init(
            "What the files are for: customers, payment_methods, subscriptions, adjustments.", valueName: "name"),
        transform: { text in
            let names = ImportTable.allCases.map(\.rawValue).joined(separator: ", ")
            return try ImportTable(rawValue: text).orRefuse("expects one of: \(names)")
        })
    var table: ImportTable?

    @Flag(help: "Only say what would change and what will be charged.")
    var dryRun = false

    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func validate() throws {
        if files.count(where: { $0 == "-" }) > 1 { throw ValidationError("- can be read only once") }
        if files.contains("-"), table == nil { throw ValidationError("- needs --table") }
        if source, !files.isEmpty || table != nil { throw ValidationError("--source goes without files and --table") }
        if !source, files.isEmpty { throw ValidationError("name at least one file, or - for standard input") }
        if !source, acceptVanished != nil || acceptTypes {
            throw ValidationError("--accept-vanished and --accept-types go with --source")
        }
        if let acceptVanished, acceptVanished < 0 { throw ValidationError("--accept-vanished is below 0") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let settings = try context.settings()
        let database = try context.openDatabase(settings)
        defer { database.close() }
        if source { return try await readSource(context, settings, database) }
        let currencies = settings.gateways.map { ($0.name, $0.kind.currencies) }
        let importer = Importer(
            database: database, gateways: Dictionary(uniqueKeysWithValues: currencies), catchUp: settings.catchUp)
        let sources = files.map { source($0) }
        let now = context.clock.now()
        let result =
            dryRun ? try await importer.plan(sources, now: now) : try await importer.apply(sources, now: now)
        let report = ImportReport(result, isDryRun: dryRun)
        try context.output.show(report) { report.lines(context.output) }
        for line in result.problems.lines { context.output.complain(line) }
        if !result.problems.isEmpty {
            context.output.complain("Nothing was stored: \(result.problems.count.counted("problem")).")
            return .badInput
        }
        return result.conflicts.isEmpty ? .done : .needsPerson
    }

    private func readSource(
        _ context: Context, _ settings: Settings, _ database: Database
    ) async throws -> ExitStatus {
        guard let reading = SourceReading(context, settings, database) else {
            throw CommandFailure(.badInput, "the settings name no source: set source.path and its queries")
        }
        var options = SourceImporter.Options()
        options.vanishedMax = acceptVanished
        options.acceptsTypes = acceptTypes
        options.keepsRows = !dryRun
        let result = try await reading.read(options)
        let report = SourceReport(result, isDryRun: dryRun, vanished: reading.source.vanished)
        try context.output.show(report) { report.lines(context.output) }
        for line in result.problems.lines { context.output.complain(line) }
        return result.problems.isEmpty && result.conflicts.isEmpty ? .done : .needsPerson
    }

    private func source(_ file: String) -> ImportSource {
        guard file == "-" else { return .file(file, table: table) }
        return .stream(table: table) { countMax in
            [UInt8](try FileHandle.standardInput.read(upToCount: countMax) ?? Data())
        }
    }
}
