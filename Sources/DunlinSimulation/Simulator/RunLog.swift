/// What happened in a run, line by line, and a hash over all of it: the same seed gives the same hash.
struct RunLog: Sendable {
    private static let linesMax = 4000

    private(set) var lines: [String] = []
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var count = 0

    mutating func add(_ line: String) {
        count += 1
        for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        lines.append(line)
        if lines.count > 2 * Self.linesMax { lines.removeFirst(Self.linesMax) }
    }

    var hashText: String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
