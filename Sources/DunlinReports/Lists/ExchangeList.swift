import DunlinCalendar
public import DunlinDatabase

extension ListReport {
    /// Calls to gateways, oldest first. `state` is good or failed.
    ///
    /// - Throws: `ReportError` for a page mark that is no number, or a state that is none of the two.
    public static func exchanges(
        _ filter: ListFilter, gateway: String? = nil, objectID: String? = nil
    ) throws -> ListReport {
        var query = ListQuery(ExchangeCells.select, order: "e.id", limit: filter.limit)
        if let state = filter.state, state != "good", state != "failed" {
            throw ReportError(.badFilter, "exchanges are good or failed, not \(state)")
        }
        query.require("CASE WHEN e.http_status BETWEEN 200 AND 299 THEN 'good' ELSE 'failed' END", is: filter.state)
        query.require("i.customer_id", is: filter.customerID)
        query.require("e.invoice_id", is: filter.invoiceID)
        query.require("e.gateway", is: gateway)
        query.require("e.object_id", is: objectID)
        query.require("e.id", isAfter: try filter.afterNumber())
        return ListReport(
            name: "exchanges", columns: ExchangeCells.columns,
            shortColumns: [
                "id", "started_at", "gateway", "method", "path", "http_status", "error_code", "decline_code",
                "request_id",
            ], query: query, cells: ExchangeCells.cells)
    }
}

extension Story {
    /// A call to a gateway.
    ///
    /// - Throws: `ReportError` when there is no such exchange, or it is no longer kept.
    public static func exchange(_ id: Int64, _ tx: Transaction) throws -> Story {
        let cells = try tx.row("\(ExchangeCells.select) WHERE e.id = ?1", id, read: ExchangeCells.cells)
        guard let cells else {
            throw ReportError(
                .notFound,
                "there is no exchange \(id); old ones are deleted by prune-exchanges, see cron/schedule.crontab")
        }
        return Story(
            title: "exchange \(id)", fields: zip(ExchangeCells.columns, cells).map { Field($0.name, $1) }, parts: [])
    }
}

enum ExchangeCells {
    static let columns = [
        ReportColumn("id", .integer), ReportColumn("started_at", .time), ReportColumn("gateway"),
        ReportColumn("method"), ReportColumn("path"), ReportColumn("http_status", .integer),
        ReportColumn("elapsed_ms", .integer), ReportColumn("request_id"), ReportColumn("is_replay", .integer),
        ReportColumn("error_type"), ReportColumn("error_code"), ReportColumn("decline_code"),
        ReportColumn("object_id"), ReportColumn("fault"), ReportColumn("invoice_id", .integer),
        ReportColumn("attempt_number", .integer),
    ]

    /// Everything up to WHERE.
    static let select = """
        SELECT e.id AS id, e.started_at AS started_at, e.gateway AS gateway, e.method AS method, e.path AS path,
            e.http_status AS http_status, e.elapsed_ms AS elapsed_ms, e.request_id AS request_id,
            e.is_replay AS is_replay, e.error_type AS error_type, e.error_code AS error_code,
            e.decline_code AS decline_code, e.object_id AS object_id, e.fault AS fault, e.invoice_id AS invoice_id,
            e.attempt_number AS attempt_number
        FROM exchanges e LEFT JOIN invoices i ON i.id = e.invoice_id
        """

    static let cells: @Sendable (Row) throws -> [Cell] = { row in try columns.map { try Cell(row, $0) } }
}
