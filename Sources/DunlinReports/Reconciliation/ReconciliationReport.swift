import DunlinCore
public import DunlinDatabase
public import DunlinLedger

/// Everything that ledger and gateway tell differently, as one run found it: the four lists of exceptions.
public struct ReconciliationReport: Report {
    public let name = "reconciliation"
    public let schemaVersion = 1
    public let shortColumns: [String]? = [
        "gateway", "list", "object_id", "field", "ledger_value", "gateway_value", "invoice_id", "text",
    ]
    public let columns = [
        ReportColumn("run_id", .integer), ReportColumn("gateway"), ReportColumn("list"), ReportColumn("object"),
        ReportColumn("object_id"), ReportColumn("field"), ReportColumn("ledger_value"),
        ReportColumn("gateway_value"), ReportColumn("currency"), ReportColumn("amount", .money),
        ReportColumn("gateway_customer_id"), ReportColumn("subscription_id"), ReportColumn("period_start"),
        ReportColumn("invoice_id", .integer), ReportColumn("moves_money"), ReportColumn("text"),
    ]

    private let selection: ReconciliationSelection

    public init(_ selection: ReconciliationSelection) { self.selection = selection }

    public func write(_ tx: Transaction, to sink: inout some RowSink) throws -> ReportTotals {
        var totals = ReportTotals()
        let runs = try selection.runs(tx)
        try sink.begin(columns)
        for run in runs {
            var afterID: Int64 = 0
            while true {
                let page = try ReconcileExceptions.of(runID: run.id, afterID: afterID, limit: 500, tx)
                guard let last = page.last else { break }
                afterID = last.id
                for (_, exception) in page {
                    try sink.write(Self.cells(exception, run))
                    totals.addRow()
                    try totals.addProblem()
                }
            }
        }
        try sink.end()
        return totals
    }

    private static func cells(_ exception: ReconcileException, _ run: ReconcileRun) -> [Cell] {
        [
            .integer(run.id), .text(run.gateway), .text(exception.list.rawValue), .text(exception.object.rawValue),
            .text(exception.objectID), Cell(exception.field.isEmpty ? nil : exception.field),
            Cell(exception.ledgerValue), Cell(exception.gatewayValue), Cell(exception.amount?.currency.code),
            Cell(exception.amount), Cell(exception.gatewayCustomerID), Cell(exception.subscriptionID),
            Cell(exception.periodStart), Cell(exception.invoiceID), .text(exception.movesMoney ? "yes" : "no"),
            .text(exception.text),
        ]
    }
}

/// Which runs a report is about.
public struct ReconciliationSelection: Hashable, Sendable {
    /// nil for the newest run of each gateway that has ended.
    public var runID: Int64?
    /// nil for all.
    public var gateway: String?
    /// Only runs that went through the payouts.
    public var withPayouts: Bool

    public init(runID: Int64? = nil, gateway: String? = nil, withPayouts: Bool = false) {
        self.runID = runID
        self.gateway = gateway
        self.withPayouts = withPayouts
    }

    var ofPayouts: ReconciliationSelection {
        ReconciliationSelection(runID: runID, gateway: gateway, withPayouts: true)
    }

    /// - Throws: `ReportError` when the run that was named is not there, or says nothing of what is asked.
    public func runs(_ tx: Transaction) throws -> [ReconcileRun] {
        if let runID {
            guard let run = try ReconcileRuns.find(runID, tx), gateway == nil || run.gateway == gateway else {
                throw ReportError(.notFound, "there is no reconciliation \(runID)\(gateway.map { " of \($0)" } ?? "")")
            }
            guard run.withPayouts || !withPayouts else {
                throw ReportError(
                    .badFilter, "reconciliation \(runID) did not look at payouts: dunlin reconcile --payouts does")
            }
            return [run]
        }
        let names = try ReconcileRuns.gateways(tx).filter { gateway == nil || $0 == gateway }
        return try names.compactMap { name in
            try ReconcileRuns.latestEnded(gateway: name, withPayouts: withPayouts, tx)
        }
    }
}
