import Foundation

@testable import DunlinGateways

/// As much of JSON Schema 2020-12 as the schemas of Stripe's interface use: `$ref`, `type`, `properties`, `required`,
/// `additionalProperties`, `items`, `anyOf`, `enum`, `const`, `maxLength`, `maxProperties`.
struct JSONSchema {
    /// A form has texts only: a number or a flag in it is what its text says.
    private let isForm: Bool
    private let definitions: JSON
    private let operations: JSON

    /// Beside the project, where it is there: it belongs to Stripe, and is no part of the project.
    static let path = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../../../shared/gateways/stripe-schema/stripe-schema-2026-07-29.dahlia.json"
    ).standardizedFileURL.path

    static var isThere: Bool { FileManager.default.fileExists(atPath: path) }

    /// - Parameter isForm: true for requests, false for answers.
    init(isForm: Bool) throws {
        self.isForm = isForm
        let data = try Data(contentsOf: URL(filePath: Self.path))
        let whole = JSON(parsing: Array(data)) ?? .null
        definitions = whole["$defs"]
        operations = whole["x-operations"]
    }

    /// What is wrong with a request; empty when it is as documented.
    func problems(ofRequest operation: String, _ fields: [(String, String)]) -> [String] {
        guard let reference = operations[operation]["params"].text else { return ["\(operation) is not in the schema"] }
        let schema = JSON.object(["$ref": .string(reference)])
        return problems(of: Self.nested(fields), schema, "")
    }

    /// What is wrong with an answer.
    func problems(ofAnswer operation: String, status: Int, _ body: JSON) -> [String] {
        let name = (200...299).contains(status) ? operations[operation]["response"].text : "Error"
        guard let name, definitions[name].isObject else { return ["\(operation) has no answer in the schema"] }
        return problems(of: body, definitions[name], "")
    }

    func knows(_ operation: String) -> Bool { operations[operation].isObject }

    // MARK: - Judging

    private func problems(of value: JSON, _ schema: JSON, _ path: String) -> [String] {
        if let reference = schema["$ref"].text {
            return problems(of: value, definitions[String(reference.dropFirst("#/$defs/".count))], path)
        }
        guard case .object(let rules) = schema else { return [] }
        var found: [String] = []
        if let options = rules["anyOf"]?.items {
            let all = options.map { problems(of: value, $0, path) }
            if !all.contains(where: \.isEmpty) { found += all.min { $0.count < $1.count } ?? [] }
        }
        if let constant = rules["const"], !matches(value, constant) { found.append("\(path): not \(constant)") }
        if let choices = rules["enum"], case .array(let all) = choices, !all.contains(where: { matches(value, $0) }) {
            found.append("\(path): \(value) is none of the choices")
        }
        if let type = rules["type"], !has(value, type) { return found + ["\(path): \(value) is no \(type)"] }
        if let longest = rules["maxLength"]?.integer, case .string(let text) = value, text.count > longest {
            found.append("\(path): longer than \(longest)")
        }
        if case .object(let members) = value { found += problems(of: members, rules, path) }
        if case .array(let items) = value, let each = rules["items"] {
            for (index, item) in items.enumerated() { found += problems(of: item, each, "\(path)[\(index)]") }
        }
        return found
    }

    private func problems(of members: [String: JSON], _ rules: [String: JSON], _ path: String) -> [String] {
        var found: [String] = []
        let known: [String: JSON] = if case .object(let known)? = rules["properties"] { known } else { [:] }
        for (name, member) in members {
            if let rule = known[name] {
                found += problems(of: member, rule, "\(path)/\(name)")
            } else if rules["additionalProperties"] == .bool(false) {
                found.append("\(path)/\(name): not documented")
            } else if let rule = rules["additionalProperties"], rule.isObject {
                found += problems(of: member, rule, "\(path)/\(name)")
            }
        }
        if case .array(let needed)? = rules["required"] {
            found += needed.compactMap(\.text).filter { members[$0] == nil }.map { "\(path)/\($0): missing" }
        }
        if let most = rules["maxProperties"]?.integer, members.count > most {
            found.append("\(path): too many members")
        }
        return found
    }

    private func has(_ value: JSON, _ type: JSON) -> Bool {
        if case .array(let types) = type { return types.contains { has(value, $0) } }
        switch (type.text ?? "", value) {
        case ("string", .string), ("object", .object), ("array", .array), ("null", .null), ("boolean", .bool),
            ("integer", .integer), ("number", .integer), ("number", .decimal):
            return true
        case ("integer", .string(let text)) where isForm, ("number", .string(let text)) where isForm:
            return Int64(text) != nil
        case ("boolean", .string(let text)) where isForm: return text == "true" || text == "false"
        default: return false
        }
    }

    private func matches(_ value: JSON, _ wanted: JSON) -> Bool {
        if isForm, case .string(let text) = value, case .bool(let flag) = wanted { return text == String(flag) }
        return value == wanted
    }

    // MARK: - Forms

    /// `a[b][0]=c` as an object of objects and arrays; every text stays a text.
    static func nested(_ fields: [(String, String)]) -> JSON {
        var root = JSON.object([:])
        for (name, value) in fields {
            let parts = name.split(whereSeparator: { $0 == "[" || $0 == "]" }).map(String.init)
            root = inserting(value, at: parts[...], into: root)
        }
        return arrays(root)
    }

    private static func inserting(_ value: String, at parts: ArraySlice<String>, into json: JSON) -> JSON {
        guard let first = parts.first else { return .string(value) }
        var members: [String: JSON] = if case .object(let members) = json { members } else { [:] }
        members[first] = inserting(value, at: parts.dropFirst(), into: members[first] ?? .null)
        return .object(members)
    }

    /// Objects whose names are 0, 1, 2, … are arrays.
    private static func arrays(_ json: JSON) -> JSON {
        guard case .object(let members) = json else { return json }
        let inner = members.mapValues(arrays)
        let indexes = inner.keys.compactMap(Int.init).sorted()
        guard !inner.isEmpty, indexes == Array(0..<inner.count) else { return .object(inner) }
        return .array(indexes.compactMap { inner[String($0)] })
    }
}
