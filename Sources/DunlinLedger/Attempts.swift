public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// The table `attempts`. At most one of an invoice is in flight; the database refuses a second (money.md 30).
public enum Attempts {
    public static func insert(_ new: NewAttempt, now: Instant, _ tx: Transaction) throws -> Int64 {
        try tx.execute(
            """
            INSERT INTO attempts (invoice_id, intent_id, number, state, sending, gateway, account, gateway_customer_id,
                payment_method_id, gateway_payment_method_id, card_key, amount_minor, currency, description,
                statement_suffix, body_hash, baseline_charge, written_at, send_by, gateway_date, card_expiry)
            VALUES (?1, ?2, ?3, 'sending', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
                ?20)
            """, new.invoiceID, new.intentID, new.number, new.sending, new.gateway, new.account, new.gatewayCustomerID,
            new.method.id, new.method.gatewayPaymentMethodID, new.method.cardKey, new.amount.minorUnits,
            new.amount.currency.code, new.description, new.statementSuffix, new.bodyHash, new.baselineCharge, now,
            new.sendBy, new.gatewayDate, new.method.cardExpiry)
        return tx.lastInsertedID
    }

    public static func get(_ id: Int64, _ tx: Transaction) throws -> Attempt {
        guard let attempt = try tx.row("SELECT * FROM attempts WHERE id = ?1", id, read: Attempt.init) else {
            throw LedgerError(.missingRow, "no attempt \(id)")
        }
        return attempt
    }

    public static func of(_ invoiceID: Int64, _ tx: Transaction) throws -> [Attempt] {
        try tx.rows("SELECT * FROM attempts WHERE invoice_id = ?1 ORDER BY number", invoiceID, read: Attempt.init)
    }

    /// Notes that the attempt is still in flight, and why. Does nothing once it has ended.
    public static func keepInFlight(_ id: Int64, as state: Attempt.State, _ tx: Transaction) throws {
        precondition(state.isInFlight, "an attempt in flight stays in flight")
        try tx.execute("UPDATE attempts SET state = ?2 WHERE id = ?1 AND ended_at IS NULL", id, state)
    }

    /// Notes one more send, before it leaves. What an earlier look-up did not find says nothing about this one.
    public static func noteSend(_ id: Int64, sendBy: Instant, _ tx: Transaction) throws {
        try tx.execute(
            "UPDATE attempts SET sends = sends + 1, send_by = ?2, empty_read_at = NULL WHERE id = ?1", id, sendBy)
    }

    /// Notes one more question to the gateway, and what an incomplete answer showed.
    public static func noteAsk(
        _ id: Int64, emptyReadAt: Instant? = nil, serverFailedAt: Instant? = nil, _ tx: Transaction
    ) throws {
        try tx.execute(
            """
            UPDATE attempts SET asks = asks + 1, empty_read_at = COALESCE(empty_read_at, ?2),
                server_failed_at = COALESCE(server_failed_at, ?3)
            WHERE id = ?1
            """, id, emptyReadAt, serverFailedAt)
    }

    /// The gateway answers again after it did not: questions about what is in flight begin anew, a few seconds apart.
    public static func resetAsks(gateway: String, _ tx: Transaction) throws {
        try tx.execute("UPDATE attempts SET asks = 0 WHERE gateway = ?1 AND ended_at IS NULL", gateway)
        try tx.execute(
            """
            UPDATE refunds SET asks = 0 WHERE state NOT IN ('succeeded', 'failed', 'refused')
                AND intent_id IN (SELECT id FROM intents WHERE gateway = ?1)
            """, gateway)
    }

    /// Ends the attempt it was asked about, if it is still in flight; an end that says "succeeded" also replaces
    /// another end, since money moved.
    ///
    /// - Returns: false when the attempt had ended.
    public static func end(
        _ id: Int64, as state: Attempt.State, decline: Decline? = nil, declineClass: DeclineClass? = nil,
        reason: String? = nil, requestID: String? = nil, now: Instant, _ tx: Transaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE attempts SET state = ?2, ended_at = ?3, charge_id = ?4, error_code = ?5, decline_code = ?6,
                advice_code = ?7, network_decline_code = ?8, network_advice_code = ?9, decline_class = ?10,
                reason_text = ?11, request_id = ?12
            WHERE id = ?1 AND (ended_at IS NULL OR (?2 = 'succeeded' AND state <> 'succeeded'))
            """, id, state, now, decline?.chargeID, decline?.code, decline?.declineCode, decline?.adviceCode,
            decline?.networkDeclineCode, decline?.networkAdviceCode, declineClass, reason, requestID) == 1
    }

    /// When the `number`th newest declined attempt on a card was written, over all subscriptions; nil when there are
    /// fewer (money.md 35).
    ///
    /// - Parameter invoice: counts attempts of its amount only; nil for all.
    public static func decline(
        number: Int, gateway: String, cardKey: String, sameAmountAs invoice: Invoice?, _ tx: Transaction
    ) throws -> Instant? {
        try tx.value(
            """
            SELECT written_at FROM attempts
            WHERE card_key = ?1 AND gateway = ?2 AND state = 'declined'
                AND (?3 IS NULL OR (amount_minor = ?3 AND currency = ?4))
            ORDER BY written_at DESC LIMIT 1 OFFSET ?5
            """, cardKey, gateway, invoice?.amountMinor, invoice?.currencyCode, number - 1)
    }

    /// What was sent since an instant, in minor units of a currency, over all processes (money.md 34).
    public static func sentMinor(currency: String, since: Instant, _ tx: Transaction) throws -> Int64 {
        try tx.value(
            "SELECT COALESCE(SUM(amount_minor), 0) FROM attempts WHERE written_at >= ?1 AND currency = ?2", since,
            currency) ?? 0
    }

    /// Counts the attempts on a card under another key from now on.
    static func moveCard(gateway: String, from old: String, to new: String, _ tx: Transaction) throws {
        try tx.execute(
            "UPDATE attempts SET card_key = ?3 WHERE card_key = ?2 AND gateway = ?1", gateway, old, new)
    }

    /// How many attempts on a card are in flight, over all subscriptions: each may yet be declined.
    public static func inFlight(gateway: String, cardKey: String, _ tx: Transaction) throws -> Int {
        try tx.value(
            """
            SELECT COUNT(*) FROM attempts WHERE card_key = ?1 AND gateway = ?2 AND ended_at IS NULL
            """, cardKey, gateway) ?? 0
    }

    /// Of the last `window` first attempts that ended after `since`, how many there are and how many were declined
    /// (money.md 34).
    public static func firstAttempts(
        gateway: String, since: Instant, window: Int, _ tx: Transaction
    ) throws -> (ended: Int, declined: Int) {
        let found: (Int, Int)? = try tx.row(
            """
            SELECT COUNT(*) AS ended, COALESCE(SUM(CASE WHEN state = 'declined' THEN 1 ELSE 0 END), 0) AS declined
            FROM (SELECT state FROM attempts WHERE gateway = ?1 AND number = 1 AND ended_at IS NOT NULL
                AND written_at > ?2 ORDER BY written_at DESC LIMIT ?3)
            """, gateway, since, window
        ) { (try $0.get("ended"), try $0.get("declined")) }
        return found.map { ($0.0, $0.1) } ?? (0, 0)
    }
}
