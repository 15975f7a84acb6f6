public import DunlinDatabase
import DunlinQueue

extension Story {
    /// The whole story of an invoice: what it is for, each attempt and its answer, what the gateway said, what was
    /// decided, and what comes next and when.
    ///
    /// - Throws: `ReportError` when there is no such invoice.
    public static func invoice(_ id: Int64, _ tx: Transaction) throws -> Story {
        let facts = try tx.row(InvoiceFacts.sql, id, read: InvoiceFacts.init)
        guard let facts else { throw ReportError(.notFound, "there is no invoice \(id)") }
        let jobs = try jobs(of: id, tx)
        let step = NextStepWords(facts, jobs: jobs)
        let next = [
            Field("why", .text(facts.why)), Field("next_step", .text(step.text)), Field("next_step_at", Cell(step.at)),
        ]
        let attempts = try tx.rows(
            "\(AttemptCells.select) WHERE a.invoice_id = ?1 ORDER BY a.number LIMIT \(rowsMax)", id,
            read: AttemptCells.cells)
        let parts =
            [
                try InvoiceParts.adjustments.read(tx, id), try InvoiceParts.carried.read(tx, id),
                try InvoiceParts.intents.read(tx, id),
                Part(name: "attempts", columns: AttemptCells.columns, rows: attempts),
            ] + [
                try InvoiceParts.refunds.read(tx, id), try InvoiceParts.disputes.read(tx, id),
                try InvoiceParts.notices.read(tx, id), try InvoiceParts.exchanges.read(tx, id),
                try InvoiceParts.activity.read(tx, id),
                Part(name: "jobs", columns: JobCells.columns, rows: jobs.map(JobCells.cells)),
            ]
        return Story(title: "invoice \(id)", fields: facts.fields + next, parts: parts)
    }

    /// The jobs that are, or were, about this invoice, its attempts, its intents and its refunds.
    private static func jobs(of id: Int64, _ tx: Transaction) throws -> [JobRecord] {
        let keys =
            try ["charge-invoice/\(id)"]
            + tx.rows("SELECT id FROM attempts WHERE invoice_id = ?1 ORDER BY number", id) {
                "settle-attempt/\(try $0.get(0, as: Int64.self))"
            }
            + tx.rows("SELECT id FROM intents WHERE invoice_id = ?1 ORDER BY number", id) {
                "cancel-intent/\(try $0.get(0, as: Int64.self))"
            }
            + tx.rows(
                "SELECT r.id FROM refunds r JOIN intents t ON t.id = r.intent_id WHERE t.invoice_id = ?1 ORDER BY r.id",
                id
            ) { "refund-payment/\(try $0.get(0, as: Int64.self))" }
        var jobs: [JobRecord] = []
        for key in keys.prefix(rowsMax) {
            for state in [JobState.ready, .running, .dead] {
                jobs += try JobQueue.list(JobFilter(state: state, uniqueKey: key), limit: rowsMax, tx)
            }
        }
        return jobs.sorted { $0.id < $1.id }
    }
}

/// The rows that belong to an invoice (`?1`).
enum InvoiceParts {
    static let adjustments = PartQuery(
        name: "adjustments",
        columns: [
            ReportColumn("id"), ReportColumn("amount", .money), ReportColumn("currency"), ReportColumn("reason"),
        ],
        sql: """
            SELECT j.id AS id, p.amount_minor AS amount, j.currency AS currency, j.reason AS reason
            FROM applied_adjustments p JOIN adjustments j ON j.id = p.adjustment_id
            WHERE p.invoice_id = ?1 ORDER BY j.id
            """)

    static let carried = PartQuery(
        name: "carried_amounts",
        columns: [
            ReportColumn("from_invoice_id", .integer), ReportColumn("to_invoice_id", .integer),
            ReportColumn("amount", .money), ReportColumn("currency"),
        ],
        sql: """
            SELECT from_invoice_id, to_invoice_id, amount_minor AS amount, currency FROM carried_amounts
            WHERE from_invoice_id = ?1 OR to_invoice_id = ?1 ORDER BY from_invoice_id
            """)

    static let intents = PartQuery(
        name: "intents",
        columns: [
            ReportColumn("id", .integer), ReportColumn("number", .integer), ReportColumn("gateway"),
            ReportColumn("gateway_id"), ReportColumn("status"), ReportColumn("amount", .money),
            ReportColumn("currency"), ReportColumn("reference"), ReportColumn("created_at", .time),
            ReportColumn("observed_at", .time),
        ],
        sql: """
            SELECT id, number, gateway, gateway_id, status, amount_minor AS amount, currency, reference, created_at,
                observed_at
            FROM intents WHERE invoice_id = ?1 ORDER BY number
            """)

    static let refunds = PartQuery(
        name: "refunds",
        columns: [
            ReportColumn("id", .integer), ReportColumn("state"), ReportColumn("amount", .money),
            ReportColumn("currency"), ReportColumn("reason"), ReportColumn("gateway_id"),
            ReportColumn("written_at", .time), ReportColumn("ended_at", .time), ReportColumn("number", .integer),
            ReportColumn("made_by"), ReportColumn("note"),
        ],
        sql: """
            SELECT r.id AS id, r.state AS state, r.amount_minor AS amount, r.currency AS currency, r.reason AS reason,
                r.gateway_id AS gateway_id, r.written_at AS written_at, r.ended_at AS ended_at,
                r.number AS number, IIF(r.is_ours, 'dunlin', 'elsewhere') AS made_by, r.note AS note
            FROM refunds r JOIN intents t ON t.id = r.intent_id WHERE t.invoice_id = ?1 ORDER BY r.id
            """)

    static let disputes = PartQuery(
        name: "disputes",
        columns: [
            ReportColumn("gateway_id"), ReportColumn("status"), ReportColumn("amount", .money),
            ReportColumn("currency"), ReportColumn("reason"), ReportColumn("opened_at", .time),
        ],
        sql: """
            SELECT d.gateway_id AS gateway_id, d.status AS status, d.amount_minor AS amount, d.currency AS currency,
                d.reason AS reason, d.opened_at AS opened_at
            FROM disputes d JOIN intents t ON t.id = d.intent_id WHERE t.invoice_id = ?1 ORDER BY d.opened_at
            """)

    static let notices = PartQuery(
        name: "notices",
        columns: [
            ReportColumn("notice_id"), ReportColumn("kind"), ReportColumn("step", .integer),
            ReportColumn("reminder", .integer), ReportColumn("state"), ReportColumn("written_at", .time),
            ReportColumn("due_at", .time), ReportColumn("sent_at", .time), ReportColumn("reason"),
        ],
        sql: """
            SELECT notice_id, kind, step, reminder, state, written_at, due_at, sent_at, reason FROM notices
            WHERE invoice_id = ?1 ORDER BY written_at, id
            """)

    static let exchanges = PartQuery(
        name: "exchanges",
        columns: [
            ReportColumn("started_at", .time), ReportColumn("attempt_number", .integer), ReportColumn("method"),
            ReportColumn("path"), ReportColumn("http_status", .integer), ReportColumn("elapsed_ms", .integer),
            ReportColumn("request_id"), ReportColumn("error_code"), ReportColumn("decline_code"),
            ReportColumn("object_id"), ReportColumn("fault"),
        ],
        sql: """
            SELECT started_at, attempt_number, method, path, http_status, elapsed_ms, request_id,
                COALESCE(error_code, error_type) AS error_code, decline_code, object_id, fault
            FROM exchanges WHERE invoice_id = ?1 ORDER BY started_at, id
            """)

    static let activity = PartQuery(
        name: "activity",
        columns: [
            ReportColumn("recorded_at", .time), ReportColumn("effective_at", .time), ReportColumn("kind"),
            ReportColumn("attempt_number", .integer), ReportColumn("reason"), ReportColumn("actor"),
        ],
        sql: """
            SELECT recorded_at, effective_at, kind, attempt_number, reason, actor FROM activity
            WHERE invoice_id = ?1 ORDER BY id
            """)
}
