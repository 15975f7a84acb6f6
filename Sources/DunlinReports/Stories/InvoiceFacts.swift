import DunlinCalendar
import DunlinCore
import DunlinDatabase

/// An invoice with what explains it: its own row, its customer, and the last answer of the gateway.
struct InvoiceFacts {
    let fields: [Story.Field]
    let id: Int64
    let state: String
    let waitsFor: String?
    let holdReason: String?
    let closingTo: String?
    let mustAskFirst: Bool
    let gateway: String
    let nextAttemptAt: Instant?
    let attemptInFlight: Int64?
    let lastReason: String?

    /// Why the invoice is where it is, in one sentence.
    var why: String {
        switch state {
        case "open":
            if let holdReason { return holdReason }
            guard let status = waitsFor.flatMap(DunningStatus.init(rawValue:)) else { return "open" }
            let isExplained = [.retrying, .needsMethod, .needsCustomer].contains(status)
            return (isExplained ? lastReason : nil) ?? status.plainReason
        case "closing": return DunningStatus.closing.plainReason
        case "uncollectible": return lastReason ?? DunningStatus.uncollectible.plainReason
        case "void": return reasonOfEnd ?? "never owed"
        default: return reasonOfEnd ?? state
        }
    }

    private let reasonOfEnd: String?

    init(_ row: Row) throws {
        id = try row.get("id")
        state = try row.get("state")
        waitsFor = try row.get("waits_for")
        holdReason = try row.get("hold_reason")
        closingTo = try row.get("closing_to")
        mustAskFirst = try row.get("ask_first")
        gateway = try row.get("gateway")
        nextAttemptAt = try row.get("next_attempt_at")
        attemptInFlight = try row.get("in_flight_number")
        reasonOfEnd = try row.get("paid_reason", as: String?.self) ?? row.get("closing_reason")
        lastReason =
            try row.get("reason_text", as: String?.self)
            ?? DeclineWords.reason(code: row.get("decline_code"), declineClass: row.get("decline_class"))
        fields = try Self.columns.map { Story.Field($0.name, try Cell(row, $0)) }
    }

    private static let columns = [
        ReportColumn("id", .integer), ReportColumn("subscription_id"), ReportColumn("customer_id"),
        ReportColumn("customer_name"), ReportColumn("plan"), ReportColumn("period_start", .date),
        ReportColumn("period_end", .date), ReportColumn("due_at", .time), ReportColumn("invoiced_at", .time),
        ReportColumn("amount", .money), ReportColumn("currency"), ReportColumn("unit_amount", .money),
        ReportColumn("quantity", .integer), ReportColumn("adjustments", .money), ReportColumn("collected", .money),
        ReportColumn("refunded", .money), ReportColumn("disputed", .money), ReportColumn("state"),
        ReportColumn("waits_for"), ReportColumn("hold_reason"), ReportColumn("closing_to"),
        ReportColumn("closing_reason"), ReportColumn("gateway"), ReportColumn("first_failed_at", .time),
        ReportColumn("paid_at", .time), ReportColumn("paid_reason"), ReportColumn("closed_at", .time),
        ReportColumn("is_late", .integer), ReportColumn("invoice_number"), ReportColumn("note"),
    ]

    static let sql = """
        SELECT i.id AS id, i.subscription_id AS subscription_id, i.customer_id AS customer_id, c.name AS customer_name,
            i.plan AS plan, i.period_start AS period_start, i.period_end AS period_end, i.due_at AS due_at,
            i.invoiced_at AS invoiced_at, i.amount_minor AS amount, i.currency AS currency,
            i.unit_amount_minor AS unit_amount, i.quantity AS quantity, i.adjustments_minor AS adjustments,
            i.collected_minor AS collected, i.refunded_minor AS refunded, i.disputed_minor AS disputed,
            i.state AS state, i.waits_for AS waits_for, i.hold_reason AS hold_reason, i.closing_to AS closing_to,
            i.closing_reason AS closing_reason, i.gateway AS gateway, i.first_failed_at AS first_failed_at,
            i.paid_at AS paid_at, i.paid_reason AS paid_reason, i.closed_at AS closed_at, i.is_late AS is_late,
            i.invoice_number AS invoice_number, i.note AS note, i.ask_first AS ask_first,
            i.next_attempt_at AS next_attempt_at,
            (SELECT MAX(f.number) FROM attempts f WHERE f.invoice_id = i.id AND f.ended_at IS NULL)
                AS in_flight_number,
            COALESCE(a.decline_code, a.error_code) AS decline_code, a.decline_class AS decline_class,
            a.reason_text AS reason_text
        FROM invoices i JOIN customers c ON c.id = i.customer_id
        LEFT JOIN attempts a ON a.invoice_id = i.id AND a.number = (SELECT MAX(b.number) FROM attempts b
            WHERE b.invoice_id = i.id AND b.state IN ('declined', 'needs_customer', 'refused'))
        WHERE i.id = ?1
        """
}
