/// The key-value pairs of an object, in the order in which they were first set.
struct Metadata {
    private static let keysMax = 50
    private static let keyLengthMax = 40
    private static let valueLengthMax = 500

    private(set) var pairs: [(key: String, value: String)] = []

    subscript(key: String) -> String? { pairs.first { $0.key == key }?.value }

    /// Merges what a request sent: given keys overwrite, an empty value removes its key, an empty `metadata` all.
    mutating func apply(_ parameters: Parameters) throws(SandboxFailure) {
        guard let value = parameters["metadata"] else { return }
        let name = parameters.path("metadata")
        guard value != .string("") else {
            pairs = []
            return
        }
        guard case .object(let members) = value else { throw .invalid(name, "Invalid hash: \(name)") }
        var merged = self
        merged.pairs.reserveCapacity(merged.pairs.count + members.count)
        for member in members { try merged.set(member, in: name) }
        guard merged.pairs.count <= Self.keysMax else {
            throw .invalid(name, "You can only store up to \(Self.keysMax) keys in metadata.")
        }
        self = merged
    }

    private mutating func set(_ member: JSONValue.Member, in object: String) throws(SandboxFailure) {
        let key = member.name
        var name: String { "\(object)[\(key)]" }
        guard Self.isAtMost(Self.keyLengthMax, key), !key.utf8.contains(where: Self.isBracket) else {
            throw .invalid(
                name, "Metadata keys are at most \(Self.keyLengthMax) characters long and hold no square brackets.")
        }
        let text = try text(of: member)
        guard Self.isAtMost(Self.valueLengthMax, text ?? "") else {
            throw .invalid(name, "Metadata values are at most \(Self.valueLengthMax) characters long.")
        }
        let index = pairs.firstIndex { $0.key == key }
        switch (text, index) {
        case (nil, let index?): pairs.remove(at: index)
        case (nil, nil): break
        case (let text?, let index?): pairs[index].value = text
        case (let text?, nil): pairs.append((key, text))
        }
    }

    /// The value as text, whatever simple type it was sent as; nil for an empty string or null.
    private func text(of member: JSONValue.Member) throws(SandboxFailure) -> String? {
        if case .string(let text) = member.value { return text.isEmpty ? nil : text }
        return try Parameters([member], prefix: "metadata").text(member.name)
    }

    /// Characters are counted only where there may be too many.
    private static func isAtMost(_ most: Int, _ text: String) -> Bool { text.utf8.count <= most || text.count <= most }

    private static func isBracket(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]") }

    var json: JSONValue { .object(pairs.map { JSONValue.Member($0.key, .string($0.value)) }) }
}

extension Parameters {
    fileprivate func text(_ name: String) throws(SandboxFailure) -> String? {
        if case .boolean(let flag)? = self[name] { return flag ? "true" : "false" }
        guard case .set(let value) = try change(name) else { return nil }
        return value
    }
}
