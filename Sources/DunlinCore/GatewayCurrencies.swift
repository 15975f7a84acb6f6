/// The currencies that one gateway takes (money.md 21): an absent one is refused before any request.
public struct GatewayCurrencies: Sendable {
    public struct Row: Hashable, Sendable {
        /// Digits of the gateway's own unit, which may differ from ISO's (Stripe takes ISK with two).
        public let digits: Int
        /// Amounts must be divisible by this, in the gateway's unit.
        public let step: Int64
        /// Smallest charge, in the gateway's unit; 1 where none is known.
        public let minimum: Int64
        /// Largest charge, in the gateway's unit.
        public let maximum: Int64

        public init(digits: Int, step: Int64 = 1, minimum: Int64 = 1, maximum: Int64 = 99_999_999) {
            self.digits = digits
            self.step = step
            self.minimum = minimum
            self.maximum = maximum
        }
    }

    public enum Problem: Hashable, Sendable {
        case currencyNotTaken, belowMinimum, aboveMaximum, notDivisible
    }

    private let rows: [Currency: Row]

    public init(_ rows: [Currency: Row]) { self.rows = rows }

    public func row(_ currency: Currency) -> Row? { rows[currency] }
    public var all: [Currency] { rows.keys.sorted() }

    /// The amount in the gateway's unit, or why it cannot be charged there. The amount must be above zero.
    public func units(of money: Money) -> Result<Int64, UnitsError> {
        guard let row = rows[money.currency] else { return .failure(UnitsError(.currencyNotTaken)) }
        guard let units = Self.rescale(money.minorUnits, from: money.currency.minorUnitDigits, to: row.digits) else {
            return .failure(UnitsError(.notDivisible))
        }
        if units % row.step != 0 { return .failure(UnitsError(.notDivisible)) }
        if units < row.minimum { return .failure(UnitsError(.belowMinimum)) }
        if units > row.maximum { return .failure(UnitsError(.aboveMaximum)) }
        return .success(units)
    }

    /// A part of a collected amount in the gateway's unit, for a refund: without the smallest and largest charge.
    /// nil when it is not above zero or the gateway cannot express it.
    public func unitsOfPart(_ money: Money) -> Int64? {
        guard money.minorUnits > 0, let row = rows[money.currency] else { return nil }
        let units = Self.rescale(money.minorUnits, from: money.currency.minorUnitDigits, to: row.digits)
        return units.flatMap { $0 % row.step == 0 ? $0 : nil }
    }

    /// The gateway's units back in ISO minor units; nil when they are no whole number of them.
    public func money(units: Int64, currency: Currency) -> Money? {
        let digits = rows[currency]?.digits ?? currency.minorUnitDigits
        return Self.rescale(units, from: digits, to: currency.minorUnitDigits)
            .map { Money(minorUnits: $0, currency: currency) }
    }

    public struct UnitsError: Error, Hashable, Sendable {
        public let problem: Problem
        public init(_ problem: Problem) { self.problem = problem }
    }

    private static func rescale(_ value: Int64, from: Int, to: Int) -> Int64? {
        var value = value
        for _ in 0..<max(0, to - from) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = product
        }
        for _ in 0..<max(0, from - to) {
            guard value % 10 == 0 else { return nil }
            value /= 10
        }
        return value
    }
}
