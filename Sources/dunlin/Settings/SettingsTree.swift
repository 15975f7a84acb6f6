import Yams

/// A YAML document as keys, texts and places: what the settings need, without the parser's types.
indirect enum SettingsTree: Sendable {
    struct Entry: Sendable {
        let key: String
        let place: Place
        let value: SettingsTree
    }

    struct Place: Hashable, Sendable {
        let line: Int
        let column: Int
    }

    /// A scalar as written; nil for an empty one.
    case text(String?, Place)
    case list([SettingsTree], Place)
    case map([Entry], Place)

    var place: Place {
        switch self {
        case .text(_, let place), .list(_, let place), .map(_, let place): place
        }
    }

    /// The value below these keys; nil where there is none.
    subscript(path: [String]) -> SettingsTree? {
        guard let key = path.first else { return self }
        guard case .map(let entries, _) = self, let entry = entries.first(where: { $0.key == key }) else { return nil }
        return entry.value[Array(path.dropFirst())]
    }

    /// The keys of the map below these keys, in the order in which they are written.
    func keys(of path: [String]) -> [String] {
        guard case .map(let entries, _)? = self[path] else { return [] }
        return entries.map(\.key)
    }
}

extension SettingsTree {
    /// - Parameter path: the file's name, for messages.
    /// - Throws: a `SettingsError` with line and column when the text is no YAML.
    init(yaml: String, path: String) throws(SettingsError) {
        do {
            let root = try Yams.compose(yaml: yaml)
            self = try root.map { try Self.tree($0) } ?? .map([], Place(line: 1, column: 1))
        } catch {
            throw SettingsError(problems: [Self.problem(error, path: path)])
        }
    }

    private static func tree(_ node: Node) throws -> SettingsTree {
        let place = Place(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            return .text(isPlain && ["", "~", "null"].contains(scalar.string) ? nil : scalar.string, place)
        case .sequence(let sequence):
            return .list(try sequence.map { try tree($0) }, place)
        case .mapping(let mapping):
            return .map(
                try mapping.map { key, value in
                    let mark = Place(line: key.mark?.line ?? place.line, column: key.mark?.column ?? place.column)
                    return Entry(key: key.scalar?.string ?? "?", place: mark, value: try tree(value))
                }, place)
        case .alias:
            throw YamlError.representer(problem: "aliases are not allowed here")
        }
    }

    private static func problem(_ error: any Error, path: String) -> SettingsProblem {
        let place: Place
        let text: String
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            (place, text) = (Place(line: mark.line, column: mark.column), "not YAML: \(problem)")
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            place = Place(line: context.mark.line, column: context.mark.column)
            text = "key written twice: \(Set(keys).sorted().joined(separator: ", "))"
        case YamlError.reader(let problem, let offset, _, let yaml):
            (place, text) = (Self.place(of: offset ?? 0, in: yaml), "not readable: \(problem)")
        case YamlError.representer(let problem):
            (place, text) = (Place(line: 1, column: 1), problem)
        default:
            (place, text) = (Place(line: 1, column: 1), "not YAML")
        }
        return SettingsProblem(origin: .file(path: path, line: place.line, column: place.column), text: text)
    }

    private static func place(of offset: Int, in text: String) -> Place {
        let before = text.prefix(offset)
        let column = before.reversed().prefix { !$0.isNewline }.count + 1
        return Place(line: before.count(where: \.isNewline) + 1, column: column)
    }
}
