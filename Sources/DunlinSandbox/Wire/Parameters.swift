/// The parameters of a request, or of an object inside it, with the checks and messages of the API.
///
/// Forms carry everything as text; JSON carries types, and WooshPay documents both for several fields, so text that
/// reads as the wanted type is taken in both.
struct Parameters {
    /// What a caller asked for a field that can be unset.
    enum Change<Value> {
        case keep
        case unset
        case set(Value)
    }

    private(set) var members: [JSONValue.Member]
    /// The name of this object in error messages, `""` at the top.
    let prefix: String

    init(_ members: [JSONValue.Member], prefix: String = "") {
        self.members = members
        self.prefix = prefix
    }

    var isEmpty: Bool { members.isEmpty }

    func path(_ name: String) -> String { prefix.isEmpty ? name : "\(prefix)[\(name)]" }

    /// The value; nil where it is absent or JSON null.
    subscript(name: String) -> JSONValue? {
        for member in members.reversed() where member.name == name { return member.value.isNull ? nil : member.value }
        return nil
    }

    func has(_ name: String) -> Bool { self[name] != nil }

    /// Refuses the first parameter that is not among the known ones.
    func requireKnown(_ names: Set<String>) throws(SandboxFailure) {
        for member in members where !names.contains(member.name) {
            throw .parameter(
                "parameter_unknown", path(member.name), "Received unknown parameter: \(path(member.name))")
        }
    }

    /// Text that may not be empty; nil where it is absent.
    func string(_ name: String) throws(SandboxFailure) -> String? {
        switch try change(name) {
        case .keep: return nil
        case .set(let value): return value
        case .unset:
            throw .parameter(
                "parameter_invalid_empty", path(name),
                "You passed an empty string for '\(path(name))'. Leave it out or give it a value.")
        }
    }

    func requiredString(_ name: String) throws(SandboxFailure) -> String {
        guard let value = try string(name) else { throw .missing(path(name)) }
        return value
    }

    /// Text that an empty string unsets.
    func change(_ name: String) throws(SandboxFailure) -> Change<String> {
        switch self[name] {
        case nil: return .keep
        case .string("")?: return .unset
        case .string(let value)?: return .set(value)
        case .integer(let value)?: return .set(String(value))
        case .decimal(let value)?: return .set(value)
        case .boolean, .array, .object, .null: throw .invalid(path(name), "Invalid string: \(path(name))")
        }
    }

    func integer(_ name: String) throws(SandboxFailure) -> Int64? {
        switch self[name] {
        case nil: return nil
        case .integer(let value)?: return value
        case .string(let text)?:
            if let value = Int64(text) { return value }
            throw .parameter("parameter_invalid_integer", path(name), "Invalid integer: \(text)")
        default: throw .parameter("parameter_invalid_integer", path(name), "Invalid integer: \(path(name))")
        }
    }

    /// An integer within bounds.
    func integer(_ name: String, in range: ClosedRange<Int64>) throws(SandboxFailure) -> Int64? {
        guard let value = try integer(name) else { return nil }
        guard range.contains(value) else {
            throw .parameter(
                "parameter_invalid_integer", path(name),
                "Invalid integer: \(path(name)) must be from \(range.lowerBound) to \(range.upperBound).")
        }
        return value
    }

    func requiredInteger(_ name: String) throws(SandboxFailure) -> Int64 {
        guard let value = try integer(name) else { throw .missing(path(name)) }
        return value
    }

    func boolean(_ name: String) throws(SandboxFailure) -> Bool? {
        switch self[name] {
        case nil: return nil
        case .boolean(let value)?: return value
        case .string("true")?: return true
        case .string("false")?: return false
        default: throw .invalid(path(name), "Invalid boolean: \(path(name))")
        }
    }

    /// One of a closed list of values.
    func choice(_ name: String, _ values: [String]) throws(SandboxFailure) -> String? {
        guard let value = try string(name) else { return nil }
        guard values.contains(value) else {
            throw .invalid(path(name), "Invalid \(path(name)): must be one of \(values.joined(separator: ", "))")
        }
        return value
    }

    /// The object inside; nil where it is absent or an empty string.
    func object(_ name: String) throws(SandboxFailure) -> Parameters? {
        switch self[name] {
        case nil, .string("")?: return nil
        case .object(let members)?: return Parameters(members, prefix: path(name))
        default: throw .invalid(path(name), "Invalid object: \(path(name))")
        }
    }

    /// The elements of a list, in the order of their indices.
    func list(_ name: String) throws(SandboxFailure) -> [JSONValue]? {
        switch self[name] {
        case nil: return nil
        case .string("")?: return []
        case .array(let elements)?: return elements
        case .object(let members)?:
            let indexed = members.compactMap { member in Int(member.name).map { ($0, member.value) } }
            guard indexed.count == members.count else { throw .invalid(path(name), "Invalid array: \(path(name))") }
            return indexed.sorted { $0.0 < $1.0 }.map(\.1)
        default: throw .invalid(path(name), "Invalid array: \(path(name))")
        }
    }

    func strings(_ name: String) throws(SandboxFailure) -> [String]? {
        guard let elements = try list(name) else { return nil }
        var strings: [String] = []
        for element in elements {
            guard let string = element.string else { throw .invalid(path(name), "Invalid array: \(path(name))") }
            strings.append(string)
        }
        return strings
    }
}
