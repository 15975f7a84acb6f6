import DunlinCalendar

/// Small damage to a sample: what a careless program, a torn transfer or somebody clever would make of it. The same
/// generator makes the same damage.
enum Mutation {
    /// What parsers stumble over.
    private static let spices: [String] = [
        "null", "\"\"", "{}", "[]", "-1", "0", "1e999", "9223372036854775807", "9223372036854775808", "-0.0", "true",
        "\u{0}", "\u{FEFF}", "\u{202E}", "é", "e\u{301}", "\r\n", "\n", "\"", "'", "\\", "\\u0000", "\\ud800", ",", ":",
        ";",
        "=", "&", "%", "%00", "%zz", "[", "]", "{", "}", "[[[[[[[[[[[[[[[[", "{\"a\":", "*", "*/0", "60", "&a", "*a",
        "!!",
        "---\n", "? ", "<<: ", "4242424242424242", "sk_test_0123456789abcdef", "2024-02-30", "Europe/Berlin", "\t",
        "  ", "#", "..", "../..", "1,000", "1.005", "٣",
    ]

    static func damaged(
        _ samples: [[UInt8]], using random: inout SeededGenerator, bytesMax: Int = 65_536
    ) -> [UInt8] {
        var bytes = samples[Int.random(in: 0..<samples.count, using: &random)]
        for _ in 0..<Int.random(in: 1...6, using: &random) { damage(&bytes, samples, using: &random) }
        return Array(bytes.prefix(bytesMax))
    }

    private static func damage(_ bytes: inout [UInt8], _ samples: [[UInt8]], using random: inout SeededGenerator) {
        let place = bytes.isEmpty ? 0 : Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case 1 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 0...40, using: &random)))
        case 3: bytes.removeLast(bytes.count - place)
        case 4: bytes.insert(contentsOf: spice(using: &random), at: place)
        case 5, 6: replaceToken(at: place, in: &bytes, using: &random)
        case 7: repeatPart(from: place, in: &bytes, using: &random)
        case 8: swapLines(&bytes, using: &random)
        default:
            let other = samples[Int.random(in: 0..<samples.count, using: &random)]
            let end = Int.random(in: 0...min(other.count, 200), using: &random)
            bytes.insert(contentsOf: other.prefix(end), at: place)
        }
    }

    private static func spice(using random: inout SeededGenerator) -> [UInt8] {
        Array(spices[Int.random(in: 0..<spices.count, using: &random)].utf8)
    }

    /// Puts something odd in the place of one value, so that the rest often stays well formed.
    private static func replaceToken(at place: Int, in bytes: inout [UInt8], using random: inout SeededGenerator) {
        let ends = Set(",:=&\n\t {}[]".utf8)
        let start = bytes[..<place].lastIndex { ends.contains($0) }.map { $0 + 1 } ?? 0
        let end = bytes[place...].firstIndex { ends.contains($0) } ?? bytes.count
        guard start <= end else { return }
        bytes.replaceSubrange(start..<end, with: spice(using: &random))
    }

    private static func repeatPart(from place: Int, in bytes: inout [UInt8], using random: inout SeededGenerator) {
        let part = Array(bytes[place..<min(bytes.count, place + Int.random(in: 0...30, using: &random))])
        for _ in 0..<Int.random(in: 1...50, using: &random) { bytes.insert(contentsOf: part, at: place) }
    }

    private static func swapLines(_ bytes: inout [UInt8], using random: inout SeededGenerator) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let (one, other) = (
            Int.random(in: 0..<lines.count, using: &random), Int.random(in: 0..<lines.count, using: &random)
        )
        lines.swapAt(one, other)
        bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }
}
