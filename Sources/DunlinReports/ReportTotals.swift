public import DunlinCore

/// How many rows a report has and what they add up to, per currency; never across currencies.
public struct ReportTotals: Hashable, Sendable {
    public struct Total: Hashable, Sendable {
        public var rows: Int64
        public var amount: Money
    }

    public private(set) var rows: Int64 = 0
    /// Rows that say that something is wrong.
    public private(set) var problems: Int64 = 0
    private var byCurrency: [Currency: Total] = [:]

    public init() {}

    /// In the order of the currency codes.
    public var totals: [Total] { byCurrency.values.sorted { $0.amount.currency < $1.amount.currency } }

    public mutating func addProblem() { problems += 1 }

    /// Counts a row that has no amount.
    public mutating func addRow() { rows += 1 }

    /// - Throws: `ReportError` when the sum does not fit.
    public mutating func add(_ amount: Money) throws {
        let before = byCurrency[amount.currency]
        let zero = Money(minorUnits: 0, currency: amount.currency)
        guard let sum = (before?.amount ?? zero).adding(amount) else {
            throw ReportError(.overflow, "the amounts in \(amount.currency) add up to more than can be counted")
        }
        byCurrency[amount.currency] = Total(rows: (before?.rows ?? 0) + 1, amount: sum)
        rows += 1
    }
}
