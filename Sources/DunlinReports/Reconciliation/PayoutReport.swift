import DunlinCalendar
import DunlinCore
public import DunlinDatabase
import DunlinLedger

/// What each payout is made of, and what is not paid out yet: gross, fee and net to the minor unit, per currency.
public struct PayoutReport: Report {
    public let name = "reconciliation-payouts"
    public let schemaVersion = 1
    public let shortColumns: [String]? = nil
    public let columns = [
        ReportColumn("run_id", .integer), ReportColumn("gateway"), ReportColumn("payout_id"), ReportColumn("status"),
        ReportColumn("arrives_on", .time), ReportColumn("currency"), ReportColumn("payout_amount", .money),
        ReportColumn("transactions", .integer), ReportColumn("charges", .integer),
        ReportColumn("charges_gross", .money), ReportColumn("refunds_gross", .money),
        ReportColumn("other_gross", .money), ReportColumn("gross", .money), ReportColumn("fee", .money),
        ReportColumn("net", .money), ReportColumn("difference", .money),
    ]

    private let selection: ReconciliationSelection

    public init(_ selection: ReconciliationSelection) {
        self.selection = selection.ofPayouts
    }

    public func write(_ tx: Transaction, to sink: inout some RowSink) throws -> ReportTotals {
        var totals = ReportTotals()
        let runs = try selection.runs(tx)
        try sink.begin(columns)
        for run in runs {
            try tx.forEach(Self.paidOut, run.id) { row in
                let currency = try row.currency()
                let amount = try row.money("amount_minor", currency)
                let isKnown = try row.get("is_automatic", as: Bool.self)
                var cells: [Cell] = [
                    .integer(run.id), .text(run.gateway), .text(try row.get("payout_id")),
                    .text(isKnown ? try row.get("status") : "\(try row.get("status", as: String.self)), by hand"),
                    Cell(try row.get("arrives_on", as: Instant?.self)), .text(currency.code), .money(amount),
                ]
                // Which charges a payout by hand is made of is told by nobody.
                cells += isKnown ? try Self.sums(row, currency) : Array(repeating: .empty, count: 8)
                let net = try row.money("net_minor", currency)
                let difference = Money(minorUnits: amount.minorUnits - net.minorUnits, currency: currency)
                cells.append(isKnown ? .money(difference) : .empty)
                try sink.write(cells)
                try totals.add(amount)
                if isKnown, difference.minorUnits != 0 { try totals.addProblem() }
            }
            try tx.forEach(Self.unpaid, run.id) { row in
                let currency = try row.currency()
                var cells: [Cell] = [
                    .integer(run.id), .text(run.gateway), .empty, .text("not paid out yet"), .empty,
                    .text(currency.code), .empty,
                ]
                cells += try Self.sums(row, currency)
                try sink.write(cells + [.empty])
                totals.addRow()
            }
        }
        try sink.end()
        return totals
    }

    private static func sums(_ row: Row, _ currency: Currency) throws -> [Cell] {
        [
            .integer(try row.get("transactions")), .integer(try row.get("charges")),
            .money(try row.money("charges_minor", currency)), .money(try row.money("refunds_minor", currency)),
            .money(try row.money("other_minor", currency)), .money(try row.money("gross_minor", currency)),
            .money(try row.money("fee_minor", currency)), .money(try row.money("net_minor", currency)),
        ]
    }

    private static let columnsOfSums = """
        COUNT(b.transaction_id) AS transactions,
            COALESCE(SUM(CASE WHEN b.type IN ('charge', 'payment') THEN 1 ELSE 0 END), 0) AS charges,
            COALESCE(SUM(CASE WHEN b.type IN ('charge', 'payment') THEN b.gross_minor ELSE 0 END), 0) AS charges_minor,
            COALESCE(SUM(CASE WHEN b.type IN ('refund', 'payment_refund', 'refund_failure') THEN b.gross_minor ELSE 0
                END), 0) AS refunds_minor,
            COALESCE(SUM(CASE WHEN b.type IN ('charge', 'payment', 'refund', 'payment_refund', 'refund_failure') THEN 0
                ELSE b.gross_minor END), 0) AS other_minor,
            COALESCE(SUM(b.gross_minor), 0) AS gross_minor, COALESCE(SUM(b.fee_minor), 0) AS fee_minor,
            COALESCE(SUM(b.net_minor), 0) AS net_minor
        """

    private static let paidOut = """
        SELECT p.payout_id AS payout_id, p.status AS status, p.arrives_on AS arrives_on, p.currency AS currency,
            p.amount_minor AS amount_minor, p.is_automatic AS is_automatic, \(columnsOfSums)
        FROM reconcile_payouts p
        LEFT JOIN reconcile_transactions b ON b.run_id = p.run_id AND b.payout_id = p.payout_id AND b.type <> 'payout'
        WHERE p.run_id = ?1
        GROUP BY p.run_id, p.payout_id ORDER BY p.created_at, p.payout_id
        """

    private static let unpaid = """
        SELECT b.currency AS currency, \(columnsOfSums)
        FROM reconcile_transactions b WHERE b.run_id = ?1 AND b.payout_id IS NULL AND b.type <> 'payout'
        GROUP BY b.currency ORDER BY b.currency
        """
}

/// Every balance transaction, tied to its payment and its payout: the lines that finance books.
public struct BalanceTransactionReport: Report {
    public let name = "reconciliation-transactions"
    public let schemaVersion = 1
    public let shortColumns: [String]? = [
        "transaction_id", "type", "invoice_id", "currency", "gross", "fee", "net", "payout_id",
    ]
    public let columns = [
        ReportColumn("run_id", .integer), ReportColumn("gateway"), ReportColumn("transaction_id"),
        ReportColumn("created_at", .time), ReportColumn("available_on", .time), ReportColumn("type"),
        ReportColumn("source_id"), ReportColumn("gateway_payment_id"), ReportColumn("invoice_id", .integer),
        ReportColumn("invoice_number"), ReportColumn("customer_id"), ReportColumn("subscription_id"),
        ReportColumn("period_start"), ReportColumn("currency"), ReportColumn("gross", .money),
        ReportColumn("fee", .money), ReportColumn("net", .money), ReportColumn("payout_id"),
    ]

    private let selection: ReconciliationSelection

    public init(_ selection: ReconciliationSelection) {
        self.selection = selection.ofPayouts
    }

    public func write(_ tx: Transaction, to sink: inout some RowSink) throws -> ReportTotals {
        var totals = ReportTotals()
        let runs = try selection.runs(tx)
        try sink.begin(columns)
        for run in runs {
            try tx.forEach(Self.sql, run.id) { row in
                let currency = try row.currency()
                let net = try row.money("net_minor", currency)
                try sink.write([
                    .integer(run.id), .text(run.gateway), .text(try row.get("transaction_id")),
                    Cell(try row.get("created_at", as: Instant?.self)),
                    Cell(try row.get("available_on", as: Instant?.self)), .text(try row.get("type")),
                    Cell(try row.get("source_id", as: String?.self)), Cell(try row.get("intent_id", as: String?.self)),
                    Cell(try row.get("invoice_id", as: Int64?.self)),
                    Cell(try row.get("invoice_number", as: String?.self)),
                    Cell(try row.get("customer_id", as: String?.self)),
                    Cell(try row.get("subscription_id", as: String?.self)),
                    Cell(try row.get("period_start", as: String?.self)), .text(currency.code),
                    .money(try row.money("gross_minor", currency)), .money(try row.money("fee_minor", currency)),
                    .money(net), Cell(try row.get("payout_id", as: String?.self)),
                ])
                try totals.add(net)
            }
        }
        try sink.end()
        return totals
    }

    private static let sql = """
        SELECT b.*, i.invoice_number AS invoice_number, i.customer_id AS customer_id,
            i.subscription_id AS subscription_id, i.period_start AS period_start
        FROM reconcile_transactions b LEFT JOIN invoices i ON i.id = b.invoice_id
        WHERE b.run_id = ?1 ORDER BY b.created_at, b.transaction_id
        """
}
