public import DunlinCalendar
public import DunlinDatabase

/// The table `retry_budget`: cards that are charged no more (P6).
public enum RetryBudget {
    /// What closed a card.
    public enum Cause: String, Hashable, Sendable, ColumnValue {
        /// The issuer: never again on this card.
        case never
        /// The issuer: not as this card is known; with another number or date it is another one.
        case needsMethod = "needs_method"
        case detached, mandate
        case customerDeleted = "customer_deleted"
    }

    public struct Closing: Hashable, Sendable {
        public var cause: Cause
        public var reason: String
        /// What was known of the card when it was closed.
        public var fingerprint: String?
        public var cardExpiry: String?

        public init(cause: Cause, reason: String, fingerprint: String? = nil, cardExpiry: String? = nil) {
            self.cause = cause
            self.reason = reason
            self.fingerprint = fingerprint
            self.cardExpiry = cardExpiry
        }

        /// False for a card that was closed as it was, and has another number or date since.
        public func blocks(_ method: PaymentMethod) -> Bool {
            guard cause == .needsMethod else { return true }
            return !isOther(fingerprint, method.fingerprint) && !isOther(cardExpiry, method.cardExpiry)
        }

        /// What one of the two does not know tells no difference.
        private func isOther(_ closed: String?, _ now: String?) -> Bool {
            guard let closed, let now, !closed.isEmpty, !now.isEmpty else { return false }
            return closed != now
        }
    }

    /// Closes a card. One that is closed stays as it is, except that a card that had changed since may be closed anew.
    public static func close(
        gateway: String, cardKey: String, _ closing: Closing, now: Instant, _ tx: Transaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO retry_budget (gateway, card_key, closed_at, closed_after, reason, cause, fingerprint, card_expiry)
            VALUES (?1, ?2, ?3, (SELECT COALESCE(MAX(id), 0) FROM attempts), ?4, ?5, ?6, ?7)
            ON CONFLICT (gateway, card_key) DO UPDATE SET closed_at = excluded.closed_at,
                closed_after = excluded.closed_after, reason = excluded.reason, cause = excluded.cause,
                fingerprint = excluded.fingerprint, card_expiry = excluded.card_expiry
            WHERE retry_budget.cause = 'needs_method'
            """, gateway, cardKey, now, closing.reason, closing.cause, closing.fingerprint, closing.cardExpiry)
    }

    /// Closes a card for good, for a final decline.
    public static func close(
        gateway: String, cardKey: String, reason: String, now: Instant, _ tx: Transaction
    ) throws {
        try close(gateway: gateway, cardKey: cardKey, Closing(cause: .never, reason: reason), now: now, tx)
    }

    public static func isClosed(gateway: String, cardKey: String, _ tx: Transaction) throws -> Bool {
        try closing(gateway: gateway, cardKey: cardKey, tx) != nil
    }

    /// Why the card is closed; nil when it is not.
    public static func closedReason(gateway: String, cardKey: String, _ tx: Transaction) throws -> String? {
        try closing(gateway: gateway, cardKey: cardKey, tx)?.reason
    }

    public static func closing(gateway: String, cardKey: String, _ tx: Transaction) throws -> Closing? {
        try tx.row(
            """
            SELECT cause, reason, fingerprint, card_expiry FROM retry_budget WHERE gateway = ?1 AND card_key = ?2
            """, gateway, cardKey
        ) { row in
            Closing(
                cause: try row.get("cause"), reason: try row.get("reason"), fingerprint: try row.get("fingerprint"),
                cardExpiry: try row.get("card_expiry"))
        }
    }
}
