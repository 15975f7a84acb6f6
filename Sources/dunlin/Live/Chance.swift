/// The only source of chance of the program.
enum Chance {
    /// The random name of a new data file: 128 bits in hex.
    static func databaseID() -> String {
        (0..<2).map { _ in
            let digits = String(bits(), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// An idempotency key for a call that a person makes once.
    static func callKey() -> String { "by-hand-" + databaseID() }

    static func bits() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}
