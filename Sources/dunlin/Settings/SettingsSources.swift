/// What settings are read from, strongest first: flags, environment, the file, the built-in defaults.
struct SettingsSources: Sendable {
    /// A flag's value by the path of the setting it stands for.
    struct Flag: Sendable {
        let name: String
        let path: String
        let value: String
    }

    var flags: [Flag] = []
    var environment: [String: String] = [:]
    /// The file's name as the user would type it, and its text; nil when no folder was found.
    var file: (path: String, text: String)?
    /// The text of `config/dunlin.yaml`.
    var defaults: String
    /// Reads a file that a `…_FILE` variable names; nil when it cannot be read.
    var readFile: @Sendable (String) -> String?
    /// True for a file that everybody on the machine can read.
    var isOpenToAll: @Sendable (String) -> Bool = { _ in false }
}
