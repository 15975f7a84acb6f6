public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// The table `events`: each event of a gateway once, however often it is delivered.
public enum Events {
    /// Stores an event, or counts one more delivery of an event that is there already.
    ///
    /// - Parameters:
    ///   - subject: what is to be read again because of it.
    ///   - state: of a new event; one that is there keeps its own.
    /// - Returns: the state that is stored.
    public static func store(
        _ new: NewEvent, subject: EventSubject, state: StoredEvent.State, reason: String? = nil, now: Instant,
        _ tx: Transaction
    ) throws -> StoredEvent.State {
        let event = new.event
        let added = try tx.execute(
            """
            INSERT INTO events (gateway, event_id, type, subject, object_type, object_id, intent_id, customer_id,
                reference, subscription_id, period_start, database_id, mode, account, api_version, source, is_stale,
                signed_at, headers, body_hash, created_at, received_at, last_received_at, state, reason, applied_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
                ?22, ?23, ?24, CASE WHEN ?23 = 'applied' THEN ?22 ELSE NULL END)
            ON CONFLICT (gateway, event_id) DO NOTHING
            """, new.gateway, event.id, event.type, subject.key, event.objectType, event.objectID, event.intentID,
            event.customerID, event.metadata.reference, event.metadata.subscriptionID, event.metadata.period,
            event.metadata.databaseID, event.isLive.map { $0 ? GatewayMode.live : .test }, event.account,
            event.apiVersion, new.source, new.isStale, new.signedAt, new.headers, new.bodyHash, event.createdAt, now,
            state, reason)
        return try added == 1 ? state : countDelivery(of: event.id, gateway: new.gateway, now: now, tx)
    }

    private static func countDelivery(
        of id: String, gateway: String, now: Instant, _ tx: Transaction
    ) throws -> StoredEvent.State {
        let stored: StoredEvent.State? = try tx.value(
            """
            UPDATE events SET deliveries = deliveries + 1, last_received_at = ?3
            WHERE gateway = ?1 AND event_id = ?2 RETURNING state
            """, gateway, id, now)
        guard let stored else { throw LedgerError(.missingRow, "event \(id) was not stored") }
        return stored
    }

    public static func find(gateway: String, id: String, _ tx: Transaction) throws -> StoredEvent? {
        try tx.row(
            "SELECT * FROM events WHERE gateway = ?1 AND event_id = ?2", gateway, id, read: StoredEvent.init)
    }

    /// Events of this id at every gateway: ids are unique per gateway only.
    public static func find(id: String, _ tx: Transaction) throws -> [StoredEvent] {
        try tx.rows("SELECT * FROM events WHERE event_id = ?1 ORDER BY gateway", id, read: StoredEvent.init)
    }

    /// What still has to be applied of one subject, oldest first.
    public static func unapplied(gateway: String, subject: EventSubject, _ tx: Transaction) throws -> [StoredEvent] {
        guard let key = subject.key else { return [] }
        return try tx.rows(
            """
            SELECT * FROM events WHERE gateway = ?1 AND subject = ?2 AND state IN ('received', 'failed')
            ORDER BY received_at, event_id
            """, gateway, key, read: StoredEvent.init)
    }

    /// The oldest events that still have to be applied.
    public static func unapplied(limit: Int, _ tx: Transaction) throws -> [StoredEvent] {
        try tx.rows(
            """
            SELECT * FROM events WHERE state IN ('received', 'failed') ORDER BY received_at, gateway, event_id LIMIT ?1
            """, limit, read: StoredEvent.init)
    }

    /// The object was read again, and what it said is stored. Events that ended before keep their end.
    public static func noteApplied(
        _ ids: [String], gateway: String, reason: String? = nil, now: Instant, _ tx: Transaction
    ) throws {
        for id in ids {
            try tx.execute(
                """
                UPDATE events SET state = 'applied', reason = ?3, applied_at = ?4
                WHERE gateway = ?1 AND event_id = ?2 AND state IN ('received', 'failed')
                """, gateway, id, reason, now)
        }
    }

    /// - Parameter isForeign: it is about an object that no debt of this database knows.
    public static func noteIgnored(
        _ ids: [String], gateway: String, reason: String, isForeign: Bool, now: Instant, _ tx: Transaction
    ) throws {
        for id in ids {
            try tx.execute(
                """
                UPDATE events SET state = 'ignored', reason = ?3, is_foreign = ?4, applied_at = ?5
                WHERE gateway = ?1 AND event_id = ?2 AND state IN ('received', 'failed')
                """, gateway, id, reason, isForeign, now)
        }
    }

    /// Reading the object failed again and again.
    public static func noteFailed(_ ids: [String], gateway: String, reason: String, _ tx: Transaction) throws {
        for id in ids {
            try tx.execute(
                """
                UPDATE events SET state = 'failed', reason = ?3
                WHERE gateway = ?1 AND event_id = ?2 AND state IN ('received', 'failed')
                """, gateway, id, reason)
        }
    }

    /// The event is applied once more, whatever became of it.
    public static func reopen(gateway: String, id: String, _ tx: Transaction) throws {
        try tx.execute(
            """
            UPDATE events SET state = 'received', reason = NULL, applied_at = NULL, is_foreign = 0
            WHERE gateway = ?1 AND event_id = ?2 AND subject IS NOT NULL
            """, gateway, id)
    }
}

/// What the inbox looks like from outside, for `status` and `/health`.
public struct InboxCounts: Hashable, Sendable {
    /// When a webhook was last believed.
    public var lastWebhookAt: Instant?
    public var unapplied = 0
    public var oldestUnappliedAt: Instant?
    public var failed = 0
    public var wrongSignatures: Int64 = 0
    public var lastWrongSignatureAt: Instant?
    /// PaymentIntents that no debt of this database knows.
    public var foreignIntents = 0

    public init() {}

    public static func read(_ tx: Transaction) throws -> InboxCounts {
        var counts = InboxCounts()
        counts.lastWebhookAt = try tx.value("SELECT MAX(last_received_at) FROM events WHERE source = 'webhook'")
        let open = try tx.row(
            """
            SELECT COUNT(*) AS count, MIN(received_at) AS oldest,
                COALESCE(SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END), 0) AS failed
            FROM events WHERE state IN ('received', 'failed')
            """
        ) { row in
            (
                count: try row.get("count", as: Int.self), oldest: try row.get("oldest", as: Instant?.self),
                failed: try row.get("failed", as: Int.self)
            )
        }
        counts.unapplied = open?.count ?? 0
        counts.oldestUnappliedAt = open?.oldest
        counts.failed = open?.failed ?? 0
        counts.wrongSignatures = try tx.value("SELECT COALESCE(SUM(wrong_signatures), 0) FROM refused_deliveries") ?? 0
        counts.lastWrongSignatureAt = try tx.value("SELECT MAX(last_at) FROM refused_deliveries")
        counts.foreignIntents =
            try tx.value(
                """
                SELECT COUNT(*) FROM (SELECT DISTINCT gateway, subject FROM events
                    WHERE is_foreign = 1 AND object_type = 'payment_intent')
                """) ?? 0
        return counts
    }
}

/// The table `refused_deliveries`.
public enum RefusedDeliveries {
    public static func add(_ count: Int64, gateway: String, now: Instant, _ tx: Transaction) throws {
        try tx.execute(
            """
            INSERT INTO refused_deliveries (gateway, wrong_signatures, last_at) VALUES (?1, ?2, ?3)
            ON CONFLICT (gateway) DO UPDATE SET wrong_signatures = wrong_signatures + excluded.wrong_signatures,
                last_at = excluded.last_at
            """, gateway, count, now)
    }
}
