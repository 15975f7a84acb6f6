public import DunlinDatabase

/// A list of rows of one table, as the commands `list` show them.
public struct ListReport: Report {
    public let name: String
    public let schemaVersion = 1
    public let columns: [ReportColumn]
    public let shortColumns: [String]?
    let query: ListQuery
    let cells: @Sendable (Row) throws -> [Cell]

    public func write(_ tx: Transaction, to sink: inout some RowSink) throws -> ReportTotals {
        var totals = ReportTotals()
        try sink.begin(columns)
        try tx.forEach(query.sql, arguments: query.arguments) { row in
            try sink.write(try cells(row))
            totals.addRow()
        }
        try sink.end()
        return totals
    }
}

/// Which rows of a list a person wants to see; nil lets all through.
public struct ListFilter: Hashable, Sendable {
    public var state: String?
    public var customerID: String?
    public var subscriptionID: String?
    public var invoiceID: Int64?
    /// The id of the last row of the page before.
    public var after: String?
    /// The most rows of a page.
    public var limit: Int

    public init(
        state: String? = nil, customerID: String? = nil, subscriptionID: String? = nil, invoiceID: Int64? = nil,
        after: String? = nil, limit: Int = 100
    ) {
        self.state = state
        self.customerID = customerID
        self.subscriptionID = subscriptionID
        self.invoiceID = invoiceID
        self.after = after
        self.limit = limit
    }

    /// - Throws: `ReportError` when the ids of the list are numbers and this is none.
    func afterNumber() throws -> Int64? {
        guard let after else { return nil }
        guard let number = Int64(after) else {
            throw ReportError(.badFilter, "the ids of this list are numbers, and \(after) is none")
        }
        return number
    }
}

/// A query with the conditions that were asked for, its parameters numbered in their order.
struct ListQuery: Sendable {
    private let select: String
    private let order: String
    private let limit: Int
    private var conditions: [String] = []
    private(set) var arguments: [(any ColumnValue)?] = []

    /// - Parameters:
    ///   - select: everything up to WHERE.
    ///   - order: the columns to order by.
    init(_ select: String, order: String, limit: Int) {
        self.select = select
        self.order = order
        self.limit = limit
    }

    /// Lets only rows through of which `expression` is `value`; all when that is nil.
    mutating func require(_ expression: String, is value: (any ColumnValue)?) { add(expression, "=", value) }

    /// Lets only rows through of which `expression` comes after `value`; all when that is nil.
    mutating func require(_ expression: String, isAfter value: (any ColumnValue)?) { add(expression, ">", value) }

    private mutating func add(_ expression: String, _ comparison: String, _ value: (any ColumnValue)?) {
        guard let value else { return }
        arguments.append(value)
        conditions.append("\(expression) \(comparison) ?\(arguments.count)")
    }

    var sql: String {
        let filter = conditions.isEmpty ? "" : "\nWHERE \(conditions.joined(separator: " AND "))"
        return "\(select)\(filter)\nORDER BY \(order) LIMIT \(max(limit, 0))"
    }
}
