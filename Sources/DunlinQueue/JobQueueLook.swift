public import DunlinCalendar
public import DunlinDatabase

/// Which jobs a person wants to see; nil fields let all through.
public struct JobFilter: Sendable, Equatable {
    public var state: JobState?
    public var queue: String?
    public var kind: String?
    public var uniqueKey: String?

    public init(
        state: JobState? = nil, queue: String? = nil, kind: String? = nil, uniqueKey: String? = nil
    ) {
        self.state = state
        self.queue = queue
        self.kind = kind
        self.uniqueKey = uniqueKey
    }

    /// The conditions, numbered from `?1`, and their arguments.
    var conditions: (sql: [String], arguments: [(any ColumnValue)?]) {
        let wanted: [(String, (any ColumnValue)?)] = [
            ("state", state), ("queue", queue), ("kind", kind), ("unique_key", uniqueKey),
        ]
        let given = wanted.filter { $0.1 != nil }
        return (given.enumerated().map { "\($0.element.0) = ?\($0.offset + 1)" }, given.map(\.1))
    }
}

extension JobQueue {
    /// How many jobs of a queue are in a state.
    public struct Count: Sendable, Equatable {
        public let queue: String
        public let kind: String
        public let state: JobState
        public let count: Int
    }

    /// The earliest time, after `instant` if one is given, at which a ready job of `queue`, or of any queue when nil, is due;
    /// nil when there is none.
    public static func nextRunAt(
        queue: String? = nil, after instant: Instant? = nil, _ tx: Transaction
    ) throws -> Instant? {
        var earliest: Instant?
        for name in try queue.map({ [$0] }) ?? queuesWithReadyJobs(tx) {
            for priority in JobPriority.allCases {
                let next: Instant? = try tx.value(
                    """
                    SELECT min(run_at) FROM jobs WHERE queue = ?1 AND priority = ?2 AND state = 'ready' AND run_at > ?3
                    """, name, priority, instant?.milliseconds ?? .min)
                if let next, next < earliest ?? next.adding(milliseconds: 1) { earliest = next }
            }
        }
        return earliest
    }

    /// The queues in which jobs are ready, due or not, in the order of their names.
    public static func queuesWithReadyJobs(_ tx: Transaction) throws -> [String] {
        var names: [String] = []
        // One look-up per queue: a DISTINCT would read every ready row.
        while let next: String = try tx.value(
            "SELECT min(queue) FROM jobs WHERE state = 'ready' AND queue > ?1", names.last ?? "")
        {
            names.append(next)
        }
        return names
    }

    /// The jobs per queue, kind and state.
    public static func counts(_ tx: Transaction) throws -> [Count] {
        try tx.rows(
            """
            SELECT queue, kind, state, count(*) AS count FROM jobs
            GROUP BY queue, kind, state ORDER BY queue, kind, state
            """
        ) { row in
            Count(
                queue: try row.get("queue"), kind: try row.get("kind"), state: try row.get("state"),
                count: try row.get("count"))
        }
    }

    /// How many jobs have died since `instant`.
    public static func deadCount(since instant: Instant, _ tx: Transaction) throws -> Int {
        try tx.value("SELECT count(*) FROM jobs WHERE state = 'dead' AND finished_at >= ?1", instant) ?? 0
    }

    /// One page of the jobs that fit the filter, by id.
    ///
    /// - Parameter afterID: the last id of the page before; 0 for the first page.
    public static func list(
        _ filter: JobFilter = JobFilter(), afterID: Int64 = 0, limit: Int, _ tx: Transaction
    ) throws -> [JobRecord] {
        let (conditions, arguments) = filter.conditions
        let all = conditions + ["id > ?\(arguments.count + 1)"]
        return try tx.rows(
            "\(recordColumns) WHERE \(all.joined(separator: " AND ")) ORDER BY id LIMIT ?\(arguments.count + 2)",
            arguments: arguments + [afterID, limit], read: JobRecord.init)
    }

    /// One job, or nil when there is none with this id.
    public static func show(_ id: Int64, _ tx: Transaction) throws -> JobRecord? {
        try tx.row("\(recordColumns) WHERE id = ?1", id, read: JobRecord.init)
    }

    private static let recordColumns = """
        SELECT id, queue, kind, arguments, unique_key, concurrency_key, priority, state, run_at, run_count, runs_max,
            never_dies, lease_until, lease_holder, last_error, created_at, finished_at
        FROM jobs
        """
}
