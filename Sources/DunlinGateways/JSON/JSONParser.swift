extension JSON {
    /// The value of a whole JSON text; nil when the bytes are anything else, also when more follows the value.
    ///
    /// - Parameter names: where given, members of other names are read over, at any depth; a name with an escape in it
    ///   is kept.
    public init?(parsing bytes: [UInt8], keeping names: JSONNames? = nil) {
        let value = bytes.withUnsafeBufferPointer { buffer -> JSON? in
            var parser = JSONParser(bytes: buffer, names: names)
            return parser.document()
        }
        guard let value else { return nil }
        self = value
    }
}

/// Names of members that somebody wants, out of many.
public struct JSONNames: Sendable {
    private let names: [[UInt8]]

    public init(_ names: [String]) { self.names = names.map { Array($0.utf8) } }

    fileprivate func hold(_ name: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        names.contains { $0.count == name.count && $0.elementsEqual(name) }
    }
}

/// Reads RFC 8259 text. Never traps: whatever the bytes are, the answer is a value or nil.
private struct JSONParser {
    /// Deeper nesting is refused, so that no answer can exhaust the stack.
    static let depthMax = 64

    let bytes: UnsafeBufferPointer<UInt8>
    /// nil where all are wanted.
    let names: JSONNames?
    var index = 0

    init(bytes: UnsafeBufferPointer<UInt8>, names: JSONNames?) {
        self.bytes = bytes
        self.names = names
    }

    mutating func document() -> JSON? {
        guard let value = value(depth: 0) else { return nil }
        skipBlanks()
        return index == bytes.count ? value : nil
    }

    private mutating func value(depth: Int) -> JSON? {
        skipBlanks()
        guard index < bytes.count, depth < Self.depthMax else { return nil }
        switch bytes[index] {
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return array(depth: depth)
        case UInt8(ascii: "\""): return string().map { .string($0) }
        case UInt8(ascii: "t"): return word("true") ? .bool(true) : nil
        case UInt8(ascii: "f"): return word("false") ? .bool(false) : nil
        case UInt8(ascii: "n"): return word("null") ? .null : nil
        default: return number()
        }
    }

    private mutating func object(depth: Int) -> JSON? {
        index += 1
        // Counted first, so that the table is made once and in its size.
        var members: [(String, JSON)] = []
        if take(UInt8(ascii: "}")) { return .object([:]) }
        while true {
            skipBlanks()
            if skipUnwantedName() {
                guard take(UInt8(ascii: ":")), skip(depth: depth + 1) else { return nil }
            } else {
                guard index < bytes.count, bytes[index] == UInt8(ascii: "\""), let name = string() else { return nil }
                guard take(UInt8(ascii: ":")), let member = value(depth: depth + 1) else { return nil }
                members.append((name, member))
            }
            if take(UInt8(ascii: "}")) { return .object(Dictionary(members) { _, last in last }) }
            guard take(UInt8(ascii: ",")) else { return nil }
        }
    }

    private mutating func array(depth: Int) -> JSON? {
        index += 1
        var items: [JSON] = []
        if take(UInt8(ascii: "]")) { return .array(items) }
        while true {
            guard let item = value(depth: depth + 1) else { return nil }
            items.append(item)
            if take(UInt8(ascii: "]")) { return .array(items) }
            guard take(UInt8(ascii: ",")) else { return nil }
        }
    }

    private mutating func number() -> JSON? {
        let start = index
        guard let isInteger = skipNumber() else { return nil }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .integer(value) }
        return .decimal(text)
    }

    /// - Returns: whether it has neither a fraction nor an exponent; nil where it is no number.
    private mutating func skipNumber() -> Bool? {
        _ = takeHere(UInt8(ascii: "-"))
        let digits = index
        skipDigits()
        guard index > digits, index == digits + 1 || bytes[digits] != UInt8(ascii: "0") else { return nil }
        let endOfInteger = index
        if takeHere(UInt8(ascii: ".")), !skipAtLeastOneDigit() { return nil }
        if takeHere(UInt8(ascii: "e")) || takeHere(UInt8(ascii: "E")) {
            _ = takeHere(UInt8(ascii: "+")) || takeHere(UInt8(ascii: "-"))
            if !skipAtLeastOneDigit() { return nil }
        }
        return index == endOfInteger
    }

    // MARK: - What nobody wants

    /// Goes past a name without an escape that is not among the wanted ones.
    private mutating func skipUnwantedName() -> Bool {
        guard let names, index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { return false }
        var end = index + 1
        while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
            guard bytes[end] >= 0x20, bytes[end] < 0x80, bytes[end] != UInt8(ascii: "\\") else { return false }
            end += 1
        }
        guard end < bytes.count, !names.hold(bytes[index + 1..<end]) else { return false }
        index = end + 1
        return true
    }

    /// Goes past a value by the same rules by which it would be read.
    private mutating func skip(depth: Int) -> Bool {
        skipBlanks()
        guard index < bytes.count, depth < Self.depthMax else { return false }
        switch bytes[index] {
        case UInt8(ascii: "{"): return skipItems(to: UInt8(ascii: "}"), depth: depth)
        case UInt8(ascii: "["): return skipItems(to: UInt8(ascii: "]"), depth: depth)
        case UInt8(ascii: "\""): return skipString()
        case UInt8(ascii: "t"): return word("true")
        case UInt8(ascii: "f"): return word("false")
        case UInt8(ascii: "n"): return word("null")
        default: return skipNumber() != nil
        }
    }

    private mutating func skipItems(to end: UInt8, depth: Int) -> Bool {
        index += 1
        if take(end) { return true }
        while true {
            if end == UInt8(ascii: "}") {
                skipBlanks()
                guard index < bytes.count, bytes[index] == UInt8(ascii: "\""), skipString(), take(UInt8(ascii: ":"))
                else {
                    return false
                }
            }
            guard skip(depth: depth + 1) else { return false }
            if take(end) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
        }
    }

    /// Most strings are plain ASCII and are gone past without being made.
    private mutating func skipString() -> Bool {
        var end = index + 1
        while end < bytes.count, bytes[end] >= 0x20, bytes[end] < 0x80, bytes[end] != UInt8(ascii: "\\") {
            if bytes[end] == UInt8(ascii: "\"") {
                index = end + 1
                return true
            }
            end += 1
        }
        return string() != nil
    }

    // MARK: - Strings

    /// The string that begins here, its quotes removed and its escapes resolved.
    private mutating func string() -> String? {
        index += 1
        let start = index
        while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\") {
            guard bytes[index] >= 0x20 else { return nil }
            index += 1
        }
        guard index < bytes.count else { return nil }
        if bytes[index] == UInt8(ascii: "\"") {
            index += 1
            return String(validating: bytes[start..<index - 1], as: UTF8.self)
        }
        return escapedString(start: start)
    }

    private mutating func escapedString(start: Int) -> String? {
        var units = Array(bytes[start..<index])
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: units, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escape() else { return nil }
                units.append(contentsOf: String(scalar).utf8)
            case 0..<0x20: return nil
            default: units.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        guard index < bytes.count else { return nil }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return unicodeEscape()
        default: return nil
        }
    }

    /// Four hex digits, or two such groups for a character beyond the first plane. Half a pair reads as U+FFFD.
    private mutating func unicodeEscape() -> Unicode.Scalar? {
        guard let unit = hexUnit() else { return nil }
        guard (0xD800...0xDFFF).contains(unit) else { return Unicode.Scalar(unit) }
        guard unit < 0xDC00, index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u")
        else { return "\u{FFFD}" }
        let before = index
        index += 2
        guard let low = hexUnit() else { return nil }
        guard (0xDC00...0xDFFF).contains(low) else {
            index = before
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    }

    private mutating func hexUnit() -> UInt32? {
        guard index + 4 <= bytes.count else { return nil }
        var unit: UInt32 = 0
        for byte in bytes[index..<index + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        index += 4
        return unit
    }

    private mutating func word(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard index + length <= bytes.count else { return false }
        for offset in 0..<length where bytes[index + offset] != word.utf8Start[offset] { return false }
        index += length
        return true
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipBlanks()
        return takeHere(byte)
    }

    private mutating func takeHere(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipAtLeastOneDigit() -> Bool {
        let start = index
        skipDigits()
        return index > start
    }

    private mutating func skipDigits() {
        while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) { index += 1 }
    }

    private mutating func skipBlanks() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default: return
            }
        }
    }
}
