public import DunlinCalendar
public import DunlinDatabase

extension JobQueue {
    /// What a rescue came to.
    public struct Rescued: Sendable, Equatable {
        /// Jobs that are ready again.
        public var readied = 0
        /// Jobs whose runs were used up by the crash.
        public var died = 0

        public var count: Int { readied + died }
    }

    /// Running jobs that other processes hold.
    public struct ForeignLeases: Sendable, Equatable {
        public let count: Int
        /// When the first and the last of their leases end; nil when there are none.
        public let firstEnd: Instant?
        public let lastEnd: Instant?
    }

    /// How the last error of a job begins whose worker went away.
    static let cutOff = "the worker did not come to an end"

    /// Takes back the jobs of workers that are gone: those whose lease has run out, and at once those whose process
    /// is known to be dead.
    ///
    /// The run that was cut off counts, so that a job which kills its worker cannot do so for ever. Such runs are forgotten
    /// once one comes to an end in `snooze`.
    @discardableResult
    public static func rescue(
        now: Instant, holderIsDead: (ProcessIdentity) -> Bool, _ tx: Transaction
    ) throws -> Rescued {
        var rescued = Rescued()
        try takeBack("lease_until <= ?1", now, now: now, "its lease ran out", &rescued, tx)
        let holders = try tx.rows("SELECT DISTINCT lease_holder FROM jobs WHERE state = 'running'") { row in
            try row.get(0, as: String.self)
        }
        for holder in holders {
            guard let identity = ProcessIdentity(text: holder), holderIsDead(identity) else { continue }
            try takeBack("lease_holder = ?1", holder, now: now, "its process ended", &rescued, tx)
        }
        return rescued
    }

    /// The running jobs whose holder is not `holder`, leases that have run out left aside.
    public static func leasesOfOthers(
        than holder: ProcessIdentity, queue: String? = nil, now: Instant, _ tx: Transaction
    ) throws -> ForeignLeases {
        let found = try tx.row(
            """
            SELECT count(*) AS count, min(lease_until) AS first_end, max(lease_until) AS last_end FROM jobs
            WHERE state = 'running' AND lease_holder <> ?1 AND lease_until > ?2 AND (?3 IS NULL OR queue = ?3)
            """, holder.text, now, queue
        ) { row in
            ForeignLeases(
                count: try row.get("count"), firstEnd: try row.get("first_end"), lastEnd: try row.get("last_end"))
        }
        return found ?? ForeignLeases(count: 0, firstEnd: nil, lastEnd: nil)
    }

    private static func takeBack(
        _ condition: String, _ argument: any ColumnValue, now: Instant, _ reason: String, _ rescued: inout Rescued,
        _ tx: Transaction
    ) throws {
        let states: [JobState] = try tx.rows(
            """
            UPDATE jobs
            SET state = CASE WHEN never_dies = 0 AND run_count >= runs_max THEN 'dead' ELSE 'ready' END,
                finished_at = CASE WHEN never_dies = 0 AND run_count >= runs_max THEN ?2 END,
                last_error = ?3, again_at = NULL, lease_until = NULL, lease_holder = NULL
            WHERE state = 'running' AND \(condition)
            RETURNING state
            """, argument, now, "\(cutOff): \(reason)"
        ) { try $0.get("state") }
        rescued.died += states.count { $0 == .dead }
        rescued.readied += states.count { $0 == .ready }
    }
}
