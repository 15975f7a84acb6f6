/// Where a setting was written.
enum SettingsOrigin: Hashable, Sendable, CustomStringConvertible {
    case flag(String)
    case environment(String)
    case file(path: String, line: Int, column: Int)
    case builtIn

    var description: String {
        switch self {
        case .flag(let name): name
        case .environment(let name): "environment \(name)"
        case .file(let path, let line, let column): "\(path):\(line):\(column)"
        case .builtIn: "built-in default"
        }
    }
}

/// One thing that is wrong with the settings, and where.
struct SettingsProblem: Hashable, Sendable, CustomStringConvertible {
    /// What the problem stops: bad settings stop everything, a bad key only what speaks to a gateway.
    enum Kind: Hashable, Sendable {
        case setting
        case key
    }

    var kind = Kind.setting
    /// nil when the problem is that something is missing.
    var origin: SettingsOrigin?
    /// What was read and what is allowed. Never a secret.
    var text: String

    var description: String { origin.map { "\($0): \(text)" } ?? text }
}

/// The settings cannot be used. Holds every problem found, not only the first.
struct SettingsError: Error, Hashable, CustomStringConvertible {
    let problems: [SettingsProblem]

    var description: String { problems.map(\.description).joined(separator: "\n") }
}
