/// Writes compact JSON from front to back, without building a tree first.
///
/// Commas are put by the writer; that objects and arrays are closed is the caller's business, which is why
/// `object` and `array` take closures.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// The bytes without room to grow, for what is kept.
    var exactBytes: [UInt8] { bytes.withUnsafeBufferPointer(Array.init) }

    init(capacity: Int = 256) { bytes.reserveCapacity(capacity) }

    /// Starts anew in the same memory.
    mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    mutating func object(_ name: StaticString? = nil, _ content: (inout JSONWriter) -> Void) {
        begin(name)
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        content(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    mutating func array(_ name: StaticString? = nil, _ content: (inout JSONWriter) -> Void) {
        begin(name)
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        content(&self)
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    mutating func field(_ name: StaticString, _ value: String?) {
        begin(name)
        if let value { text(value) } else { literal("null") }
    }

    mutating func field(_ name: StaticString, _ value: Int64?) {
        begin(name)
        if let value { digits(value) } else { literal("null") }
    }

    mutating func field(_ name: StaticString, _ value: Bool?) {
        begin(name)
        if let value { literal(value ? "true" : "false") } else { literal("null") }
    }

    mutating func null(_ name: StaticString) {
        begin(name)
        literal("null")
    }

    mutating func field(_ name: StaticString, _ value: JSONValue) {
        begin(name)
        content(of: value)
    }

    /// A field whose name is only known at run time.
    mutating func member(_ name: String, _ value: JSONValue) {
        separate()
        text(name)
        bytes.append(UInt8(ascii: ":"))
        content(of: value)
    }

    mutating func value(_ value: JSONValue) {
        separate()
        content(of: value)
    }

    /// Text in quotes as an element of an array.
    mutating func element(_ value: String) {
        separate()
        text(value)
    }

    /// JSON that was written before.
    mutating func raw(_ name: StaticString, _ json: [UInt8]) {
        begin(name)
        bytes.append(contentsOf: json)
    }

    /// A field whose value is the one that `value` writes, which knows of no name.
    mutating func named(_ name: StaticString, _ value: (inout JSONWriter) -> Void) {
        begin(name)
        needsComma = false
        value(&self)
        needsComma = true
    }

    mutating func strings(_ name: StaticString, _ values: [String]) {
        array(name) { writer in for value in values { writer.element(value) } }
    }

    private mutating func begin(_ name: StaticString?) {
        separate()
        guard let name else { return }
        bytes.append(UInt8(ascii: "\""))
        literal(name)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func literal(_ value: StaticString) {
        value.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private mutating func digits(_ value: Int64) { bytes.append(contentsOf: String(value).utf8) }

    private mutating func text(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        var value = value
        value.withUTF8 { characters in
            // Nearly all text needs no escapes and is copied in one go.
            if characters.allSatisfy(Self.isPlain) {
                bytes.append(contentsOf: characters)
            } else {
                for byte in characters { escaped(byte) }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private mutating func escaped(_ byte: UInt8) {
        if Self.isPlain(byte) { return bytes.append(byte) }
        guard byte < 0x20 else {
            bytes.append(UInt8(ascii: "\\"))
            return bytes.append(byte)
        }
        let hex = Array("0123456789abcdef".utf8)
        literal("\\u00")
        bytes.append(hex[Int(byte >> 4)])
        bytes.append(hex[Int(byte & 15)])
    }

    private mutating func content(of value: JSONValue) {
        switch value {
        case .null: literal("null")
        case .boolean(let flag): literal(flag ? "true" : "false")
        case .integer(let number): digits(number)
        case .decimal(let digits): bytes.append(contentsOf: digits.utf8)
        case .string(let string): text(string)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            needsComma = false
            for element in elements { self.value(element) }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            needsComma = false
            for member in members { self.member(member.name, member.value) }
            bytes.append(UInt8(ascii: "}"))
        }
        needsComma = true
    }
}
