/// A search as Stripe's query language writes it: clauses joined by AND (or a space), or all by OR.
///
/// `status:"succeeded" AND metadata["k"]:"v"`, `-currency:"usd"`, `amount>100`, `name~"part"`,
/// `-metadata["k"]:null` (the key is there). WooshPay's `merchant_order_id:'order1234'` reads the same way.
struct SearchQuery {
    enum Field: Hashable {
        case named(String)
        case metadata(String)
    }

    enum Comparison: String {
        case equals = ":"
        case contains = "~"
        case greater = ">"
        case less = "<"
        case atLeast = ">="
        case atMost = "<="
    }

    enum Value: Hashable {
        case text(String)
        case number(Int64)
        case null
    }

    struct Clause {
        var field: Field
        var comparison: Comparison
        var value: Value
        var isNegated: Bool
    }

    private(set) var clauses: [Clause] = []
    private(set) var joinsByOr = false

    /// - Throws: 400 on `query` for what the language does not have.
    init(_ text: String) throws(SandboxFailure) {
        var scanner = SearchScanner(text)
        var joints: Set<String> = []
        repeat {
            clauses.append(try scanner.clause())
            if let joint = scanner.joint() { joints.insert(joint) }
        } while !scanner.isAtEnd
        guard joints.count <= 1 else { throw Self.failure("AND and OR cannot be mixed") }
        joinsByOr = joints == ["OR"]
    }

    static func failure(_ message: String) -> SandboxFailure {
        .invalid("query", "We were unable to parse your search query: \(message).")
    }

    /// Whether an object, by what it says of a field, is wanted.
    func matches(_ value: (Field) -> Value?) -> Bool {
        let isMatch: (Clause) -> Bool = { clause in
            Self.holds(clause, value(clause.field)) != clause.isNegated
        }
        return joinsByOr ? clauses.contains(where: isMatch) : clauses.allSatisfy(isMatch)
    }

    private static func holds(_ clause: Clause, _ actual: Value?) -> Bool {
        switch (clause.value, actual) {
        case (.null, nil): true
        case (.null, _), (_, nil), (_, .null?): false
        case (.number(let wanted), .number(let number)?): compare(number, wanted, by: clause.comparison)
        case (.text(let wanted), .number(let number)?):
            Int64(wanted).map { compare(number, $0, by: clause.comparison) } ?? false
        case (.number(let wanted), .text(let text)?): text == String(wanted)
        case (.text(let wanted), .text(let text)?):
            clause.comparison == .contains
                ? text.lowercased().contains(wanted.lowercased())
                : text.lowercased() == wanted.lowercased()
        }
    }

    private static func compare(_ left: Int64, _ right: Int64, by comparison: Comparison) -> Bool {
        switch comparison {
        case .equals, .contains: left == right
        case .greater: left > right
        case .less: left < right
        case .atLeast: left >= right
        case .atMost: left <= right
        }
    }
}

/// Takes a query apart from left to right.
private struct SearchScanner {
    private var rest: Substring

    init(_ text: String) {
        rest = text[...]
        skipSpace()
    }

    var isAtEnd: Bool { rest.isEmpty }

    private mutating func skipSpace() { rest = rest.drop(while: \.isWhitespace) }

    private mutating func take(_ text: String) -> Bool {
        guard rest.hasPrefix(text) else { return false }
        rest = rest.dropFirst(text.count)
        return true
    }

    mutating func clause() throws(SandboxFailure) -> SearchQuery.Clause {
        let isNegated = take("-")
        let name = String(rest.prefix { $0.isLetter || $0 == "_" || $0 == "." })
        guard !name.isEmpty else { throw SearchQuery.failure("a field is missing") }
        rest = rest.dropFirst(name.count)
        var field = SearchQuery.Field.named(name)
        if name == "metadata" {
            guard take("["), let key = try quoted(), take("]") else {
                throw SearchQuery.failure("metadata needs a key in brackets")
            }
            field = .metadata(key)
        }
        skipSpace()
        guard let comparison = [">=", "<=", ":", "~", ">", "<"].first(where: { take($0) }) else {
            throw SearchQuery.failure("an operator is missing after \(name)")
        }
        skipSpace()
        let value = try value()
        skipSpace()
        return SearchQuery.Clause(
            field: field, comparison: SearchQuery.Comparison(rawValue: comparison) ?? .equals, value: value,
            isNegated: isNegated)
    }

    /// `AND` or `OR` before the next clause; a space alone is AND.
    mutating func joint() -> String? {
        guard !isAtEnd else { return nil }
        for joint in ["AND", "OR"] where rest.lowercased().hasPrefix(joint.lowercased() + " ") {
            rest = rest.dropFirst(joint.count)
            skipSpace()
            return joint
        }
        return "AND"
    }

    private mutating func value() throws(SandboxFailure) -> SearchQuery.Value {
        if let text = try quoted() { return .text(text) }
        let word = String(rest.prefix { !$0.isWhitespace })
        rest = rest.dropFirst(word.count)
        if word == "null" { return .null }
        guard let number = Int64(word) else { throw SearchQuery.failure("a value in quotes or a number is missing") }
        return .number(number)
    }

    private mutating func quoted() throws(SandboxFailure) -> String? {
        guard let quote = rest.first, quote == "\"" || quote == "'" else { return nil }
        rest = rest.dropFirst()
        var text = ""
        while let character = rest.popFirst() {
            if character == quote { return text }
            if character == "\\", let escaped = rest.popFirst() { text.append(escaped) } else { text.append(character) }
        }
        throw SearchQuery.failure("a quote is not closed")
    }
}
