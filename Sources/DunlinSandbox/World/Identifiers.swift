/// Makes ids that look like the gateways' own and never repeat, from a seed.
struct Identifiers {
    /// The epoch of WooshPay's 64-bit ids, in milliseconds since 1970: their samples fit Twitter's.
    private static let snowflakeEpoch: Int64 = 1_288_834_974_657

    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    private let seed: UInt64
    private var counter: UInt64 = 0
    /// Counted apart, so that the ids of objects do not depend on who read what in between.
    private var requestCounter: UInt64 = 1 << 63
    private var lastSnowflake: Int64 = 0

    init(seed: UInt64) { self.seed = Mix.word(seed) }

    /// `pi_3Qx…` at Stripe, `pi_1953045900000000001` at WooshPay.
    mutating func make(_ prefix: StaticString, _ dialect: SandboxDialect, now: Int64) -> String {
        let text = prefix.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
        switch dialect {
        case .stripe: return text + "_" + letters(24)
        case .wooshpay: return text + "_" + String(snowflake(now))
        }
    }

    mutating func request() -> String {
        requestCounter += 1
        return "req_" + Self.letters(14, seed: seed, number: requestCounter)
    }

    /// Letters and digits that no other call gets.
    mutating func token(_ length: Int) -> String { letters(length) }

    mutating func secret(of id: String) -> String { id + "_secret_" + letters(24) }

    mutating func webhookSecret() -> String { "whsec_" + letters(32) }

    /// Letters and digits that no other call gets. The first eleven alone are unique: they spell a permutation of
    /// the counter.
    private mutating func letters(_ count: Int) -> String {
        counter &+= 1
        return Self.letters(count, seed: seed, number: counter)
    }

    private static func letters(_ count: Int, seed: UInt64, number: UInt64) -> String {
        var place: UInt64 = 0
        var rest = Mix.word(seed &+ number)
        return String(unsafeUninitializedCapacity: count) { buffer in
            for index in 0..<count {
                if index > 0, index % 11 == 0 {
                    place += 1
                    rest = Mix.word(Mix.word(seed &+ place) ^ number)
                }
                buffer[index] = alphabet[Int(rest % 62)]
                rest /= 62
            }
            return count
        }
    }

    private mutating func snowflake(_ now: Int64) -> Int64 {
        let time = max(0, now - Self.snowflakeEpoch)
        let worker = Int64(seed % 1024)
        lastSnowflake = max(lastSnowflake + 1, time << 22 | worker << 12)
        return lastSnowflake
    }

    /// The instant of a WooshPay object: their `created` is the id's time rounded to the nearest second.
    static func wooshPayCreated(_ now: Int64) -> Int64 { (now + 500) / 1000 * 1000 }
}
