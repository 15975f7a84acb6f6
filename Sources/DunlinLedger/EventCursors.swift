public import DunlinCalendar
public import DunlinDatabase

/// How far the events of a gateway were listed.
public struct EventCursor: Hashable, Sendable {
    public var gateway: String
    /// By the gateway's clock: every event that was made before this was listed once.
    public var readThrough: Instant
    public var listedAt: Instant
    /// Events since the first listing that no webhook had brought.
    public var missed: Int64

    init(_ row: Row) throws {
        gateway = try row.get("gateway")
        readThrough = try row.get("read_through")
        listedAt = try row.get("listed_at")
        missed = try row.get("missed")
    }
}

/// The table `event_cursors`.
public enum EventCursors {
    public static func find(_ gateway: String, _ tx: Transaction) throws -> EventCursor? {
        try tx.row("SELECT * FROM event_cursors WHERE gateway = ?1", gateway, read: EventCursor.init)
    }

    /// The list was read to its end. A cursor never goes back: another process may have read farther.
    public static func note(
        _ gateway: String, readThrough: Instant, missed: Int, now: Instant, _ tx: Transaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO event_cursors (gateway, read_through, listed_at, missed) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (gateway) DO UPDATE SET listed_at = excluded.listed_at,
                missed = event_cursors.missed + excluded.missed,
                read_through = CASE WHEN event_cursors.read_through > excluded.read_through
                    THEN event_cursors.read_through ELSE excluded.read_through END
            """, gateway, readThrough, now, missed)
    }
}
