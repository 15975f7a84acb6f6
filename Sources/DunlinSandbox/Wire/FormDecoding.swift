/// Decodes `application/x-www-form-urlencoded` text with brackets, as Stripe's libraries send it, into a tree.
///
/// `a[b]=x` becomes an object. Arrays (`a[0]=x`, `a[]=x`) become objects too, with the index as the name: only the
/// reader of a parameter knows whether it is a list (`Parameters.list`).
enum FormDecoding {
    /// Segments that one name may have, so that a hostile name costs little.
    private static let depthMax = 16

    static func decode(_ text: [UInt8]) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        for pair in pairs(of: text) {
            let end = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let name = pair[..<end]
            let value = JSONValue.string(unescape(pair[end...].dropFirst()))
            if name.contains(where: { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "%") }) {
                insert(value, at: path(of: unescape(name))[...], into: &members)
            } else {
                set(value, unescape(name), in: &members)
            }
        }
        return members
    }

    /// What stands between the ampersands, without the empty ones.
    static func pairs(of text: [UInt8]) -> [ArraySlice<UInt8>] {
        var pairs: [ArraySlice<UInt8>] = []
        pairs.reserveCapacity(16)
        var start = 0
        for (place, byte) in text.enumerated() where byte == UInt8(ascii: "&") {
            if place > start { pairs.append(text[start..<place]) }
            start = place + 1
        }
        if text.count > start { pairs.append(text[start...]) }
        return pairs
    }

    /// Percent escapes and `+` for a space; a broken escape stays as it is written.
    static func unescape(_ text: some Collection<UInt8>) -> String {
        guard text.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(decoding: text, as: UTF8.self)
        }
        var result: [UInt8] = []
        var rest = Array(text)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+") {
                result.append(0x20)
            } else if byte == UInt8(ascii: "%"), let high = hex(rest.first), let low = hex(rest.dropFirst().first) {
                result.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func hex(_ byte: UInt8?) -> UInt8? {
        guard let byte else { return nil }
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): return byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): return byte - UInt8(ascii: "A") + 10
        default: return nil
        }
    }

    /// `a[b][0]` is `a`, `b`, `0`. A name whose brackets do not match is one segment.
    private static func path(of name: String) -> [String] {
        let bytes = Array(name.utf8)
        let end = bytes.count - 1
        guard let open = bytes.firstIndex(of: UInt8(ascii: "[")), open > 0, bytes[end] == UInt8(ascii: "]") else {
            return [name]
        }
        var segments = [String(decoding: bytes[..<open], as: UTF8.self)]
        var start = open + 1
        var place = start
        while place + 1 < end {
            guard bytes[place] == UInt8(ascii: "]"), bytes[place + 1] == UInt8(ascii: "[") else {
                place += 1
                continue
            }
            segments.append(String(decoding: bytes[start..<place], as: UTF8.self))
            place += 2
            start = place
        }
        segments.append(String(decoding: bytes[start..<end], as: UTF8.self))
        return segments.count > depthMax ? [name] : segments
    }

    private static func insert(_ value: JSONValue, at path: ArraySlice<String>, into members: inout [JSONValue.Member])
    {
        guard let first = path.first else { return }
        let name = first.isEmpty ? String(members.count) : first
        guard path.count > 1 else { return set(value, name, in: &members) }
        let index = members.lastIndex { $0.name == name } ?? members.endIndex
        if index == members.endIndex { members.append(JSONValue.Member(name, .null)) }
        var inner = members[index].value.members ?? []
        // Without a second owner the members are changed in place, not copied.
        members[index].value = .null
        insert(value, at: path.dropFirst(), into: &inner)
        members[index].value = .object(inner)
    }

    private static func set(_ value: JSONValue, _ name: String, in members: inout [JSONValue.Member]) {
        if let index = members.firstIndex(where: { $0.name == name }) {
            members[index].value = value
        } else {
            members.append(JSONValue.Member(name, value))
        }
    }
}
