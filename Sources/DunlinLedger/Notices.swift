public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// The table `notices`: each once, whatever happens to what it tells.
public enum Notices {
    /// - Parameter isListed: there is nobody to send it to: it is only listed.
    /// - Returns: its row id; nil when it was written before.
    public static func insert(_ new: NewNotice, isListed: Bool, now: Instant, _ tx: Transaction) throws -> Int64? {
        try tx.value(
            """
            INSERT INTO notices (notice_id, kind, customer_id, subscription_id, invoice_id, payment_method_id, step,
                reminder, from_state, to_state, state, written_at, due_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
            ON CONFLICT (notice_id) DO NOTHING RETURNING id
            """, new.noticeID, new.kind, new.customerID, new.subscriptionID, new.invoiceID, new.paymentMethodID,
            new.step, new.reminder, new.fromState, new.toState, isListed ? Notice.State.listed : .ready, now, new.dueAt)
    }

    public static func find(_ id: Int64, _ tx: Transaction) throws -> Notice? {
        try tx.row("SELECT * FROM notices WHERE id = ?1", id, read: Notice.init)
    }

    public static func find(noticeID: String, _ tx: Transaction) throws -> Notice? {
        try tx.row("SELECT * FROM notices WHERE notice_id = ?1", noticeID, read: Notice.init)
    }

    /// Those of a state, oldest first.
    public static func all(_ state: Notice.State, limit: Int, _ tx: Transaction) throws -> [Notice] {
        try tx.rows("SELECT * FROM notices WHERE state = ?1 ORDER BY id LIMIT ?2", state, limit, read: Notice.init)
    }

    public static func failedCount(_ tx: Transaction) throws -> Int64 {
        try tx.value("SELECT COUNT(*) FROM notices WHERE state = 'failed'") ?? 0
    }

    /// An earlier notice of the customer that should have been sent by now: it goes first.
    public static func earlier(than notice: Notice, now: Instant, _ tx: Transaction) throws -> Notice? {
        try tx.row(
            """
            SELECT * FROM notices WHERE customer_id = ?1 AND id < ?2 AND state = 'ready' AND due_at <= ?3
            ORDER BY id LIMIT 1
            """, notice.customerID, notice.id, now, read: Notice.init)
    }

    /// The next notice of the customer that waits for its turn.
    public static func next(ofCustomer customerID: String, now: Instant, _ tx: Transaction) throws -> Notice? {
        try tx.row(
            """
            SELECT * FROM notices WHERE customer_id = ?1 AND state = 'ready' AND due_at <= ?2 ORDER BY id LIMIT 1
            """, customerID, now, read: Notice.init)
    }

    /// The newest notice of one of these kinds that was sent to a customer.
    public static func lastSent(
        toCustomer customerID: String, kinds: [NoticeKind], _ tx: Transaction
    ) throws -> NoticeCircumstances.Asked? {
        guard !kinds.isEmpty else { return nil }
        let places = kinds.indices.map { "?\($0 + 2)" }.joined(separator: ", ")
        return try tx.row(
            """
            SELECT notice_id, sent_at FROM notices
            WHERE customer_id = ?1 AND sent_at IS NOT NULL AND kind IN (\(places))
            ORDER BY sent_at DESC, id DESC LIMIT 1
            """, arguments: [customerID] + kinds.map { $0 }
        ) { NoticeCircumstances.Asked(noticeID: try $0.get("notice_id"), at: try $0.get("sent_at")) }
    }

    /// The customer was asked for this debt, by a notice of its own or by one that named it too.
    public static func hasAsked(about invoiceID: Int64, _ tx: Transaction) throws -> Bool {
        let found: Int64? = try tx.value(
            """
            SELECT MIN(id) FROM notices
            WHERE invoice_id = ?1 AND kind IN ('payment_failed', 'action_needed', 'last_notice')
                AND (sends > 0 OR state IN ('listed', 'dropped'))
            """, invoiceID)
        return found != nil
    }

    // MARK: - What becomes of it

    /// Counted before it leaves, so that a notice which ends its sender cannot do so for ever.
    public static func noteSend(_ id: Int64, _ tx: Transaction) throws {
        try tx.execute("UPDATE notices SET sends = sends + 1 WHERE id = ?1", id)
    }

    public static func noteSent(_ id: Int64, now: Instant, _ tx: Transaction) throws {
        try tx.execute(
            "UPDATE notices SET state = 'sent', sent_at = ?2, reason = NULL WHERE id = ?1 AND state = 'ready'", id, now)
    }

    /// It goes out later, or is tried again.
    ///
    /// - Parameter dueAt: nil where it stays first in its customer's order.
    public static func noteWaiting(_ id: Int64, reason: String, dueAt: Instant? = nil, _ tx: Transaction) throws {
        try tx.execute(
            "UPDATE notices SET reason = ?2, due_at = COALESCE(?3, due_at) WHERE id = ?1 AND state = 'ready'", id,
            reason, dueAt)
    }

    /// - Parameter state: one of dropped, failed and listed.
    public static func end(_ id: Int64, as state: Notice.State, reason: String?, _ tx: Transaction) throws {
        try tx.execute(
            "UPDATE notices SET state = ?2, reason = ?3 WHERE id = ?1 AND state = 'ready'", id, state, reason)
    }

    /// Ready once more with all its sends, whatever became of it.
    public static func sendAgain(_ id: Int64, now: Instant, _ tx: Transaction) throws {
        try tx.execute(
            """
            UPDATE notices SET state = 'ready', sends = 0, due_at = ?2, sent_at = NULL, reason = NULL, is_resent = 1
            WHERE id = ?1
            """, id, now)
    }

    /// Deletes up to `limit` notices to the application that ended before; those to customers are kept with the debt.
    public static func prune(endedBefore instant: Instant, limit: Int, _ tx: Transaction) throws -> Int {
        try tx.execute(
            """
            DELETE FROM notices WHERE id IN (
                SELECT id FROM notices WHERE kind IN ('invoice_paid', 'subscription_state_changed')
                    AND state IN ('sent', 'dropped', 'listed') AND written_at < ?1
                ORDER BY id LIMIT ?2)
            """, instant, limit)
    }
}
