public import DunlinCalendar
public import DunlinDatabase

/// The proof that a claimed job is still ours: every change of a running job names its token.
public struct Lease: Sendable, Hashable {
    public let jobID: Int64
    /// Counted up by each claim, so that a worker that lost its lease cannot touch its successor's run.
    public let token: Int64
    /// When another worker may take the job; nothing is sent after it.
    public let until: Instant

    public init(jobID: Int64, token: Int64, until: Instant) {
        self.jobID = jobID
        self.token = token
        self.until = until
    }
}

/// A job that was claimed, with its lease.
public struct Job: Sendable, Equatable {
    public let id: Int64
    public let queue: String
    public let kind: String
    public let arguments: String
    public let uniqueKey: String?
    public let concurrencyKey: String?
    public let priority: JobPriority
    /// When it was due.
    public let runAt: Instant
    /// Which run this is, counted from 1; snoozed runs are not counted.
    public let runCount: Int
    public let runsMax: Int
    public let neverDies: Bool
    public let lease: Lease

    /// True when a retry of this run would make the job dead.
    public var isLastRun: Bool { !neverDies && runCount >= runsMax }
}

public enum JobState: String, Sendable, CaseIterable, ColumnValue {
    case ready, running, done, dead

    public var isFinal: Bool { self == .done || self == .dead }
}

/// A job as it stands in the table, for people who look at the queue.
public struct JobRecord: Sendable, Equatable {
    public let id: Int64
    public let queue: String
    public let kind: String
    public let arguments: String
    public let uniqueKey: String?
    public let concurrencyKey: String?
    public let priority: JobPriority
    public let state: JobState
    public let runAt: Instant
    public let runCount: Int
    public let runsMax: Int
    public let neverDies: Bool
    public let leaseUntil: Instant?
    public let leaseHolder: String?
    public let lastError: String?
    public let createdAt: Instant
    public let finishedAt: Instant?
}

extension Job {
    init(_ row: Row) throws {
        id = try row.get("id")
        queue = try row.get("queue")
        kind = try row.get("kind")
        arguments = try row.get("arguments")
        uniqueKey = try row.get("unique_key")
        concurrencyKey = try row.get("concurrency_key")
        priority = try row.get("priority")
        runAt = try row.get("run_at")
        runCount = try row.get("run_count")
        runsMax = try row.get("runs_max")
        neverDies = try row.get("never_dies")
        lease = Lease(jobID: id, token: try row.get("lease_token"), until: try row.get("lease_until"))
    }
}

extension JobRecord {
    init(_ row: Row) throws {
        id = try row.get("id")
        queue = try row.get("queue")
        kind = try row.get("kind")
        arguments = try row.get("arguments")
        uniqueKey = try row.get("unique_key")
        concurrencyKey = try row.get("concurrency_key")
        priority = try row.get("priority")
        state = try row.get("state")
        runAt = try row.get("run_at")
        runCount = try row.get("run_count")
        runsMax = try row.get("runs_max")
        neverDies = try row.get("never_dies")
        leaseUntil = try row.get("lease_until")
        leaseHolder = try row.get("lease_holder")
        lastError = try row.get("last_error")
        createdAt = try row.get("created_at")
        finishedAt = try row.get("finished_at")
    }
}
