/// An amount: whole minor units of one currency. May be negative (an adjustment).
///
/// There is no `+`: adding across currencies or past the end of the integer answers nil and cannot be ignored.
public struct Money: Hashable, Sendable, CustomStringConvertible {
    public let minorUnits: Int64
    public let currency: Currency

    public init(minorUnits: Int64, currency: Currency) {
        self.minorUnits = minorUnits
        self.currency = currency
    }

    /// The sum; nil when the currencies differ or the sum does not fit.
    public func adding(_ other: Money) -> Money? {
        guard currency == other.currency else { return nil }
        let (sum, overflow) = minorUnits.addingReportingOverflow(other.minorUnits)
        return overflow ? nil : Money(minorUnits: sum, currency: currency)
    }

    /// The product; nil when it does not fit.
    public func multiplied(by factor: Int64) -> Money? {
        let (product, overflow) = minorUnits.multipliedReportingOverflow(by: factor)
        return overflow ? nil : Money(minorUnits: product, currency: currency)
    }

    /// Major units with a dot and exactly the currency's digits, without symbol or thousands mark: `-12.05`, `1200` (JPY).
    public var majorUnits: String {
        let digits = currency.minorUnitDigits
        var text = String(minorUnits.magnitude)
        if digits > 0 {
            if text.count <= digits { text = String(repeating: "0", count: digits - text.count + 1) + text }
            text.insert(".", at: text.index(text.endIndex, offsetBy: -digits))
        }
        return minorUnits < 0 ? "-" + text : text
    }

    /// The amount of a text in major units, such as `5000.00`; nil when it has other characters or too many decimals.
    public init?(majorUnits text: String, currency: Currency) {
        let isNegative = text.hasPrefix("-")
        let parts = text.dropFirst(isNegative ? 1 : 0).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = parts.first, !whole.isEmpty else { return nil }
        let fraction = parts.count == 2 ? String(parts[1]) : ""
        guard fraction.count <= currency.minorUnitDigits, parts.count == 1 || !fraction.isEmpty else { return nil }
        let digits = whole + fraction + String(repeating: "0", count: currency.minorUnitDigits - fraction.count)
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        guard let magnitude = Int64(digits) else { return nil }
        self.init(minorUnits: isNegative ? -magnitude : magnitude, currency: currency)
    }

    /// `12.05 EUR`
    public var description: String { "\(majorUnits) \(currency.code)" }
}
