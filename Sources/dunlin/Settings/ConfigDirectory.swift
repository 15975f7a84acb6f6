import Foundation

/// The folder that `dunlin.yaml` and the other files people may review are read from.
struct ConfigDirectory: Sendable {
    /// As the user would type it; nil when no folder was found and the built-in files hold.
    let path: String?

    static let settingsFile = "dunlin.yaml"

    /// The folder of `--config`, else of `DUNLIN_CONFIG`, else `./config` or `/etc/dunlin` if it has a `dunlin.yaml`.
    ///
    /// - Throws: a `SettingsError` when a folder that was named has no `dunlin.yaml`.
    static func find(
        flag: String?, environment: [String: String], fileExists: (String) -> Bool
    ) throws(SettingsError) -> ConfigDirectory {
        let variable = environment["DUNLIN_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        if let named = flag ?? variable {
            guard fileExists("\(named)/\(settingsFile)") else {
                let origin: SettingsOrigin = flag != nil ? .flag("--config") : .environment("DUNLIN_CONFIG")
                let text = "\(named) has no \(settingsFile); dunlin init --write-config writes one"
                throw SettingsError(problems: [SettingsProblem(origin: origin, text: text)])
            }
            return ConfigDirectory(path: named)
        }
        return ConfigDirectory(path: ["config", "/etc/dunlin"].first { fileExists("\($0)/\(settingsFile)") })
    }

    /// The text of a file of the folder, and how to call it in messages; the built-in text where the folder has none.
    ///
    /// The schedule may also lie in a folder `cron` beside the folder `config`, as it does in the source tree.
    ///
    /// - Throws: a `SettingsError` when the file is there and cannot be read.
    func file(_ name: String, builtIn: String) throws(SettingsError) -> (path: String, text: String) {
        guard let path else { return ("built-in \(name)", builtIn) }
        var candidates = ["\(path)/\(name)"]
        if name == "schedule.crontab", (path as NSString).lastPathComponent == "config" {
            let parent = (path as NSString).deletingLastPathComponent
            candidates.append((parent.isEmpty ? "." : parent) + "/cron/\(name)")
        }
        for candidate in candidates where FileManager.default.fileExists(atPath: candidate) {
            guard let data = FileManager.default.contents(atPath: candidate) else {
                let text = "\(candidate) cannot be read; see its permissions"
                throw SettingsError(problems: [SettingsProblem(origin: nil, text: text)])
            }
            return (candidate, String(decoding: data, as: UTF8.self))
        }
        return ("built-in \(name)", builtIn)
    }
}
