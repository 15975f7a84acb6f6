/// Reads the parts of `dunning.yaml` and collects what is wrong with them, each with line and column.
final class DunningReader {
    private(set) var problems: [SettingsProblem] = []
    private let path: String

    init(path: String) { self.path = path }

    func report(_ text: String, at place: SettingsTree.Place) {
        problems.append(
            SettingsProblem(origin: .file(path: path, line: place.line, column: place.column), text: text))
    }

    /// The values of a group of keys. A key that is not known is reported.
    func map(_ node: SettingsTree?, _ path: String, known: [String]) -> [String: SettingsTree] {
        var values: [String: SettingsTree] = [:]
        for entry in entries(node, path) {
            if known.contains(entry.key) {
                values[entry.key] = entry.value
            } else {
                let near = known.min { ($0.distance(to: entry.key), $0) < ($1.distance(to: entry.key), $1) }
                let isSlip = near.map { $0.distance(to: entry.key) <= 3 } ?? false
                let hint = isSlip ? "did you mean \(near ?? "")?" : "known here: \(known.joined(separator: ", "))"
                report("\(path): unknown key \(entry.key); \(hint)", at: entry.place)
            }
        }
        return values
    }

    func entries(_ node: SettingsTree?, _ path: String) -> [SettingsTree.Entry] {
        switch node {
        case .map(let entries, _): return entries
        case nil, .text(nil, _): return []
        case .text(_, let place), .list(_, let place):
            report("\(path): expects a group of keys", at: place)
            return []
        }
    }

    func list(_ node: SettingsTree?, _ path: String) -> [SettingsTree] {
        switch node {
        case .list(let items, _): return items
        case nil, .text(nil, _): return []
        case .text(_, let place), .map(_, let place):
            report("\(path): expects a list", at: place)
            return []
        }
    }

    /// One value; nil where there is none, or where it was reported.
    @discardableResult
    func value<T>(_ node: SettingsTree?, _ path: String, expected: String, _ parse: (String) -> T?) -> T? {
        switch node {
        case nil: return nil
        case .text(let text?, let place):
            if let value = parse(text) { return value }
            report("\(path): “\(text)” is not accepted; expects \(expected)", at: place)
        case .text(nil, let place), .list(_, let place), .map(_, let place):
            report("\(path): expects \(expected)", at: place)
        }
        return nil
    }

    func text(_ node: SettingsTree?, _ path: String) -> String? {
        value(node, path, expected: "a text") { $0.isEmpty ? nil : $0 }
    }

    func integer(_ node: SettingsTree?, _ path: String, in range: ClosedRange<Int>) -> Int? {
        value(node, path, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") {
            Int($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func choice<T: RawRepresentable & CaseIterable>(
        _ node: SettingsTree?, _ path: String, of type: T.Type = T.self
    ) -> T? where T.RawValue == String {
        value(node, path, expected: "one of: \(T.allCases.map(\.rawValue).joined(separator: ", "))") { T(rawValue: $0) }
    }

    func isOn(_ node: SettingsTree?, _ path: String) -> Bool? {
        value(node, path, expected: "yes or no") { ["yes": true, "true": true, "no": false, "false": false][$0] }
    }

    /// The values of a list that is not empty; nil where there is none or one of them was reported.
    func values<T>(_ node: SettingsTree?, _ path: String, expected: String, _ parse: (String) -> T?) -> [T]? {
        guard let node else { return nil }
        let items = list(node, path)
        if items.isEmpty, case .list(_, let place) = node { report("\(path): expects at least one", at: place) }
        let parsed = items.compactMap { value($0, path, expected: expected, parse) }
        return parsed.isEmpty || parsed.count != items.count ? nil : parsed
    }
}
