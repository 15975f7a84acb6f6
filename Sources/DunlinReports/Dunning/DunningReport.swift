public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// The dunning list: one row for each period that is due and unpaid.
///
/// On the list is every invoice that is open, closing or uncollectible and whose due date, in the accounting time zone,
/// is on or before the day asked for. Paid and void invoices are not. For a day that is over it is the list of that
/// day's end: a debt that was paid later is on it.
public struct DunningReport: Report {
    public let name = "dunning"
    public let schemaVersion = 1
    public let columns = DunningColumns.all
    public let shortColumns: [String]? = [
        "customer_id", "subscription_id", "due_date", "days_past_due", "currency", "amount_outstanding", "status",
        "stage", "reason_text", "next_action", "next_action_on",
    ]

    public var asOf: AccountingDay
    /// Tells whether the day is over; nil takes the list as it is now whatever the day.
    public var now: Instant?
    /// After how many declines a debt is given up, and how that ends.
    public var policies: DunningPolicies
    /// Makes the recovery link of a debt that can be paid, from its generation and when that began; nil shows none.
    public var link: Link?
    public typealias Link = @Sendable (_ debt: RecoveryDebt, _ generation: Int, _ issuedAt: Instant) -> String?

    public init(
        asOf: AccountingDay, now: Instant? = nil, policies: DunningPolicies = DunningPolicies([]), link: Link? = nil
    ) {
        self.asOf = asOf
        self.now = now
        self.policies = policies
        self.link = link
    }

    /// Hands each row to `each` as it is read, in the order currency, bucket, customer, due date.
    ///
    /// - Returns: the sums of all rows, per currency.
    /// - Throws: what `each` throws, `DatabaseError`, `ReportError` for a cell that cannot be read.
    @discardableResult
    public func rows(_ tx: Transaction, each: (DunningRow) throws -> Void) throws -> ReportTotals {
        var totals = ReportTotals()
        let isOver = now.map { asOf.start(addingDays: 1) <= $0 } ?? false
        let sql = isOver ? DunningQuery.past : DunningQuery.current
        try tx.forEach(sql, arguments: DunningQuery.arguments(asOf)) { row in
            let line = try DunningRow(row, report: self)
            try totals.add(line.amounts.outstanding)
            try each(line)
        }
        return totals
    }

    @discardableResult
    public func write(_ tx: Transaction, to sink: inout some RowSink) throws -> ReportTotals {
        try sink.begin(columns)
        let totals = try rows(tx) { try sink.write($0.cells) }
        try sink.end()
        return totals
    }
}
