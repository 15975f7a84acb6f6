import DunlinCalendar
import DunlinCore
public import DunlinDatabase

/// The periods that wait for a person's decision: missed ones, and stubs after a change of schedule.
public struct WaitingReport: Report {
    public let name = "waiting"
    public let schemaVersion = 1
    public let shortColumns: [String]? = nil
    public let columns = [
        ReportColumn("decision_id", .integer), ReportColumn("customer_id"), ReportColumn("customer_name"),
        ReportColumn("subscription_id"), ReportColumn("plan"), ReportColumn("run_start", .date),
        ReportColumn("run_end", .date), ReportColumn("periods", .integer), ReportColumn("reason"),
        ReportColumn("reason_text"), ReportColumn("currency"), ReportColumn("amount_at_price_now", .money),
        ReportColumn("decided_at", .time),
    ]

    public init() {}

    public func write(_ tx: Transaction, to sink: inout some RowSink) throws -> ReportTotals {
        var totals = ReportTotals()
        try sink.begin(columns)
        try tx.forEach(Self.sql) { row in
            let currency = try row.currency()
            let price = try row.money("amount_minor", currency).multiplied(by: try row.get("quantity"))
            let amount = price?.multiplied(by: try row.get("periods"))
            let reason: String = try row.get("reason")
            try sink.write([
                .integer(try row.get("id")), .text(try row.get("customer_id")),
                Cell(try row.get("customer_name", as: String?.self)), .text(try row.get("subscription_id")),
                .text(try row.get("plan")), .date(try row.date("run_start")), .date(try row.date("run_end")),
                .integer(try row.get("periods")), .text(reason), .text(Self.words[reason] ?? reason),
                .text(currency.code), Cell(amount), .time(try row.get("decided_at")),
            ])
            if let amount { try totals.add(amount) } else { totals.addRow() }
        }
        try sink.end()
        return totals
    }

    private static let words = [
        "missed": "came due while nothing ran; only the newest missed period is billed by itself",
        "catch_up_ceiling": "came due while nothing ran, and a ceiling of catch_up was reached",
        "past_due": "came due while an earlier invoice was unpaid; taken up by itself when that is settled",
        "canceled_before_it_was_billed": "came due, and was canceled before it was billed",
        "paused_before_it_was_billed": "came due, and was paused before it was billed",
        "stub_after_change": "days between the old schedule and the first period of the new one",
    ]

    private static let sql = """
        SELECT d.id AS id, s.customer_id AS customer_id, c.name AS customer_name, d.subscription_id AS subscription_id,
            s.plan AS plan, d.run_start AS run_start, d.run_end AS run_end, d.periods AS periods, d.reason AS reason,
            s.currency AS currency, s.amount_minor AS amount_minor, s.quantity AS quantity, d.decided_at AS decided_at
        FROM decisions d JOIN subscriptions s ON s.id = d.subscription_id JOIN customers c ON c.id = s.customer_id
        WHERE d.kind = 'waiting' ORDER BY s.customer_id, d.subscription_id, d.run_start
        """
}
