/// Reads settings path by path, remembers which paths exist, and collects every problem.
///
/// A path is the keys from the top with dots between, such as `listen.public`. What was never asked for is unknown: so
/// there is no second list of keys that could differ from what the program reads.
final class SettingsReader {
    struct Value {
        let text: String
        let origin: SettingsOrigin
    }

    /// In the order of the file, those without a line first.
    var problems: [SettingsProblem] { found.sorted { ($0.place, $0.text) < ($1.place, $1.text) } }
    private(set) var asked: Set<String> = []
    private(set) var askedEnvironment: Set<String> = []
    /// Files with secrets that everybody on the machine can read.
    private(set) var openSecretFiles: [String] = []
    private var found: [SettingsProblem] = []
    private let sources: SettingsSources
    private let filePath: String
    private let file: SettingsTree
    private let defaults: SettingsTree

    init(_ sources: SettingsSources) throws(SettingsError) {
        self.sources = sources
        filePath = sources.file?.path ?? ""
        file = try SettingsTree(yaml: sources.file?.text ?? "", path: filePath)
        defaults = try SettingsTree(yaml: sources.defaults, path: "built-in dunlin.yaml")
    }

    /// The value of the strongest source that has one; nil when none has, or when what is there is not accepted.
    ///
    /// - Parameters:
    ///   - fallback: the path whose default holds when this path has none of its own.
    ///   - expected: completes "expects …" in the message.
    func value<T>(_ path: String, fallback: String? = nil, expected: String, _ parse: (String) -> T?) -> T? {
        guard let written = written(path, fallback: fallback) else { return nil }
        if let value = parse(written.text) { return value }
        report("\(path): “\(written.text)” is not accepted; expects \(expected)", at: written.origin)
        return nil
    }

    func text(_ path: String, fallback: String? = nil) -> String? {
        value(path, fallback: fallback, expected: "a text") { $0 }
    }

    func integer(_ path: String, fallback: String? = nil, in range: ClosedRange<Int>) -> Int? {
        value(path, fallback: fallback, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") {
            guard let number = Int($0), range.contains(number) else { return nil }
            return number
        }
    }

    func choice<T: RawRepresentable & CaseIterable>(
        _ path: String, fallback: String? = nil, of type: T.Type = T.self
    ) -> T? where T.RawValue == String {
        let names = T.allCases.map(\.rawValue).joined(separator: ", ")
        return value(path, fallback: fallback, expected: "one of: \(names)") { T(rawValue: $0) }
    }

    /// A list of at least one whole number, from the file or the defaults.
    func integers(_ path: String, fallback: String, in range: ClosedRange<Int>) -> [Int]? {
        asked.insert(path)
        guard let node = file[Self.parts(path)] ?? defaults[Self.parts(path)] ?? defaults[Self.parts(fallback)] else {
            return nil
        }
        let numbers: [Int?] =
            if case .list(let items, _) = node {
                items.map { item in
                    guard case .text(let text, _) = item, let number = text.flatMap({ Int($0) }) else { return nil }
                    return range.contains(number) ? number : nil
                }
            } else {
                []
            }
        let accepted = numbers.compactMap { $0 }
        if !numbers.isEmpty, accepted.count == numbers.count { return accepted }
        let expected = "a list of whole numbers from \(range.lowerBound) to \(range.upperBound), such as [3, 5]"
        report("\(path): expects \(expected)", at: origin(node.place))
        return nil
    }

    /// The keys that the file has below a path, then those of the defaults; each once.
    func keys(of path: String) -> [String] {
        asked.insert(path)
        let parts = Self.parts(path)
        var keys = file.keys(of: parts)
        for key in defaults.keys(of: parts) where !keys.contains(key) { keys.append(key) }
        return keys
    }

    /// What the file has directly below a path, by keys that may hold dots; nil for what is no single value. None of
    /// them can be set in the environment.
    func entries(of path: String) -> [(key: String, value: Value?)] {
        asked.insert(path)
        guard let node = file[Self.parts(path)] else { return [] }
        guard case .map(let entries, _) = node else {
            if case .text(nil, _) = node { return [] }
            report("\(path): expects a group of keys", at: origin(node.place))
            return []
        }
        return entries.map { entry in
            guard case .text(let text?, let place) = entry.value else { return (entry.key, nil) }
            return (entry.key, Value(text: text, origin: origin(place)))
        }
    }

    /// What is written for a path, and where.
    func written(_ path: String, fallback: String? = nil) -> Value? {
        asked.insert(path)
        let name = Self.environmentName(of: path)
        askedEnvironment.insert(name)
        if let flag = sources.flags.last(where: { $0.path == path }) {
            return Value(text: flag.value, origin: .flag(flag.name))
        }
        if let text = sources.environment[name], !text.isEmpty { return Value(text: text, origin: .environment(name)) }
        if let value = scalar(in: file, path, isFile: true) { return value }
        return scalar(in: defaults, path, isFile: false) ?? fallback.flatMap { scalar(in: defaults, $0, isFile: false) }
    }

    /// A secret from the environment variable or from the file that its `…_FILE` names.
    func secretText(_ name: String) -> Value? {
        askedEnvironment.formUnion([name, name + "_FILE"])
        let direct = sources.environment[name].flatMap { $0.isEmpty ? nil : $0 }
        guard let path = sources.environment[name + "_FILE"], !path.isEmpty else {
            return direct.map { Value(text: $0, origin: .environment(name)) }
        }
        let origin = SettingsOrigin.environment(name + "_FILE")
        if direct != nil {
            report("\(name) is set as well; set only one of the two", at: origin)
            return nil
        }
        guard let text = sources.readFile(path)?.trimmingLineEnds, !text.isEmpty else {
            report("cannot read a secret from \(path)", at: origin)
            return nil
        }
        if sources.isOpenToAll(path) { openSecretFiles.append(path) }
        return Value(text: text, origin: origin)
    }

    func report(_ text: String, at origin: SettingsOrigin?, kind: SettingsProblem.Kind = .setting) {
        let problem = SettingsProblem(kind: kind, origin: origin, text: text)
        if !found.contains(problem) { found.append(problem) }
    }

    /// Where a path is written in the file; nil when it is not.
    func origin(of path: String) -> SettingsOrigin? { file[Self.parts(path)].map { origin($0.place) } }

    /// Reports every key of the file that nothing asked for.
    func reportUnknownKeys() { reportUnknownKeys(in: file, below: []) }

    /// Variables that begin like ours and mean nothing: most likely a slip of the pen.
    var unknownEnvironment: [String] {
        sources.environment.keys.filter { $0.hasPrefix("DUNLIN_") && !askedEnvironment.contains($0) }.sorted()
    }

    func know(environment name: String) { askedEnvironment.insert(name) }

    static func environmentName(of path: String) -> String {
        if path == "database.path" { return "DUNLIN_DATABASE" }
        let short = path.hasPrefix("gateways.") ? String(path.dropFirst("gateways.".count)) : path
        return "DUNLIN_" + String(short.uppercased().map { $0 == "." || $0 == "-" ? "_" : $0 })
    }

    private static func parts(_ path: String) -> [String] { path.split(separator: ".").map(String.init) }

    private func scalar(in tree: SettingsTree, _ path: String, isFile: Bool) -> Value? {
        guard let node = tree[Self.parts(path)] else { return nil }
        guard case .text(let text, let place) = node else {
            if isFile { report("\(path): expects one value, not a list or a group of keys", at: origin(node.place)) }
            return nil
        }
        return text.map { Value(text: $0, origin: isFile ? origin(place) : .builtIn) }
    }

    private func origin(_ place: SettingsTree.Place) -> SettingsOrigin {
        .file(path: filePath, line: place.line, column: place.column)
    }

    private func reportUnknownKeys(in tree: SettingsTree, below parts: [String]) {
        guard case .map(let entries, _) = tree else {
            let path = parts.joined(separator: ".")
            if case .text(nil, _) = tree { return }
            guard !asked.contains(path) || asked.contains(where: { $0.hasPrefix(path + ".") }) else { return }
            report("\(path.isEmpty ? "the file" : path): expects a group of keys", at: origin(tree.place))
            return
        }
        let here = parts.joined(separator: ".")
        // Asked for as one value, and reported as a group already.
        if asked.contains(here), !asked.contains(where: { $0.hasPrefix(here + ".") }) { return }
        for entry in entries {
            let path = (parts + [entry.key]).joined(separator: ".")
            if asked.contains(where: { $0 == path || $0.hasPrefix(path + ".") }) {
                reportUnknownKeys(in: entry.value, below: parts + [entry.key])
            } else {
                report(unknown(entry.key, path: path, below: parts), at: origin(entry.place))
            }
        }
    }

    private func unknown(_ key: String, path: String, below parts: [String]) -> String {
        if key.contains("secret") || key == "key" || key == "api_key" {
            return "unknown key \(path): secrets come from the environment only, such as DUNLIN_STRIPE_SECRET_KEY"
        }
        let siblings = Set(
            asked.compactMap { path -> String? in
                let other = Self.parts(path)
                guard other.count > parts.count, Array(other.prefix(parts.count)) == parts else { return nil }
                return other[parts.count]
            })
        let nearest = siblings.min { ($0.distance(to: key), $0) < ($1.distance(to: key), $1) }
        guard let nearest, nearest.distance(to: key) <= 3 else {
            return "unknown key \(path); known here: \(siblings.sorted().joined(separator: ", "))"
        }
        return "unknown key \(path); did you mean \(nearest)?"
    }
}

extension SettingsProblem {
    fileprivate var place: Int {
        guard case .file(_, let line, let column)? = origin else { return 0 }
        return line * 10_000 + column
    }
}

extension String {
    fileprivate var trimmingLineEnds: String {
        var text = Substring(self)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }

    /// How many letters must be added, taken out or changed to make the other word of this one.
    func distance(to other: String) -> Int {
        let columns = Array(other)
        var row = Array(0...columns.count)
        for (index, letter) in enumerated() {
            var previous = row[0]
            row[0] = index + 1
            for column in columns.indices {
                let cost = letter == columns[column] ? previous : Swift.min(previous, row[column], row[column + 1]) + 1
                previous = row[column + 1]
                row[column + 1] = cost
            }
        }
        return row[columns.count]
    }
}
