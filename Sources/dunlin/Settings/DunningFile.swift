import DunlinCore
import DunlinDefaults

/// `dunning.yaml`: the policies by name. What a policy leaves out is taken from the built-in `default`.
enum DunningFile {
    /// - Parameter path: the file's name, for messages.
    /// - Throws: a `SettingsError` with every problem at once.
    static func read(_ text: String, path: String) throws(SettingsError) -> [String: DunningPolicy] {
        let sources = SettingsSources(file: (path, text), defaults: Defaults.dunning, readFile: { _ in nil })
        let reader = try SettingsReader(sources)
        let version = reader.integer("version", in: 1...1)
        var policies: [String: DunningPolicy] = [:]
        for name in reader.keys(of: "policies") {
            let like = "policies.default"
            let tries = reader.integer("policies.\(name).tries_max", fallback: "\(like).tries_max", in: 1...15)
            let days = reader.integers(
                "policies.\(name).retry_after_days", fallback: "\(like).retry_after_days", in: 1...90)
            guard let tries, let days else { continue }
            policies[name] = DunningPolicy(retryDelaysDays: days.map(Int64.init), triesMax: tries)
        }
        reader.reportUnknownKeys()
        guard version != nil, reader.problems.isEmpty else { throw SettingsError(problems: reader.problems) }
        return policies
    }
}
