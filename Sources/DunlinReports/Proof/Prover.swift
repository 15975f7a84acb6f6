import DunlinCalendar
public import DunlinDatabase
import DunlinLedger

/// Holds the ledger against the promises. Reads only; all of it in one snapshot.
public enum Prover {
    /// - Parameter comparisons: with the gateways, made just now or the newest that is stored.
    /// - Throws: `DatabaseError`; `ReportError` for a cell that cannot be read.
    public static func prove(
        _ options: ProofOptions, comparisons: [ProofComparison] = [], _ tx: Transaction
    ) throws -> Proof {
        var draft = ProofDraft(options: options)
        try CoverageCheck.run(tx, &draft)
        try NextStepCheck.run(tx, &draft)
        let firstInvoice = try options.sinceAt.map { try Invoices.firstID(since: $0, tx) }
        for check in MoneyChecks.all + AttemptChecks.all { try check.run(since: firstInvoice, tx, &draft) }
        for comparison in comparisons { comparison.judge(&draft) }
        try checkFile(tx, &draft)
        return draft.proof(
            unknown: try UnknownAttempts(now: options.now, tx), overdue: try OverdueJobs(now: options.now, tx),
            compared: comparisons)
    }

    private static func checkFile(_ tx: Transaction, _ draft: inout ProofDraft) throws {
        draft.count(.p10)
        for finding in try tx.integrityFindings() { draft.violation(.p10, "damaged_file", finding, ids: []) }
        for broken in try tx.brokenReferences() {
            draft.violation(
                .p10, "broken_reference",
                "a row of \(broken.table) refers to a row of \(broken.parent) that is not there",
                ids: [])
        }
    }
}
