import ArgumentParser
import DunlinCalendar

/// The flags that every command takes.
struct GlobalOptions: ParsableArguments {
    @Option(name: .customLong("config"), help: .init("Folder with dunlin.yaml.", valueName: "dir"))
    var configDirectory: String?

    @Option(name: .customLong("database"), help: .init("The data file.", valueName: "path"))
    var databasePath: String?

    @Option(help: .init("Least level of the log on standard error.", valueName: "level"))
    var logLevel: LogLevel?

    @Option(
        help: .init("What the clock shows at the start, RFC 3339. Test mode only.", valueName: "time"),
        transform: { try Instant(rfc3339: $0).orRefuse("expects a time such as 2026-03-01T09:00:00Z") })
    var now: Instant?

    @Flag(help: "The result as JSON on standard output.")
    var json = false

    @Flag(help: "No progress, and of the log only errors.")
    var quiet = false

    @Flag(name: .customLong("no-color"), help: "No colors, as with NO_COLOR.")
    var hasNoColor = false

    @Flag(help: "Answer every question with yes.")
    var yes = false
}

extension LogLevel: ExpressibleByArgument {}

extension Optional {
    /// The value; for nil a complaint of the argument parser.
    func orRefuse(_ text: String) throws -> Wrapped {
        guard let self else { throw ValidationError(text) }
        return self
    }
}
