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
                statement_suffix, body_hash, baseline_charge, written_at, send_by, gateway_date, card_expiry,
                card_brand, is_on_session)
            VALUES (?1, ?2, ?3, 'sending', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
                ?20, ?21, ?22)
            """, new.invoiceID, new.intentID, new.number, new.sending, new.gateway, new.account, new.gatewayCustomerID,
            new.method.id, new.method.gatewayPaymentMethodID, new.method.cardKey, new.amount.minorUnits,
            new.amount.currency.code, new.description, new.statementSuffix, new.bodyHash, new.baselineCharge, now,
            new.sendBy, new.gatewayDate, new.method.cardExpiry, new.method.brand, new.isOnSession)
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

    /// When the `number`th newest attempt was written that counts towards a network's budget, over all subscriptions;
    /// nil when there are fewer (money.md 35). What a customer did in session is counted apart by the networks.
    ///
    /// - Parameter invoice: counts attempts of its amount only; nil for all.
    public static func counted(
        number: Int, by budget: CardBudget, gateway: String, cardKey: String, sameAmountAs invoice: Invoice?,
        now: Instant, _ tx: Transaction
    ) throws -> Instant? {
        let counts = budget.counts == .declines ? "a.state IN ('declined', 'needs_customer')" : isReattempt
        return try tx.value(
            """
            SELECT a.written_at FROM attempts a
            WHERE a.card_key = ?1 AND a.gateway = ?2 AND a.is_on_session = 0 AND a.written_at > ?7 - ?6
                AND (?3 IS NULL OR (a.amount_minor = ?3 AND a.currency = ?4)) AND \(counts)
            ORDER BY a.written_at DESC LIMIT 1 OFFSET ?5
            """, cardKey, gateway, invoice?.amountMinor, invoice?.currencyCode, number - 1,
            budget.days * 86_400_000, now)
    }

    /// It reached the bank, and came after a decline of the same card within the window. That the bank wants the customer
    /// is a decline too.
    private static let isReattempt = """
        a.state IN ('declined', 'succeeded', 'needs_customer') AND EXISTS (SELECT 1 FROM attempts b
            WHERE b.card_key = a.card_key AND b.gateway = a.gateway AND b.state IN ('declined', 'needs_customer')
                AND b.id < a.id AND b.written_at > a.written_at - ?6
                AND (?3 IS NULL OR (b.amount_minor = ?3 AND b.currency = ?4)))
        """

    /// What was sent since an instant, in minor units of a currency, over all processes (money.md 34).
    public static func sentMinor(currency: String, since: Instant, _ tx: Transaction) throws -> Int64 {
        try tx.value(
            "SELECT COALESCE(SUM(amount_minor), 0) FROM attempts WHERE written_at >= ?1 AND currency = ?2", since,
            currency) ?? 0
    }

    /// Counts the attempts on a card under the fingerprint that was learned of it, from now on. Until now they were rightly
    /// held against the method's id alone.
    static func moveCard(gateway: String, from old: String, to new: String, _ tx: Transaction) throws {
        try tx.execute(
            """
            UPDATE attempts SET card_key = ?3, card_learned_after = (SELECT MAX(id) FROM attempts)
            WHERE card_key = ?2 AND gateway = ?1
            """, gateway, old, new)
    }

    /// How many attempts of an invoice were declined with this class.
    public static func declines(of invoiceID: Int64, _ declineClass: DeclineClass, _ tx: Transaction) throws -> Int {
        try tx.value(
            "SELECT COUNT(*) FROM attempts WHERE invoice_id = ?1 AND state = 'declined' AND decline_class = ?2",
            invoiceID, declineClass) ?? 0
    }

    /// What kind of decline the last attempt of the schedule that was declined met; nil where none was.
    public static func lastDeclineClass(of invoiceID: Int64, _ tx: Transaction) throws -> DeclineClass? {
        try tx.value(
            """
            SELECT decline_class FROM attempts
            WHERE invoice_id = ?1 AND is_on_session = 0 AND decline_class IS NOT NULL ORDER BY number DESC LIMIT 1
            """, invoiceID)
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
