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
    private var problemsByCurrency: [Currency: Total] = [:]

    public init() {}

    /// In the order of the currency codes.
    public var totals: [Total] { byCurrency.values.sorted { $0.amount.currency < $1.amount.currency } }

    /// The amounts of rows that say that something is wrong, in the order of the currency codes; part of `totals`.
    public var problemTotals: [Total] {
        problemsByCurrency.values.sorted { $0.amount.currency < $1.amount.currency }
    }

    /// - Parameter amount: that of the row, where it is part of the totals.
    /// - Throws: `ReportError` when the sum does not fit.
    public mutating func addProblem(_ amount: Money? = nil) throws {
        problems += 1
        if let amount { try Self.add(amount, to: &problemsByCurrency) }
    }

    /// Counts a row that has no amount.
    public mutating func addRow() { rows += 1 }

    /// - Throws: `ReportError` when the sum does not fit.
    public mutating func add(_ amount: Money) throws {
        try Self.add(amount, to: &byCurrency)
        rows += 1
    }

    private static func add(_ amount: Money, to totals: inout [Currency: Total]) throws {
        let before = totals[amount.currency]
        let zero = Money(minorUnits: 0, currency: amount.currency)
        guard let sum = (before?.amount ?? zero).adding(amount) else {
            throw ReportError(.overflow, "the amounts in \(amount.currency) add up to more than can be counted")
        }
        totals[amount.currency] = Total(rows: (before?.rows ?? 0) + 1, amount: sum)
    }
}
