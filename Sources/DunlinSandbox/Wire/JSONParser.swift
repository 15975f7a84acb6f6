extension JSONValue {
    /// Where and why a text is no JSON.
    public struct SyntaxError: Error, Hashable, Sendable {
        /// Bytes before the place.
        public let offset: Int
        public let message: String
    }

    /// The value that a JSON text holds.
    ///
    /// - Throws: `SyntaxError` for anything RFC 8259 does not allow, nesting deeper than 64, or invalid UTF-8.
    public init(parsing bytes: [UInt8]) throws(SyntaxError) {
        var parser = JSONParser(bytes: bytes)
        self = try parser.document()
    }
}

/// Reads one JSON text by recursive descent.
struct JSONParser {
    private static let depthMax = 64

    private let bytes: [UInt8]
    private var offset = 0
    private var depth = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(JSONValue.SyntaxError) -> JSONValue {
        let result = try value()
        skipSpace()
        guard offset == bytes.count else { throw failure("text after the value") }
        return result
    }

    private func failure(_ message: String) -> JSONValue.SyntaxError {
        JSONValue.SyntaxError(offset: offset, message: message)
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        offset += 1
        return true
    }

    private mutating func value() throws(JSONValue.SyntaxError) -> JSONValue {
        skipSpace()
        guard let byte = next else { throw failure("the text ends here") }
        switch byte {
        case UInt8(ascii: "{"): return try nested(Self.object)
        case UInt8(ascii: "["): return try nested(Self.array)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func nested(
        _ parse: (inout JSONParser) throws(JSONValue.SyntaxError) -> JSONValue
    ) throws(JSONValue.SyntaxError) -> JSONValue {
        guard depth < Self.depthMax else { throw failure("nested too deep") }
        depth += 1
        offset += 1
        let result = try parse(&self)
        depth -= 1
        return result
    }

    private static func object(_ parser: inout JSONParser) throws(JSONValue.SyntaxError) -> JSONValue {
        var members: [JSONValue.Member] = []
        if parser.take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            parser.skipSpace()
            guard parser.next == UInt8(ascii: "\"") else { throw parser.failure("a name in quotes is missing") }
            let name = try parser.string()
            guard parser.take(UInt8(ascii: ":")) else { throw parser.failure("a colon is missing") }
            members.append(JSONValue.Member(name, try parser.value()))
        } while parser.take(UInt8(ascii: ","))
        guard parser.take(UInt8(ascii: "}")) else { throw parser.failure("a closing brace is missing") }
        return .object(members)
    }

    private static func array(_ parser: inout JSONParser) throws(JSONValue.SyntaxError) -> JSONValue {
        var elements: [JSONValue] = []
        if parser.take(UInt8(ascii: "]")) { return .array(elements) }
        repeat { elements.append(try parser.value()) } while parser.take(UInt8(ascii: ","))
        guard parser.take(UInt8(ascii: "]")) else { throw parser.failure("a closing bracket is missing") }
        return .array(elements)
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONValue.SyntaxError) -> JSONValue {
        let length = word.utf8CodeUnitCount
        let isHere = word.withUTF8Buffer { bytes[offset...].prefix(length).elementsEqual($0) }
        guard isHere else { throw failure("no JSON value") }
        offset += length
        return value
    }

    private mutating func number() throws(JSONValue.SyntaxError) -> JSONValue {
        let start = offset
        while let byte = next, Self.isPartOfNumber(byte) { offset += 1 }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard Self.isNumber(Array(text.utf8)) else {
            offset = start
            throw failure("no JSON value")
        }
        return Int64(text).map { .integer($0) } ?? .decimal(text)
    }

    private static func isPartOfNumber(_ byte: UInt8) -> Bool {
        isDigit(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// `-? (0 | 1-9 digits) (. digits)? ([eE] [+-]? digits)?`
    private static func isNumber(_ text: [UInt8]) -> Bool {
        var rest = text[...]
        if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let whole = rest.prefix(while: isDigit)
        guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return false }
        rest = rest.dropFirst(whole.count)
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix(while: isDigit)
            guard !fraction.isEmpty else { return false }
            rest = rest.dropFirst(fraction.count + 1)
        }
        guard let exponent = rest.first else { return true }
        guard exponent == UInt8(ascii: "e") || exponent == UInt8(ascii: "E") else { return false }
        rest.removeFirst()
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest.removeFirst() }
        return !rest.isEmpty && rest.allSatisfy(isDigit)
    }

    private mutating func string() throws(JSONValue.SyntaxError) -> String {
        offset += 1
        var text: [UInt8] = []
        while let byte = next {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw failure("invalid UTF-8") }
                return string
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw failure("a control character in a string")
            default: text.append(byte)
            }
        }
        throw failure("a string is not closed")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONValue.SyntaxError) {
        guard let byte = next else { throw failure("a string is not closed") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: Array(String(try scalar()).utf8))
        default: throw failure("an unknown escape")
        }
    }

    /// The character of one `\u` escape or of a surrogate pair of two.
    private mutating func scalar() throws(JSONValue.SyntaxError) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), next == UInt8(ascii: "\\") else { throw failure("half a character") }
        offset += 1
        guard next == UInt8(ascii: "u") else { throw failure("half a character") }
        offset += 1
        let second = try codeUnit()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        else { throw failure("half a character") }
        return scalar
    }

    private mutating func codeUnit() throws(JSONValue.SyntaxError) -> UInt32 {
        let digits = bytes[offset...].prefix(4)
        let text = String(decoding: digits, as: UTF8.self)
        guard digits.count == 4, text.utf8.allSatisfy({ $0 != 0x2B && $0 != 0x2D }),
            let unit = UInt32(text, radix: 16)
        else { throw failure("four hex digits are missing") }
        offset += 4
        return unit
    }
}
