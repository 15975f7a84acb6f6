import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// A payout as a run found it.
public struct ReconciledPayout: Hashable, Sendable {
    public var id: String
    public var status: String
    public var amount: Money
    public var isAutomatic: Bool

    init(_ row: Row) throws {
        id = try row.get("payout_id")
        status = try row.get("status")
        let code: String = try row.get("currency")
        guard let currency = Currency(code) else { throw LedgerError(.wrongState, "\(code) is no currency") }
        amount = Money(minorUnits: try row.get("amount_minor"), currency: currency)
        isAutomatic = try row.get("is_automatic")
    }
}

/// A balance transaction, tied to the payment that it came from.
public struct ReconciledTransaction: Hashable, Sendable {
    public var snapshot: BalanceTransactionSnapshot
    public var payoutID: String?
    public var intentID: String?
    public var invoiceID: Int64?

    public init(
        _ snapshot: BalanceTransactionSnapshot, payoutID: String?, intentID: String? = nil, invoiceID: Int64? = nil
    ) {
        self.snapshot = snapshot
        self.payoutID = payoutID
        self.intentID = intentID
        self.invoiceID = invoiceID
    }
}

/// The tables `reconcile_payouts` and `reconcile_transactions`.
public enum ReconcileMoney {
    public static func add(_ payout: PayoutSnapshot, runID: Int64, _ tx: Transaction) throws {
        try tx.execute(
            """
            INSERT INTO reconcile_payouts (run_id, payout_id, status, amount_minor, currency, is_automatic, arrives_on,
                created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (run_id, payout_id) DO NOTHING
            """, runID, payout.id, payout.status, payout.amount.minorUnits, payout.amount.currency.code,
            payout.isAutomatic, payout.arrivesOn, payout.createdAt)
    }

    /// Of what is listed twice the line that names its payout stays.
    public static func add(_ new: ReconciledTransaction, runID: Int64, _ tx: Transaction) throws {
        let money = new.snapshot
        try tx.execute(
            """
            INSERT INTO reconcile_transactions (run_id, transaction_id, payout_id, type, source_id, intent_id,
                invoice_id, gross_minor, fee_minor, net_minor, currency, available_on, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
            ON CONFLICT (run_id, transaction_id) DO UPDATE SET
                payout_id = COALESCE(reconcile_transactions.payout_id, excluded.payout_id)
            """, runID, money.id, new.payoutID, money.type, money.sourceID, new.intentID, new.invoiceID,
            money.gross.minorUnits, money.feeMinor, money.netMinor, money.gross.currency.code, money.availableOn,
            money.createdAt)
    }

    /// The first payout after this one whose parts the gateway tells.
    ///
    /// - Parameter orSame: takes this one too.
    public static func nextAutomatic(
        after id: String, orSame: Bool = false, runID: Int64, _ tx: Transaction
    ) throws -> ReconciledPayout? {
        try tx.row(
            """
            SELECT * FROM reconcile_payouts
            WHERE run_id = ?1 AND is_automatic = 1 AND (payout_id > ?2 OR (?3 = 1 AND payout_id = ?2))
            ORDER BY payout_id LIMIT 1
            """, runID, id, orSame, read: ReconciledPayout.init)
    }

    /// What the parts of a payout add up to, its own line left out, in minor units of its currency.
    ///
    /// - Parameter besides: transactions that are left out.
    public static func netMinor(
        ofPayout id: String, besides: Set<String>, runID: Int64, _ tx: Transaction
    ) throws -> Int64 {
        var sum: Int64 = 0
        try tx.forEach(
            """
            SELECT transaction_id, net_minor FROM reconcile_transactions
            WHERE run_id = ?1 AND payout_id = ?2 AND type <> 'payout'
            """, runID, id
        ) { row in
            if try !besides.contains(row.get(0, as: String.self)) { sum += try row.get(1, as: Int64.self) }
        }
        return sum
    }

    /// Charges of ours that no balance transaction is about.
    public static func untied(runID: Int64, limit: Int, _ tx: Transaction) throws -> [ReconcileSeen.Object] {
        try tx.rows(
            """
            SELECT s.object_id, s.intent_id, s.invoice_id FROM reconcile_seen s
            WHERE s.run_id = ?1 AND s.is_charge = 1 AND NOT EXISTS (
                SELECT 1 FROM reconcile_transactions b WHERE b.run_id = s.run_id AND b.source_id = s.object_id)
            ORDER BY s.object_id LIMIT ?2
            """, runID, limit
        ) { ReconcileSeen.Object(try $0.get(0), intentID: try $0.get(1), invoiceID: try $0.get(2)) }
    }
}
