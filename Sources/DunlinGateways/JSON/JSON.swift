/// A JSON value read from a gateway, with accessors that accept every form in which the gateways were seen to send it.
///
/// A type of our own rather than `Codable`: a missing, renamed or oddly typed field must cost that field and never the
/// whole answer, and integers of 64 bits must not pass through a floating-point number.
public enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A number with a fraction, an exponent or more than 64 bits, as it was written.
    case decimal(String)
    case string(String)
    case array([JSON])
    case object([String: JSON])
}

extension JSON {
    /// The member of this name; null when there is none, or when this is no object.
    ///
    /// A string that holds a JSON object is looked into (wooshpay.md 1.9).
    public subscript(name: String) -> JSON {
        guard case .object(let members) = opened else { return .null }
        return members[name] ?? .null
    }

    /// This value; what is inside when it is a string that holds a JSON object or array; null when it is `""`.
    public var opened: JSON {
        guard case .string(let text) = self else { return self }
        if text.isEmpty { return .null }
        guard let first = text.utf8.first, first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else { return self }
        return JSON(parsing: Array(text.utf8)) ?? self
    }

    public var isNull: Bool { opened == .null }

    public var isObject: Bool {
        if case .object = opened { return true }
        return false
    }

    /// A string that is not empty, or a number as it was written.
    public var text: String? {
        switch self {
        case .string(let text): text.isEmpty ? nil : text
        case .integer(let value): String(value)
        case .decimal(let text): text
        default: nil
        }
    }

    /// A whole number, sent as a number or as a string of digits.
    public var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .string(let text): Int64(text)
        case .decimal(let text): Self.wholeNumber(text)
        default: nil
        }
    }

    public var flag: Bool? {
        switch self {
        case .bool(let value): value
        case .string("true"): true
        case .string("false"): false
        default: nil
        }
    }

    /// An id, sent as such or as the expanded object that carries it.
    public var id: String? { isObject ? self["id"].text : text }

    /// The items of a list: of an envelope with `data`, of a bare array, or a single object that has an id.
    /// nil when this is none of them.
    public var items: [JSON]? {
        switch opened {
        case .array(let items): return items
        case .object(let members):
            if let data = members["data"] { return data.isNull ? [] : data.items }
            return members["id"] == nil ? nil : [self]
        default: return nil
        }
    }

    /// The members of an object whose values are texts or numbers.
    public var texts: [String: String] {
        guard case .object(let members) = opened else { return [:] }
        return members.compactMapValues(\.text)
    }

    /// `2500.0` is a whole number too.
    private static func wholeNumber(_ text: String) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.allSatisfy({ $0 == UInt8(ascii: "0") }) else { return nil }
        return Int64(parts[0])
    }
}
