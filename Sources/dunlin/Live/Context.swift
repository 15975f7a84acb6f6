import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinDefaults
import Foundation
import Logging

/// What a command works with: the one place where the clock, the environment and the live parts come from.
struct Context: Sendable {
    let options: GlobalOptions
    let environment: [String: String]
    let output: Output
    let log: Logger
    let clock: LiveClock

    init(_ options: GlobalOptions, environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.options = options
        self.environment = environment
        let width = StandardStreams.outputColumns
        let isPlain = options.hasNoColor || environment["NO_COLOR"]?.isEmpty == false || environment["TERM"] == "dumb"
        output = Output(
            isJSON: options.json, isQuiet: options.quiet,
            usesColor: StandardStreams.outputIsTerminal && !isPlain, width: width)
        clock = LiveClock(startingAt: options.now)
        log = Logger(label: "dunlin")
    }

    /// The folder that the settings come from.
    func configDirectory() throws(SettingsError) -> ConfigDirectory {
        try ConfigDirectory.find(
            flag: options.configDirectory, environment: environment,
            fileExists: { FileManager.default.fileExists(atPath: $0) })
    }

    /// The settings, with every flag and variable applied; also sets the level of the log.
    ///
    /// - Parameters:
    ///   - flags: those of the command that stand for a setting.
    /// - Throws: a `SettingsError` with every problem at once; a `CommandFailure` for `--now` in live mode.
    ///   - readsFile: false where the file is only about to be written.
    func settings(flags: [SettingsSources.Flag] = [], readsFile: Bool = true) throws -> Settings {
        let settings = try Settings.load(settingsSources(flags: flags, readsFile: readsFile))
        if options.now != nil, settings.mode == .live {
            throw CommandFailure(.badInput, "--now is for test mode only, and mode is live")
        }
        let level = Logger.Level(rawValue: settings.logLevel.rawValue) ?? .info
        LineLogHandler.setLevel(options.quiet ? max(level, .error) : level)
        for warning in settings.warnings { log.warning("\(warning)") }
        return settings
    }

    func settingsSources(
        flags: [SettingsSources.Flag] = [], readsFile: Bool = true
    ) throws(SettingsError) -> SettingsSources {
        let directory = readsFile ? try configDirectory() : ConfigDirectory(path: nil)
        let name = ConfigDirectory.settingsFile
        let file = directory.path == nil ? nil : try directory.file(name, builtIn: Defaults.settings)
        return SettingsSources(
            flags: globalFlags + flags, environment: environment, file: file, defaults: Defaults.settings,
            readFile: { path in FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
            },
            isOpenToAll: { path in
                let attributes = try? FileManager.default.attributesOfItem(atPath: path)
                return (attributes?[.posixPermissions] as? Int ?? 0) & 0o004 != 0
            })
    }

    /// The data file. Close it when done.
    ///
    /// - Throws: a `DatabaseError`, which ends the program with status 4.
    func openDatabase(_ settings: Settings, opening: DatabaseOptions.Opening = .mustExist) throws -> Database {
        try LiveDatabase.open(settings.database, opening: opening, log: log)
    }

    /// The drivers of all gateways that have a key. Shut them down when done.
    func makeGateways(_ settings: Settings) throws -> LiveGateways { try LiveGateways(settings, clock: clock) }

    /// Who is at the keyboard, and where, for the record of what was decided by hand.
    var actor: String {
        let user = environment["SUDO_USER"] ?? environment["USER"] ?? environment["LOGNAME"] ?? "person"
        return HostName.current.map { "\(user)@\($0)" } ?? user
    }

    private var globalFlags: [SettingsSources.Flag] {
        var flags: [SettingsSources.Flag] = []
        if let path = options.databasePath {
            flags.append(.init(name: "--database", path: "database.path", value: path))
        }
        if let level = options.logLevel {
            flags.append(.init(name: "--log-level", path: "log.level", value: level.rawValue))
        }
        return flags
    }
}

/// A context that ends up in a log or an error shows nothing: its environment holds the keys (P9).
extension Context: CustomStringConvertible {
    var description: String { "context" }
}
