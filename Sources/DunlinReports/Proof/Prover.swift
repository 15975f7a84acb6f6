public import DunlinDatabase

/// Holds the ledger against the promises. Reads only; all of it in one snapshot.
public enum Prover {
    /// - Throws: `DatabaseError`; `ReportError` for a cell that cannot be read.
    public static func prove(_ options: ProofOptions, _ tx: Transaction) throws -> Proof {
        var draft = ProofDraft(options: options)
        try CoverageCheck.run(tx, &draft)
        try NextStepCheck.run(tx, &draft)
        for check in MoneyChecks.all + AttemptChecks.all { try check.run(tx, &draft) }
        try checkFile(tx, &draft)
        let unknown = try UnknownAttempts(now: options.now, tx)
        return draft.proof(unknown: unknown.count, oldestUnknownSeconds: unknown.oldestSeconds)
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
