public import DunlinCalendar
public import DunlinDatabase

/// What belongs to an attempt with the customer in session, beside its row in `attempts`.
public struct SessionAttempt: Hashable, Sendable {
    public var attemptID: Int64
    /// Until when the customer may take; then the gateway is read, and the intent canceled.
    public var endsAt: Instant
    /// What the invoice goes back to when the attempt comes to nothing.
    public var waitedFor: Invoice.Wait
    public var nextAttemptAt: Instant?
    /// When the intent was first seen to wait for the customer after this attempt was sent.
    public var actionSeenAt: Instant?

    init(_ row: Row) throws {
        attemptID = try row.get("attempt_id")
        endsAt = try row.get("ends_at")
        waitedFor = try row.get("waited_for")
        nextAttemptAt = try row.get("next_attempt_at")
        actionSeenAt = try row.get("action_seen_at")
    }
}

/// The table `session_attempts`.
public enum SessionAttempts {
    /// Notes what the attempt that is just being written leaves behind.
    public static func insert(
        _ attemptID: Int64, of invoice: Invoice, endsAt: Instant, _ tx: Transaction
    ) throws {
        let wait = invoice.waitsFor ?? .scheduled
        let back: Invoice.Wait =
            switch wait {
            case .scheduled, .retrying, .needsCustomer, .needsMethod: wait
            case .processing, .unknown, .onHold: invoice.firstFailedAt == nil ? .scheduled : .retrying
            }
        try tx.execute(
            """
            INSERT INTO session_attempts (attempt_id, ends_at, waited_for, next_attempt_at) VALUES (?1, ?2, ?3, ?4)
            """, attemptID, endsAt, back, invoice.nextAttemptAt)
    }

    public static func find(_ attemptID: Int64, _ tx: Transaction) throws -> SessionAttempt? {
        try tx.row("SELECT * FROM session_attempts WHERE attempt_id = ?1", attemptID, read: SessionAttempt.init)
    }

    /// The intent waits for the customer: that it does so no more is an end of the attempt.
    public static func noteAction(_ attemptID: Int64, seenAt: Instant, _ tx: Transaction) throws {
        try tx.execute(
            "UPDATE session_attempts SET action_seen_at = COALESCE(action_seen_at, ?2) WHERE attempt_id = ?1",
            attemptID,
            seenAt)
    }

    /// The customer takes no longer: the next look at the gateway ends the attempt.
    public static func giveUp(_ attemptID: Int64, now: Instant, _ tx: Transaction) throws {
        try tx.execute(
            "UPDATE session_attempts SET ends_at = ?2 WHERE attempt_id = ?1 AND ends_at > ?2", attemptID, now)
    }

    /// Another card is there: when the attempt comes to nothing, the debt is tried at once.
    public static func goOnAfter(_ attemptID: Int64, now: Instant, _ tx: Transaction) throws {
        try tx.execute(
            "UPDATE session_attempts SET waited_for = 'retrying', next_attempt_at = ?2 WHERE attempt_id = ?1",
            attemptID,
            now)
    }
}
