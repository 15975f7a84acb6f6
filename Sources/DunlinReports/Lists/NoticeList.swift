import DunlinCalendar
public import DunlinDatabase

extension ListReport {
    /// The notices, in the order in which they were written.
    ///
    /// - Parameters:
    ///   - filter: its `after` is the row's number.
    ///   - kind: only notices of this kind.
    /// - Throws: `ReportError` for a state or page mark that means nothing.
    public static func notices(_ filter: ListFilter, kind: String? = nil) throws -> ListReport {
        if let state = filter.state, !NoticeCells.states.contains(state) {
            throw ReportError(
                .badFilter,
                "no notice is ever \(state); the states are \(NoticeCells.states.joined(separator: ", "))")
        }
        if let kind, !NoticeCells.kinds.contains(kind) {
            throw ReportError(
                .badFilter, "no notice is ever of kind \(kind); they are \(NoticeCells.kinds.joined(separator: ", "))")
        }
        var query = ListQuery(NoticeCells.select, order: "n.id", limit: filter.limit)
        query.require("n.state", is: filter.state)
        query.require("n.kind", is: kind)
        query.require("n.customer_id", is: filter.customerID)
        query.require("n.subscription_id", is: filter.subscriptionID)
        query.require("n.invoice_id", is: filter.invoiceID)
        query.require("n.id", isAfter: try filter.afterNumber())
        return ListReport(
            name: "notices", columns: NoticeCells.columns,
            shortColumns: [
                "id", "kind", "customer_id", "invoice_id", "step", "written_at", "due_at", "state", "sent_at", "reason",
            ], query: query, cells: NoticeCells.cells)
    }
}

extension Story {
    /// A notice, with what became of it.
    ///
    /// - Parameter id: the row's number, or the `ntc_…` that its receiver knows.
    /// - Throws: `ReportError` when there is no such notice.
    public static func notice(_ id: String, _ tx: Transaction) throws -> Story {
        let cells = try tx.row(
            "\(NoticeCells.select) WHERE n.id = ?1 OR n.notice_id = ?2", Int64(id), id, read: NoticeCells.cells)
        guard let cells else { throw ReportError(.notFound, "there is no notice \(id)") }
        return Story(
            title: "notice \(id)", fields: zip(NoticeCells.columns, cells).map { Field($0.name, $1) }, parts: [])
    }
}

/// How a notice is shown.
enum NoticeCells {
    static let states = ["ready", "listed", "sent", "dropped", "failed"]
    static let kinds = [
        "payment_failed", "action_needed", "method_expiring", "last_notice", "recovered", "canceled", "invoice_paid",
        "subscription_state_changed",
    ]

    static let columns = [
        ReportColumn("id", .integer), ReportColumn("notice_id"), ReportColumn("kind"), ReportColumn("customer_id"),
        ReportColumn("subscription_id"), ReportColumn("invoice_id", .integer), ReportColumn("payment_method_id"),
        ReportColumn("step", .integer), ReportColumn("reminder", .integer), ReportColumn("from_state"),
        ReportColumn("to_state"), ReportColumn("written_at", .time), ReportColumn("due_at", .time),
        ReportColumn("state"), ReportColumn("sends", .integer), ReportColumn("sent_at", .time), ReportColumn("reason"),
    ]

    /// Everything up to WHERE.
    static let select = """
        SELECT n.id AS id, n.notice_id AS notice_id, n.kind AS kind, n.customer_id AS customer_id,
            n.subscription_id AS subscription_id, n.invoice_id AS invoice_id,
            n.payment_method_id AS payment_method_id, n.step AS step, n.reminder AS reminder,
            n.from_state AS from_state, n.to_state AS to_state, n.written_at AS written_at, n.due_at AS due_at,
            n.state AS state, n.sends AS sends, n.sent_at AS sent_at, n.reason AS reason
        FROM notices n
        """

    static let cells: @Sendable (Row) throws -> [Cell] = { row in try columns.map { try Cell(row, $0) } }
}
