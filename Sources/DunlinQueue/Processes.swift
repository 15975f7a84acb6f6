public import DunlinCalendar
public import DunlinDatabase

/// The processes that work on this database, for people who look; leases do not depend on these rows.
public enum Processes {
    public struct Record: Sendable, Equatable {
        public let identity: ProcessIdentity
        /// What it runs as, such as `run` or `serve`.
        public let role: String
        public let version: String
        public let startedAt: Instant
        public let seenAt: Instant
    }

    /// Notes that a process has begun, or is still there.
    public static func see(
        _ identity: ProcessIdentity, role: String, version: String, now: Instant, _ tx: Transaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO processes (holder, role, version, started_at, seen_at) VALUES (?1, ?2, ?3, ?4, ?4)
            ON CONFLICT (holder) DO UPDATE SET seen_at = excluded.seen_at
            """, identity.text, role, version, now)
    }

    /// Notes that a process has ended in order.
    public static func leave(_ identity: ProcessIdentity, _ tx: Transaction) throws {
        try tx.execute("DELETE FROM processes WHERE holder = ?1", identity.text)
    }

    /// All processes that were noted, the newest sighting first.
    public static func list(_ tx: Transaction) throws -> [Record] {
        let records: [Record?] = try tx.rows(
            "SELECT holder, role, version, started_at, seen_at FROM processes ORDER BY seen_at DESC, holder"
        ) { row in
            guard let identity = ProcessIdentity(text: try row.get("holder")) else { return nil }
            return Record(
                identity: identity, role: try row.get("role"), version: try row.get("version"),
                startedAt: try row.get("started_at"), seenAt: try row.get("seen_at"))
        }
        return records.compactMap { $0 }
    }

    /// Forgets processes that were last seen before `instant`.
    @discardableResult
    public static func prune(seenBefore instant: Instant, _ tx: Transaction) throws -> Int {
        try tx.execute("DELETE FROM processes WHERE seen_at < ?1", instant)
    }
}
