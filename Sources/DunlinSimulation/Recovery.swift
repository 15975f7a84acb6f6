public import DunlinCore
public import DunlinDatabase

/// What became of debts whose first try failed, in one currency.
public struct Recovery: Hashable, Sendable {
    /// A number of debts and what they are worth.
    public struct Part: Hashable, Sendable {
        public var count = 0
        public var amount: Money
    }

    public var currency: Currency
    public var failed: Part
    /// Paid later.
    public var recovered: Part
    /// Given up: written off, void, or left with the customer after the last step.
    public var lost: Part
    /// Still being dunned.
    public var open: Part

    /// In the order of the currency codes.
    public static func all(_ tx: Transaction) throws -> [Recovery] {
        let rows: [(String, String, Int, Int64)] = try tx.rows(
            """
            SELECT currency, CASE WHEN state = 'paid' THEN 'recovered'
                    WHEN state IN ('uncollectible', 'void')
                        OR (state = 'closing' AND closing_to IN ('uncollectible', 'void'))
                        OR (state = 'open' AND EXISTS (SELECT 1 FROM activity e WHERE e.invoice_id = invoices.id
                            AND e.kind = 'dunning_ended')) THEN 'lost'
                    ELSE 'open' END AS part, COUNT(*) AS count, SUM(amount_minor) AS amount
            FROM invoices WHERE first_failed_at IS NOT NULL GROUP BY currency, part ORDER BY currency
            """
        ) { (try $0.get("currency"), try $0.get("part"), try $0.get("count"), try $0.get("amount")) }
        var byCode: [String: Recovery] = [:]
        for (code, part, count, amount) in rows {
            guard let currency = Currency(code) else { continue }
            byCode[code, default: Recovery(currency)].add(part, count, amount)
        }
        return byCode.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Tries after a decline of the same debt.
    public static func retries(_ tx: Transaction) throws -> Int {
        try tx.value(
            """
            SELECT COUNT(*) FROM attempts a WHERE a.state <> 'never_happened' AND EXISTS (SELECT 1 FROM attempts b
                WHERE b.invoice_id = a.invoice_id AND b.number < a.number AND b.state = 'declined')
            """) ?? 0
    }

    /// Declines after which the networks forbid another try on the card.
    public static func finalDeclines(_ tx: Transaction) throws -> Int {
        try tx.value("SELECT COUNT(*) FROM attempts WHERE state = 'declined' AND decline_class = 'never'") ?? 0
    }

    /// How many of the recovered debts were paid within so many days of their first failed try.
    public static func recovered(withinDays days: Int64, _ tx: Transaction) throws -> Int {
        try tx.value(
            """
            SELECT COUNT(*) FROM invoices WHERE state = 'paid' AND first_failed_at IS NOT NULL
                AND paid_at <= first_failed_at + ?1
            """, days * 86_400_000) ?? 0
    }

    private init(_ currency: Currency) {
        let none = Part(amount: Money(minorUnits: 0, currency: currency))
        self.currency = currency
        (failed, recovered, lost, open) = (none, none, none, none)
    }

    private mutating func add(_ part: String, _ count: Int, _ amountMinor: Int64) {
        func added(to old: Part) -> Part {
            Part(
                count: old.count + count,
                amount: Money(minorUnits: old.amount.minorUnits + amountMinor, currency: currency))
        }
        failed = added(to: failed)
        switch part {
        case "recovered": recovered = added(to: recovered)
        case "lost": lost = added(to: lost)
        default: open = added(to: open)
        }
    }
}

/// The same over all currencies, weighed by the sample's own prices: a subscription is worth the same everywhere.
public struct RecoveryShare: Hashable, Sendable {
    public var failedEuroCents: Int64 = 0
    public var recoveredEuroCents: Int64 = 0
    public var lostEuroCents: Int64 = 0

    public init(_ recoveries: [Recovery]) {
        for recovery in recoveries {
            guard let perEuro = SampleCountry.perEuro[recovery.currency.code] else { continue }
            failedEuroCents += recovery.failed.amount.minorUnits * 100 / perEuro
            recoveredEuroCents += recovery.recovered.amount.minorUnits * 100 / perEuro
            lostEuroCents += recovery.lost.amount.minorUnits * 100 / perEuro
        }
    }

    /// Recovered of what has ended, recovered or lost, in thousandths: what is still being dunned is no result yet.
    public var permille: Int64 {
        let ended = recoveredEuroCents + lostEuroCents
        return ended == 0 ? 0 : recoveredEuroCents * 1000 / ended
    }
}
