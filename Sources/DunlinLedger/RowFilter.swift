public import DunlinCalendar
public import DunlinDatabase

/// Which rows a person means: `state=retrying,decline=insufficient_funds,since=2026-11-01`. All of it must fit.
public struct RowFilter: Hashable, Sendable {
    public enum Key: String, Hashable, Sendable, CaseIterable {
        case state, decline, since, customer, plan, subscription, currency, gateway, kind, queue
    }

    public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    private let values: [Key: String]
    /// The beginning of the day of `since`, or its instant.
    public let since: Instant?

    /// - Parameters:
    ///   - states: the words that `state` takes.
    ///   - zone: in which `since=2026-11-01` begins.
    /// - Throws: a `Problem` that says what to write instead.
    public init(
        parsing text: String, keys: [Key], states: [String], zone: Zone
    ) throws(Problem) {
        var values: [Key: String] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                $0.filter { !$0.isNewline }
            }
            guard pair.count == 2, !pair[1].isEmpty, let key = Key(rawValue: pair[0]), keys.contains(key) else {
                let known = keys.map { "\($0.rawValue)=…" }.joined(separator: ",")
                throw Problem(description: "“\(part)” is no part of a filter; it takes \(known)")
            }
            guard values.updateValue(pair[1], forKey: key) == nil else {
                throw Problem(description: "the filter names \(key.rawValue) twice")
            }
        }
        if let state = values[.state], !states.contains(state) {
            throw Problem(description: "there is no state \(state); it takes one of \(states.joined(separator: ", "))")
        }
        since = try values[.since].map { text throws(Problem) in try Self.instant(text, zone) }
        self.values = values
    }

    public subscript(key: Key) -> String? { values[key] }

    private static func instant(_ text: String, _ zone: Zone) throws(Problem) -> Instant {
        if let day = LocalDate(text) { return zone.instant(of: LocalDateTime(date: day, time: .midnight)).instant }
        guard let instant = Instant(rfc3339: text) else {
            throw Problem(
                description: "since takes a date such as 2026-11-01, or a time such as 2026-11-01T09:00:00Z")
        }
        return instant
    }
}

extension Invoices {
    /// What `state` may be in a filter of invoices: a state, or what an open one waits for.
    public static let filterStates = [
        "open", "closing", "paid", "uncollectible", "void", "scheduled", "retrying", "needs_customer", "needs_method",
        "processing", "unknown", "on_hold",
    ]
    public static let filterKeys: [RowFilter.Key] = [
        .state, .decline, .since, .customer, .plan, .subscription, .currency, .gateway,
    ]

    /// The ids of the invoices that fit, the oldest debt first. `decline` is a code or a class of the last attempt that
    /// was declined, `since` the due date.
    public static func ids(_ filter: RowFilter, limit: Int, _ tx: Transaction) throws -> [Int64] {
        try tx.rows(
            """
            SELECT i.id AS id FROM invoices i
            LEFT JOIN attempts a ON a.invoice_id = i.id AND a.number = (SELECT MAX(b.number) FROM attempts b
                WHERE b.invoice_id = i.id AND b.state IN ('declined', 'needs_customer', 'refused'))
            WHERE (?1 IS NULL OR i.state = ?1 OR i.waits_for = ?1)
                AND (?2 IS NULL OR a.decline_code = ?2 OR a.error_code = ?2 OR a.decline_class = ?2)
                AND (?3 IS NULL OR i.due_at >= ?3) AND (?4 IS NULL OR i.customer_id = ?4)
                AND (?5 IS NULL OR i.plan = ?5) AND (?6 IS NULL OR i.subscription_id = ?6)
                AND (?7 IS NULL OR i.currency = ?7) AND (?8 IS NULL OR i.gateway = ?8)
            ORDER BY i.due_at, i.id LIMIT ?9
            """, filter[.state], filter[.decline], filter.since, filter[.customer], filter[.plan],
            filter[.subscription], filter[.currency], filter[.gateway], limit
        ) { try $0.get("id") }
    }

    /// Keeps a person's note, shown with the invoice and in the dunning list.
    public static func setNote(_ id: Int64, _ note: String, _ tx: Transaction) throws {
        try tx.execute("UPDATE invoices SET note = ?2 WHERE id = ?1", id, note)
    }
}

extension Subscriptions {
    public static let filterStates = [
        "trialing", "active", "paused", "past_due", "unpaid", "parked", "canceled", "ended",
    ]
    public static let filterKeys: [RowFilter.Key] = [.state, .customer, .plan, .currency, .gateway]

    /// The ids of the subscriptions that fit and that a pass has seen, in their order.
    public static func ids(_ filter: RowFilter, limit: Int, _ tx: Transaction) throws -> [String] {
        try tx.rows(
            """
            SELECT s.id AS id FROM subscriptions s JOIN billing_state b ON b.subscription_id = s.id
            JOIN customers c ON c.id = s.customer_id
            WHERE (?1 IS NULL OR b.state = ?1) AND (?2 IS NULL OR s.customer_id = ?2) AND (?3 IS NULL OR s.plan = ?3)
                AND (?4 IS NULL OR s.currency = ?4) AND (?5 IS NULL OR c.gateway = ?5)
            ORDER BY s.id LIMIT ?6
            """, filter[.state], filter[.customer], filter[.plan], filter[.currency], filter[.gateway], limit
        ) { try $0.get("id") }
    }
}
