public import DunlinCalendar
public import DunlinDatabase

/// Our own refunds in the table `refunds`, from the row to the end; what the gateway shows is noted by `GatewayRefunds`.
public enum Refunds {
    public static func get(_ id: Int64, _ tx: Transaction) throws -> Refund {
        guard let refund = try tx.row("SELECT * FROM refunds WHERE id = ?1", id, read: Refund.init) else {
            throw LedgerError(.missingRow, "no refund \(id)")
        }
        return refund
    }

    /// Names a refund before anything is sent. The schema refuses a second one in flight on the same intent.
    public static func insert(
        of intent: Intent, amountMinor: Int64, reason: String, now: Instant, _ tx: Transaction
    ) throws -> Refund {
        let number: Int =
            try tx.value("SELECT COALESCE(MAX(number), 0) + 1 FROM refunds WHERE intent_id = ?1", intent.id) ?? 1
        try tx.execute(
            """
            INSERT INTO refunds (intent_id, number, amount_minor, currency, reason, state, reference, written_at)
            VALUES (?1, ?2, ?3, ?4, ?5, 'requested', ?6, ?7)
            """, intent.id, number, amountMinor, intent.currencyCode, reason, "\(intent.reference):refund:\(number)",
            now)
        return try get(tx.lastInsertedID, tx)
    }

    /// What of an intent's money has not gone back and is not on its way back, whoever sent it.
    ///
    /// - Parameter besides: a refund that is left out of the sum.
    public static func leftMinor(of intent: Intent, besides id: Int64? = nil, _ tx: Transaction) throws -> Int64 {
        let gone: Int64? = try tx.value(
            """
            SELECT SUM(amount_minor) FROM refunds
            WHERE intent_id = ?1 AND state NOT IN ('failed', 'refused') AND id IS NOT ?2
            """, intent.id, id)
        return intent.amountMinor - (gone ?? 0)
    }

    /// The one of ours that has not ended.
    public static func inFlight(intentID: Int64, _ tx: Transaction) throws -> Refund? {
        try tx.row(
            """
            SELECT * FROM refunds
            WHERE intent_id = ?1 AND is_ours = 1 AND state NOT IN ('succeeded', 'failed', 'refused')
            """, intentID, read: Refund.init)
    }

    /// The request leaves right after this is durable.
    ///
    /// - Returns: false when it is not `requested` any more.
    public static func beginSend(_ id: Int64, sendBy: Instant, now: Instant, _ tx: Transaction) throws -> Bool {
        try tx.execute(
            """
            UPDATE refunds SET state = 'sending', sends = sends + 1, sent_at = ?2, send_by = ?3, note = NULL
            WHERE id = ?1 AND state = 'requested'
            """, id, now, sendBy) == 1
    }

    /// The request certainly had no effect: nothing left, or it was turned away before it ran.
    public static func takeBack(_ id: Int64, note: String, _ tx: Transaction) throws {
        try tx.execute(
            """
            UPDATE refunds SET state = 'requested', sends = sends - 1, note = ?2 WHERE id = ?1 AND state = 'sending'
            """, id, note)
    }

    /// One more look that did not end it. One whose id is known stays as it is.
    public static func noteAsk(
        _ id: Int64, note: String, emptyReadAt: Instant? = nil, serverFailedAt: Instant? = nil, _ tx: Transaction
    ) throws {
        try tx.execute(
            """
            UPDATE refunds SET state = CASE state WHEN 'sending' THEN 'unknown' ELSE state END, asks = asks + 1,
                note = ?2, empty_read_at = COALESCE(empty_read_at, ?3),
                server_failed_at = COALESCE(?4, server_failed_at)
            WHERE id = ?1 AND state IN ('sending', 'unknown', 'pending')
            """, id, note, emptyReadAt, serverFailedAt)
    }

    /// The gateway has proven that it never happened: it may be sent again.
    public static func neverHappened(_ id: Int64, _ tx: Transaction) throws {
        try tx.execute(
            """
            UPDATE refunds SET state = 'requested', asks = 0, empty_read_at = NULL, server_failed_at = NULL,
                note = 'the gateway did not know of it: sent again'
            WHERE id = ?1 AND state IN ('sending', 'unknown') AND gateway_id IS NULL
            """, id)
    }

    /// Ends one that the gateway does not have.
    ///
    /// - Returns: false when it has ended already, or the gateway has it.
    public static func end(
        _ id: Int64, as state: Refund.State, note: String, now: Instant, _ tx: Transaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE refunds SET state = ?2, note = ?3, ended_at = ?4
            WHERE id = ?1 AND gateway_id IS NULL AND state NOT IN ('succeeded', 'failed', 'refused')
            """, id, state, note, now) == 1
    }

    /// A person found it at the gateway: the id is read before it is believed.
    public static func tell(_ id: Int64, gatewayID: String, _ tx: Transaction) throws {
        try tx.execute("UPDATE refunds SET told_id = ?2, asks = 0 WHERE id = ?1", id, gatewayID)
    }

    /// True when a refund of this id is on record at that gateway.
    public static func isKnown(gatewayID: String, gateway: String, _ tx: Transaction) throws -> Bool {
        let found: Int? = try tx.value(
            """
            SELECT 1 FROM refunds r JOIN intents t ON t.id = r.intent_id
            WHERE r.gateway_id = ?1 AND t.gateway = ?2 LIMIT 1
            """, gatewayID, gateway)
        return found != nil
    }

    public static func noteRaised(_ id: Int64, now: Instant, _ tx: Transaction) throws {
        try tx.execute("UPDATE refunds SET raised_at = ?2 WHERE id = ?1", id, now)
    }
}
