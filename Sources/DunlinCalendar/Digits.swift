/// Reads fixed-width ASCII numbers from the front of a text. Nothing else counts as a digit: no sign, no space, no
/// digit of another script.
struct Digits {
    private var rest: Substring.UTF8View

    init(_ text: some StringProtocol) { rest = Substring(text).utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    /// The number in the next `width` characters; nil if they are not all digits.
    mutating func number(width: Int) -> Int? {
        var value = 0
        for _ in 0..<width {
            guard let digit = rest.popFirst(), digit >= 0x30, digit <= 0x39 else { return nil }
            value = value * 10 + Int(digit - 0x30)
        }
        return value
    }

    /// Takes the next character if it is this one.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    /// All digits up to the next other character, as text.
    mutating func run() -> String {
        var digits = ""
        while let digit = rest.first, digit >= 0x30, digit <= 0x39 {
            digits.unicodeScalars.append(Unicode.Scalar(digit))
            rest.removeFirst()
        }
        return digits
    }
}

/// A number of at least `width` digits, with zeros in front.
func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return digits.count < width ? String(repeating: "0", count: width - digits.count) + digits : digits
}
