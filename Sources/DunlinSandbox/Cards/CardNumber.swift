/// A card number as it was typed, without spaces.
struct CardNumber {
    let digits: String

    init(_ text: String) { digits = String(text.filter { $0 != " " && $0 != "-" }) }

    /// 12 to 19 digits that pass the Luhn check.
    var isValid: Bool {
        let values = digits.utf8.map { Int($0) - 0x30 }
        guard (12...19).contains(values.count), values.allSatisfy({ (0...9).contains($0) }) else { return false }
        return Self.luhnSum(values, doublingFromLast: false) % 10 == 0
    }

    var lastFour: String { String(digits.suffix(4)) }

    /// The brand by the number's first digits, as Stripe writes it.
    var brand: String {
        guard let four = Int(digits.prefix(4)), let two = Int(digits.prefix(2)) else { return "unknown" }
        switch (two, four) {
        case (40...49, _): return "visa"
        case (51...55, _), (_, 2221...2720): return "mastercard"
        case (34, _), (37, _): return "amex"
        case (_, 6011), (65, _): return "discover"
        case (35, _): return "jcb"
        case (36, _), (38, _), (30, _): return "diners"
        case (62, _): return "unionpay"
        default: return "unknown"
        }
    }

    /// The digit that makes `body` followed by it pass the Luhn check.
    static func checkDigit(for body: String) -> Int {
        let sum = luhnSum(body.utf8.map { Int($0) - 0x30 }, doublingFromLast: true)
        return (10 - sum % 10) % 10
    }

    private static func luhnSum(_ values: [Int], doublingFromLast: Bool) -> Int {
        var isDoubled = doublingFromLast
        return values.reversed().reduce(0) { sum, value in
            defer { isDoubled.toggle() }
            let weighted = isDoubled ? value * 2 : value
            return sum + (weighted > 9 ? weighted - 9 : weighted)
        }
    }
}
