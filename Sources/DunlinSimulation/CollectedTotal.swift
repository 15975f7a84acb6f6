public import DunlinCore
public import DunlinDatabase

/// What became of a company's invoices in one currency.
public struct CollectedTotal: Hashable, Sendable {
    public var currency: Currency
    public var invoices: Int
    public var paid: Int
    public var collected: Money
    /// Open after at least one failed try, or waiting for the customer or another card.
    public var inDunning: Int
    public var outstanding: Money
    /// Given up.
    public var uncollectible: Int
    /// Tries that the issuers declined.
    public var declines: Int

    /// In the order of the currency codes. A currency that is not known is left out: none is ever invoiced.
    public static func all(_ tx: Transaction) throws -> [CollectedTotal] {
        let declines = try declinesByCurrency(tx)
        return try tx.rows(
            """
            SELECT currency, COUNT(*) AS invoices, SUM(collected_minor) AS collected,
                SUM(CASE WHEN state = 'paid' THEN 1 ELSE 0 END) AS paid,
                SUM(CASE WHEN \(isInDunning) THEN 1 ELSE 0 END) AS in_dunning,
                SUM(CASE WHEN \(isInDunning) THEN amount_minor - collected_minor ELSE 0 END) AS outstanding,
                SUM(CASE WHEN state = 'uncollectible' THEN 1 ELSE 0 END) AS uncollectible
            FROM invoices GROUP BY currency ORDER BY currency
            """
        ) { row -> CollectedTotal? in
            let code: String = try row.get("currency")
            guard let currency = Currency(code) else { return nil }
            return CollectedTotal(
                currency: currency, invoices: try row.get("invoices"), paid: try row.get("paid"),
                collected: Money(minorUnits: try row.get("collected"), currency: currency),
                inDunning: try row.get("in_dunning"),
                outstanding: Money(minorUnits: try row.get("outstanding"), currency: currency),
                uncollectible: try row.get("uncollectible"), declines: declines[code] ?? 0)
        }.compactMap { $0 }
    }

    private static let isInDunning = """
        state IN ('open', 'closing') AND (first_failed_at IS NOT NULL OR waits_for IN ('needs_customer', 'needs_method'))
        """

    private static func declinesByCurrency(_ tx: Transaction) throws -> [String: Int] {
        let found: [(String, Int)] = try tx.rows(
            "SELECT currency, COUNT(*) AS declines FROM attempts WHERE state = 'declined' GROUP BY currency"
        ) { (try $0.get("currency"), try $0.get("declines")) }
        return Dictionary(found, uniquingKeysWith: { first, _ in first })
    }
}
