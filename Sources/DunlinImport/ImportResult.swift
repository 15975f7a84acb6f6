public import DunlinCore
public import DunlinLedger

/// What an import did, or would do, or why it did nothing.
public struct ImportResult: Sendable {
    /// What became of the rows of one table.
    public struct TableCounts: Hashable, Sendable {
        public var rows = RowCounts()
        /// Rows left as they are here, because what the file says would leave a final state.
        public var conflicts = 0

        public init() {}
    }

    /// True when the rows are stored. Never when there are problems, and never of a plan.
    public internal(set) var isApplied = false
    /// Of each table that a file was given for.
    public internal(set) var tables: [ImportTable: TableCounts] = [:]
    /// What must be put right before anything is stored: all or nothing.
    public internal(set) var problems: ProblemList
    /// Rows that are left as they are while the others are stored.
    public internal(set) var conflicts: ProblemList
    /// What is stored but worth knowing.
    public internal(set) var notes: ProblemList
    /// The first of the rows that changed, with what in them did.
    public internal(set) var changes: [RowDifference] = []
    /// The price of one period of each subscription in the files that is not canceled, per currency.
    public internal(set) var prices: [CurrencyTotal] = []
    /// What the subscriptions in the files will be charged; nil where there are problems.
    public internal(set) var forecast: ImportForecast?

    init(listedMax: Int) {
        problems = ProblemList(listedMax: listedMax)
        conflicts = ProblemList(listedMax: listedMax)
        notes = ProblemList(listedMax: listedMax)
    }
}

/// How many amounts of one currency there are, and their sum.
public struct CurrencyTotal: Hashable, Sendable {
    public let currency: Currency
    public internal(set) var count = 0
    /// Nil when the sum does not fit into 64 bits.
    public internal(set) var sum: Money?

    init(_ currency: Currency) {
        self.currency = currency
        sum = Money(minorUnits: 0, currency: currency)
    }
}

extension [CurrencyTotal] {
    /// Counts an amount to the total of its currency; the totals stay in the order of their codes.
    mutating func add(_ money: Money) {
        let index = firstIndex { $0.currency >= money.currency } ?? count
        if index == count || self[index].currency != money.currency { insert(CurrencyTotal(money.currency), at: index) }
        self[index].count += 1
        self[index].sum = self[index].sum?.adding(money)
    }
}
