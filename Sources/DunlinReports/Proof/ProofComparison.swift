import DunlinCalendar
public import DunlinDatabase
public import DunlinLedger

/// A comparison of the ledger with one gateway, as evidence for P8: made for this proof, or an earlier one that is
/// stored.
public struct ProofComparison: Hashable, Sendable, Encodable {
    public enum How: String, Hashable, Sendable, Encodable {
        case now, stored
        case notAtAll = "not_at_all"
    }

    /// Differences that are looked at one by one; the rest are counted.
    public static let exceptionsMax = 10_000

    public var gateway: String
    public var how: How
    public var run: ReconcileRun?
    public var exceptions: [ReconcileException]
    /// Why it is not a comparison of now; nil when it is, or when none was asked for.
    public var reason: String?

    public init(
        gateway: String, how: How, run: ReconcileRun?, exceptions: [ReconcileException] = [], reason: String? = nil
    ) {
        self.gateway = gateway
        self.how = how
        self.run = run
        self.exceptions = exceptions
        self.reason = reason
    }

    /// A run with what it found.
    public init(_ run: ReconcileRun, how: How, reason: String? = nil, _ tx: Transaction) throws {
        self.init(
            gateway: run.gateway, how: how, run: run,
            exceptions: try ReconcileExceptions.of(runID: run.id, limit: Self.exceptionsMax, tx).map(\.exception),
            reason: reason)
    }

    /// The newest comparison that is stored in the data file; none where there never was one.
    public static func stored(_ gateway: String, reason: String?, _ tx: Transaction) throws -> ProofComparison {
        guard let run = try ReconcileRuns.latestEnded(gateway: gateway, tx) else {
            return ProofComparison(gateway: gateway, how: .notAtAll, run: nil, reason: reason)
        }
        return try ProofComparison(run, how: .stored, reason: reason, tx)
    }

    private enum CodingKeys: String, CodingKey {
        case gateway, how, through, checked, differences, reason
        case runID = "run"
        case leftOut = "left_out"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(gateway, forKey: .gateway)
        try container.encode(how, forKey: .how)
        // A run that was made for the proof is kept nowhere.
        try container.encode(how == .stored ? run?.id : nil, forKey: .runID)
        try container.encode(run?.through.rfc3339Seconds, forKey: .through)
        try container.encode(run?.checked ?? 0, forKey: .checked)
        try container.encode(run?.differences ?? 0, forKey: .differences)
        try container.encode(run?.leftOut ?? 0, forKey: .leftOut)
        try container.encode(reason, forKey: .reason)
    }

    /// Money that only one side knows of, or that both tell differently, breaks P8; money that was collected twice P1. What
    /// has moved no money is reported by `reconcile` and breaks nothing.
    func judge(_ draft: inout ProofDraft) {
        guard let run else { return }
        draft.count(.p8, run.checked)
        for exception in exceptions where exception.movesMoney {
            let ids: [(name: String, value: String?)] = [
                ("object_id", exception.objectID), ("subscription_id", exception.subscriptionID),
                ("invoice_id", exception.invoiceID.map(String.init)),
            ]
            let isTwice = exception.list == .twoSuccesses
            draft.violation(
                isTwice ? .p1 : .p8, isTwice ? "two_successes_at_gateway" : exception.list.rawValue,
                exception.text, ids: ids.compactMap { id in id.value.map { (name: id.name, value: $0) } },
                namesIDs: false)
        }
    }
}
