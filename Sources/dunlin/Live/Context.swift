import DunlinCalendar
import DunlinCore
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
    /// - Parameter flags: those of the command that stand for a setting.
    /// - Throws: a `SettingsError` with every problem at once; a `CommandFailure` for `--now` in live mode.
    func settings(flags: [SettingsSources.Flag] = []) throws -> Settings {
        let settings = try Settings.load(settingsSources(flags: flags))
        if options.now != nil, settings.mode == .live {
            throw CommandFailure(.badInput, "--now is for test mode only, and mode is live")
        }
        let level = Logger.Level(rawValue: settings.logLevel.rawValue) ?? .info
        LineLogHandler.setLevel(options.quiet ? max(level, .error) : level)
        for warning in settings.warnings { log.warning("\(warning)") }
        return settings
    }

    func settingsSources(flags: [SettingsSources.Flag] = []) throws(SettingsError) -> SettingsSources {
        let directory = try configDirectory()
        let name = ConfigDirectory.settingsFile
        let file = directory.path == nil ? nil : try directory.file(name, builtIn: Defaults.settings)
        return SettingsSources(
            flags: globalFlags + flags, environment: environment, file: file, defaults: Defaults.settings,
            readFile: { path in FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } }
        )
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
