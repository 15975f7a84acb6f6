import DunlinCalendar
import DunlinCore
import DunlinDatabase

extension ListReport {
    /// The invoices. `state` filters by the state, or by what an open one waits for.
    ///
    /// - Throws: `ReportError` for a page mark that is no number.
    public static func invoices(_ filter: ListFilter) throws -> ListReport {
        var query = ListQuery(
            """
            SELECT i.id AS id, i.subscription_id AS subscription_id, i.customer_id AS customer_id,
                i.period_start AS period_start, i.period_end AS period_end, i.due_at AS due_at,
                i.amount_minor AS amount_minor, i.currency AS currency, i.state AS state, i.waits_for AS waits_for,
                i.collected_minor AS collected_minor, i.next_attempt_at AS next_attempt_at,
                COALESCE(i.hold_reason, i.closing_reason, i.paid_reason) AS reason,
                (SELECT COUNT(*) FROM attempts a WHERE a.invoice_id = i.id) AS attempts
            FROM invoices i
            """, order: "i.id", limit: filter.limit)
        query.require("i.customer_id", is: filter.customerID)
        query.require("i.subscription_id", is: filter.subscriptionID)
        let isState = ["open", "closing", "paid", "uncollectible", "void"].contains(filter.state ?? "")
        query.require(isState ? "i.state" : "i.waits_for", is: filter.state)
        query.require("i.id", isAfter: try filter.afterNumber())
        return ListReport(
            name: "invoices",
            columns: [
                ReportColumn("id", .integer), ReportColumn("subscription_id"), ReportColumn("customer_id"),
                ReportColumn("period_start", .date), ReportColumn("period_end", .date), ReportColumn("due_at", .time),
                ReportColumn("amount", .money), ReportColumn("collected", .money), ReportColumn("currency"),
                ReportColumn("state"), ReportColumn("waits_for"), ReportColumn("attempts", .integer),
                ReportColumn("next_attempt_at", .time), ReportColumn("reason"),
            ],
            shortColumns: [
                "id", "subscription_id", "period_start", "amount", "currency", "state", "waits_for", "attempts",
                "next_attempt_at", "reason",
            ], query: query
        ) { row in
            let currency = try row.currency()
            return [
                .integer(try row.get("id")), .text(try row.get("subscription_id")), .text(try row.get("customer_id")),
                .date(try row.date("period_start")), .date(try row.date("period_end")), .time(try row.get("due_at")),
                .money(try row.money("amount_minor", currency)), .money(try row.money("collected_minor", currency)),
                .text(currency.code), .text(try row.get("state")), Cell(try row.get("waits_for", as: String?.self)),
                .integer(try row.get("attempts")), Cell(try row.get("next_attempt_at", as: Instant?.self)),
                Cell(try row.get("reason", as: String?.self)),
            ]
        }
    }

    /// The attempts, with the issuer's answer in plain words.
    ///
    /// - Throws: `ReportError` for a page mark that is no number.
    public static func attempts(_ filter: ListFilter) throws -> ListReport {
        var query = ListQuery(AttemptCells.select, order: "a.id", limit: filter.limit)
        query.require("a.state", is: filter.state)
        query.require("i.customer_id", is: filter.customerID)
        query.require("i.subscription_id", is: filter.subscriptionID)
        query.require("a.invoice_id", is: filter.invoiceID)
        query.require("a.id", isAfter: try filter.afterNumber())
        return ListReport(
            name: "attempts", columns: AttemptCells.columns,
            shortColumns: [
                "id", "invoice_id", "number", "state", "written_at", "amount", "currency", "method", "decline_code",
                "reason",
            ], query: query, cells: AttemptCells.cells)
    }
}

/// How an attempt is shown, in lists and in the story of its invoice.
enum AttemptCells {
    static let columns = [
        ReportColumn("id", .integer), ReportColumn("invoice_id", .integer), ReportColumn("number", .integer),
        ReportColumn("state"), ReportColumn("written_at", .time), ReportColumn("ended_at", .time),
        ReportColumn("amount", .money), ReportColumn("currency"), ReportColumn("method"), ReportColumn("gateway"),
        ReportColumn("gateway_payment_id"), ReportColumn("sends", .integer), ReportColumn("asks", .integer),
        ReportColumn("decline_code"), ReportColumn("decline_class"), ReportColumn("reason"),
        ReportColumn("request_id"),
    ]

    /// Everything up to WHERE.
    static let select = """
        SELECT a.id AS id, a.invoice_id AS invoice_id, a.number AS number, a.state AS state,
            a.written_at AS written_at, a.ended_at AS ended_at, a.amount_minor AS amount_minor,
            a.currency AS currency, a.gateway AS gateway, a.sends AS sends, a.asks AS asks,
            COALESCE(a.decline_code, a.error_code) AS decline_code, a.decline_class AS decline_class,
            a.reason_text AS reason_text, a.request_id AS request_id, t.gateway_id AS gateway_payment_id,
            m.type AS type, m.brand AS brand, m.last4 AS last4
        FROM attempts a JOIN invoices i ON i.id = a.invoice_id JOIN intents t ON t.id = a.intent_id
        LEFT JOIN payment_methods m ON m.id = a.payment_method_id
        """

    static let cells: @Sendable (Row) throws -> [Cell] = { row in
        let currency = try row.currency()
        let code: String? = try row.get("decline_code")
        let told: String? = try row.get("reason_text")
        let words = try told ?? DeclineWords.reason(code: code, declineClass: row.get("decline_class"))
        let name: String? = try row.get("brand", as: String?.self) ?? row.get("type")
        return [
            .integer(try row.get("id")), .integer(try row.get("invoice_id")), .integer(try row.get("number")),
            .text(try row.get("state")), .time(try row.get("written_at")),
            Cell(try row.get("ended_at", as: Instant?.self)), .money(try row.money("amount_minor", currency)),
            .text(currency.code), Cell(MethodWords.text(name: name, last4: try row.get("last4"))),
            .text(try row.get("gateway")), Cell(try row.get("gateway_payment_id", as: String?.self)),
            .integer(try row.get("sends")), .integer(try row.get("asks")), Cell(code),
            Cell(try row.get("decline_class", as: String?.self)), Cell(words),
            Cell(try row.get("request_id", as: String?.self)),
        ]
    }
}
