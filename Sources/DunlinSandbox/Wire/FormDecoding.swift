/// Decodes `application/x-www-form-urlencoded` text with brackets, as Stripe's libraries send it, into a tree.
///
/// `a[b]=x` becomes an object. Arrays (`a[0]=x`, `a[]=x`) become objects too, with the index as the name: only the
/// reader of a parameter knows whether it is a list (`Parameters.list`).
enum FormDecoding {
    /// Segments that one name may have, so that a hostile name costs little.
    private static let depthMax = 16

    static func decode(_ text: some Sequence<UInt8>) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        for pair in Array(text).split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = unescape(parts[0])
            let value = parts.count == 2 ? unescape(parts[1]) : ""
            if name.utf8.contains(UInt8(ascii: "[")) {
                insert(value, at: path(of: name)[...], into: &members)
            } else {
                set(JSONValue.string(value), name, in: &members)
            }
        }
        return members
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
        guard let open = name.firstIndex(of: "["), open != name.startIndex, name.hasSuffix("]") else { return [name] }
        let inner = name[name.index(after: open)...].dropLast()
        let segments = [String(name[..<open])] + inner.components(separatedBy: "][")
        return segments.count > depthMax ? [name] : segments
    }

    private static func insert(_ value: String, at path: ArraySlice<String>, into members: inout [JSONValue.Member]) {
        guard let first = path.first else { return }
        let name = first.isEmpty ? String(members.count) : first
        guard path.count > 1 else { return set(.string(value), name, in: &members) }
        var inner = members.last { $0.name == name }?.value.members ?? []
        insert(value, at: path.dropFirst(), into: &inner)
        set(.object(inner), name, in: &members)
    }

    private static func set(_ value: JSONValue, _ name: String, in members: inout [JSONValue.Member]) {
        if let index = members.firstIndex(where: { $0.name == name }) {
            members[index].value = value
        } else {
            members.append(JSONValue.Member(name, value))
        }
    }
}

extension Substring {
    /// The parts between occurrences of a separator; one part where it does not occur.
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = self
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
