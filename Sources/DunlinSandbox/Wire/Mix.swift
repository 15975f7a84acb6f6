/// Chance that depends on nothing but numbers that are passed in: SplitMix64's finalizer (Steele, Lea, Flood 2014).
///
/// Every draw names what it is for, so that answers do not depend on the order in which requests arrive.
enum Mix {
    /// A word that looks random; different inputs give different words.
    static func word(_ input: UInt64) -> UInt64 {
        var value = input &+ 0x9E37_79B9_7F4A_7C15
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    static func word(_ seed: UInt64, _ text: some Sequence<UInt8>, _ number: UInt64 = 0) -> UInt64 {
        word(hash(text) ^ word(seed &+ word(number)))
    }

    /// FNV-1a.
    static func hash(_ text: some Sequence<UInt8>) -> UInt64 {
        text.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}
