/// A currency of ISO 4217, by its upper-case code, with the number of digits of its minor unit.
///
/// Only codes of the vendored table exist: never the operating system's or ICU's idea of them (money.md 21).
public struct Currency: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Three upper-case letters.
    public let code: String
    /// How many digits of an amount in minor units stand behind the decimal point: 2 for USD, 0 for JPY, 3 for KWD.
    public let minorUnitDigits: Int

    /// The currency of this code in any case of letters; nil when ISO 4217 has none such.
    public init?(_ code: String) {
        let upper = code.uppercased()
        guard let digits = ISO4217.minorUnitDigits[upper] else { return nil }
        self.code = upper
        self.minorUnitDigits = digits
    }

    public var description: String { code }
    public static func < (left: Currency, right: Currency) -> Bool { left.code < right.code }

    /// Ten to the power of `minorUnitDigits`.
    var scale: Int64 { (0..<minorUnitDigits).reduce(1) { power, _ in power * 10 } }
}
