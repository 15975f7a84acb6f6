public import DunlinDatabase

/// The tables `carried_amounts` and `applied_adjustments`: what an invoice takes besides its price, and what it leaves.
public enum CarriedAmounts {
    /// What the last invoice left for the next one, in minor units of this currency; 0 when nothing.
    public static func open(_ subscriptionID: String, currency: String, _ tx: Transaction) throws -> Int64 {
        try tx.value(
            """
            SELECT COALESCE(SUM(amount_minor), 0) FROM carried_amounts
            WHERE subscription_id = ?1 AND currency = ?2 AND to_invoice_id IS NULL
            """, subscriptionID, currency) ?? 0
    }

    /// The new invoice takes what was open and leaves `carriedOutMinor`.
    public static func settle(
        _ subscriptionID: String, currency: String, invoiceID: Int64, carriedOutMinor: Int64, _ tx: Transaction
    ) throws {
        try tx.execute(
            """
            UPDATE carried_amounts SET to_invoice_id = ?3
            WHERE subscription_id = ?1 AND currency = ?2 AND to_invoice_id IS NULL
            """, subscriptionID, currency, invoiceID)
        guard carriedOutMinor != 0 else { return }
        try tx.execute(
            """
            INSERT INTO carried_amounts (from_invoice_id, subscription_id, amount_minor, currency)
            VALUES (?1, ?2, ?3, ?4)
            """, invoiceID, subscriptionID, carriedOutMinor, currency)
    }

    public static func apply(_ adjustment: Adjustment, to invoiceID: Int64, _ tx: Transaction) throws {
        try tx.execute(
            "INSERT INTO applied_adjustments (adjustment_id, invoice_id, amount_minor) VALUES (?1, ?2, ?3)",
            adjustment.id, invoiceID, adjustment.amountMinor)
    }
}
