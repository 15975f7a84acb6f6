public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

extension SelfFinding.Code: ColumnValue {}

/// The table `findings`: what the self-check finds wrong now. What is well again is gone.
public enum Findings {
    public struct Record: Hashable, Sendable {
        public var finding: SelfFinding
        public var firstSeenAt: Instant
        public var raisedAt: Instant?
    }

    /// What a check came to.
    public struct Difference: Hashable, Sendable {
        public var raised: [SelfFinding] = []
        public var cleared: [SelfFinding] = []

        public init() {}
    }

    private static let checkedKey = "self_check_at"

    /// Stores what was found in place of what was found before.
    ///
    /// - Parameter believedAfterSeconds: what was not there before is raised when it is still there after this time; 0
    ///   raises it at once.
    public static func store(
        _ found: [SelfFinding], believedAfterSeconds: Int64, now: Instant, _ tx: Transaction
    ) throws -> Difference {
        let known = try all(tx)
        var difference = Difference()
        for finding in found {
            let old = known.first { $0.finding.code == finding.code && $0.finding.subject == finding.subject }
            let isBelieved = now >= (old?.firstSeenAt ?? now).adding(seconds: believedAfterSeconds)
            if old?.raisedAt == nil, isBelieved { difference.raised.append(finding) }
            try tx.execute(
                """
                INSERT INTO findings (code, subject, text, first_seen_at, last_seen_at, raised_at)
                VALUES (?1, ?2, ?3, ?4, ?4, ?5)
                ON CONFLICT (code, subject) DO UPDATE SET text = excluded.text, last_seen_at = excluded.last_seen_at,
                    raised_at = COALESCE(findings.raised_at, excluded.raised_at)
                """, finding.code, finding.subject, finding.text, now, isBelieved ? now : nil)
        }
        for old in known
        where !found.contains(where: { $0.code == old.finding.code && $0.subject == old.finding.subject }) {
            try tx.execute(
                "DELETE FROM findings WHERE code = ?1 AND subject = ?2", old.finding.code, old.finding.subject)
            if old.raisedAt != nil { difference.cleared.append(old.finding) }
        }
        try tx.setMeta(checkedKey, "\(now.milliseconds)")
        return difference
    }

    /// What is raised now, the oldest first.
    public static func raised(_ tx: Transaction) throws -> [Record] { try all(tx).filter { $0.raisedAt != nil } }

    /// When the last check was; nil before the first.
    public static func checkedAt(_ tx: Transaction) throws -> Instant? {
        try tx.meta(checkedKey).flatMap { Int64($0) }.map { Instant(milliseconds: $0) }
    }

    private static func all(_ tx: Transaction) throws -> [Record] {
        try tx.rows(
            "SELECT code, subject, text, first_seen_at, raised_at FROM findings ORDER BY first_seen_at, code, subject"
        ) { row in
            Record(
                finding: SelfFinding(
                    try row.get("code"), subject: try row.get("subject"), text: try row.get("text")),
                firstSeenAt: try row.get("first_seen_at"), raisedAt: try row.get("raised_at"))
        }
    }
}
