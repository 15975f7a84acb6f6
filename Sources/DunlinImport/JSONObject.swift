/// A JSON object of plain values, read from the bytes of one line.
///
/// Written for import files: it knows where each value begins, refuses a name given twice (other readers silently take
/// one of the two), keeps numbers as they were written, and never goes deeper than the one object.
struct JSONObject {
    struct Member: Equatable {
        var name: String
        var cell: Cell
    }

    /// Where in the line the object cannot be read, counted from 1, and why.
    struct Failure: Error, Equatable {
        var position: Int
        var reason: String
    }

    private(set) var members: [Member] = []
    private let bytes: [UInt8]
    private var index = 0

    /// The members of the object that `bytes` is.
    static func members(of bytes: [UInt8]) throws(Failure) -> [Member] {
        var object = JSONObject(bytes: bytes)
        try object.read()
        return object.members
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func read() throws(Failure) {
        skipBlanks()
        guard take(Byte.openBrace) else { throw failure("each line is one JSON object, from { to }") }
        skipBlanks()
        if !take(Byte.closeBrace) {
            repeat { try readMember() } while take(Byte.comma)
            guard take(Byte.closeBrace) else { throw failure("a comma or } is missing here") }
        }
        skipBlanks()
        guard index == bytes.count else { throw failure("text after the object; each object has a line of its own") }
    }

    private mutating func readMember() throws(Failure) {
        skipBlanks()
        let position = index + 1
        guard peek == Byte.quote else { throw failure("a name in quotes belongs here") }
        let name = try readString()
        guard !members.contains(where: { $0.name == name }) else {
            throw Failure(position: position, reason: "\(shown(name)) is there twice")
        }
        skipBlanks()
        guard take(Byte.colon) else { throw failure("a colon is missing here") }
        skipBlanks()
        let valuePosition = index + 1
        members.append(Member(name: name, cell: Cell(value: try readValue(), position: valuePosition)))
        skipBlanks()
    }

    private mutating func readValue() throws(Failure) -> Cell.Value {
        switch peek {
        case Byte.quote: return .text(try readString())
        case UInt8(ascii: "t"): return try readWord("true", .flag(true))
        case UInt8(ascii: "f"): return try readWord("false", .flag(false))
        case UInt8(ascii: "n"): return try readWord("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || byte.isDigit: return .number(try readNumber())
        case Byte.openBrace, UInt8(ascii: "["): throw failure("a plain value belongs here, not an object or a list")
        default: throw failure("a value belongs here: text in quotes, a number, true, false or null")
        }
    }

    private mutating func readWord(_ word: StaticString, _ value: Cell.Value) throws(Failure) -> Cell.Value {
        let expected = Array(word.description.utf8)
        guard bytes[index...].starts(with: expected) else {
            throw failure("a value belongs here: text in quotes, a number, true, false or null")
        }
        index += expected.count
        return value
    }

    private mutating func readNumber() throws(Failure) -> String {
        let start = index
        _ = take(UInt8(ascii: "-"))
        let whole = takeDigits()
        guard whole == 1 || whole > 1 && bytes[index - whole] != UInt8(ascii: "0") else {
            throw failure("this is not a JSON number")
        }
        if take(UInt8(ascii: ".")), takeDigits() == 0 { throw failure("this is not a JSON number") }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            if takeDigits() == 0 { throw failure("this is not a JSON number") }
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func takeDigits() -> Int {
        let start = index
        while let byte = peek, byte.isDigit { index += 1 }
        return index - start
    }

    private mutating func readString() throws(Failure) -> String {
        let start = index
        index += 1
        var text: [UInt8] = []
        while let byte = peek, byte != Byte.quote {
            guard byte >= 0x20 else { throw failure("a control character in a text; escape it") }
            index += 1
            if byte == Byte.backslash { try readEscape(into: &text) } else { text.append(byte) }
        }
        guard take(Byte.quote) else { throw Failure(position: start + 1, reason: "this quote is never closed") }
        guard let string = String(validating: text, as: UTF8.self) else {
            throw Failure(position: start + 1, reason: "this text is not UTF-8")
        }
        return string
    }

    private mutating func readEscape(into text: inout [UInt8]) throws(Failure) {
        guard let byte = peek else { throw failure("the line ends inside a text") }
        index += 1
        switch byte {
        case Byte.quote, Byte.backslash, UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(8)
        case UInt8(ascii: "f"): text.append(12)
        case UInt8(ascii: "n"): text.append(Byte.lineFeed)
        case UInt8(ascii: "r"): text.append(Byte.carriageReturn)
        case UInt8(ascii: "t"): text.append(Byte.tab)
        case UInt8(ascii: "u"): text.append(contentsOf: String(Character(try readScalar())).utf8)
        default: throw failure("there is no such escape in JSON")
        }
    }

    /// The scalar of a `\u` escape whose first two characters are read; a pair of them where it takes two.
    private mutating func readScalar() throws(Failure) -> Unicode.Scalar {
        let first = try readHex()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, take(Byte.backslash), take(UInt8(ascii: "u")) else {
            throw failure("half a pair of \\u escapes")
        }
        let second = try readHex()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw failure("half a pair of \\u escapes") }
        return scalar
    }

    private mutating func readHex() throws(Failure) -> UInt32 {
        let digits = bytes[index...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw failure("\\u takes four hexadecimal digits") }
        index += 4
        return value
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = peek, byte == Byte.blank || byte == Byte.tab { index += 1 }
    }

    private func failure(_ reason: String) -> Failure { Failure(position: index + 1, reason: reason) }
}
