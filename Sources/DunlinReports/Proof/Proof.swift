public import DunlinCalendar

/// What the ledger shows about the promises.
public struct Proof: Hashable, Sendable, Encodable {
    /// True when no promise is broken.
    public var ok: Bool
    public var promises: [PromiseProof]
    /// Attempts of which nobody knows yet whether they moved money.
    public var unknown: Int64
    /// The age of the oldest of them; nil without one.
    public var oldestUnknownSeconds: Int64?
    /// Jobs that are due and that nobody works on.
    public var overdueJobs: Int64
    /// For how long the oldest of them has been due; nil without one.
    public var oldestOverdueJobSeconds: Int64?
    /// With which gateways the ledger was compared (P8).
    public var compared: [ProofComparison]

    private enum CodingKeys: String, CodingKey {
        case ok, promises, unknown, compared
        case oldestUnknownSeconds = "oldest_unknown_seconds"
        case overdueJobs = "overdue_jobs"
        case oldestOverdueJobSeconds = "oldest_overdue_job_seconds"
    }

    /// The key is there also when there is nothing to tell.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(ok, forKey: .ok)
        try container.encode(promises, forKey: .promises)
        try container.encode(unknown, forKey: .unknown)
        try container.encode(oldestUnknownSeconds, forKey: .oldestUnknownSeconds)
        try container.encode(overdueJobs, forKey: .overdueJobs)
        try container.encode(oldestOverdueJobSeconds, forKey: .oldestOverdueJobSeconds)
        try container.encode(compared, forKey: .compared)
    }
}

/// What the ledger shows about one promise.
public struct PromiseProof: Hashable, Sendable, Encodable {
    public var id: PromiseID
    public var text: String
    /// How many facts were looked at; 0 where the database cannot show the promise.
    public var checked: Int64
    /// How many violations there are; `violations` holds the first ones of each rule.
    public var violationCount: Int64
    public var violations: [Violation]
    /// Tests that prove the promise where the database cannot.
    public var provenBy: [String]

    private enum CodingKeys: String, CodingKey {
        case id, text, checked, violations
        case violationCount = "violation_count"
        case provenBy = "proven_by"
    }
}

/// One fact that breaks a promise, with the ids to look it up by.
public struct Violation: Hashable, Sendable, Encodable {
    /// Which rule, as a word for scripts.
    public var rule: String
    /// One sentence for a person, ids included.
    public var text: String
    /// By name, such as `subscription_id`.
    public var ids: [String: String]
}

/// What a proof is made against.
public struct ProofOptions: Hashable, Sendable {
    public var now: Instant
    /// Up to when every boundary must have a record; nil takes the newest pass of each gateway.
    public var plannedThrough: Instant?
    /// A boundary that came so shortly before the newest pass may still be waiting for the next one, because a pass
    /// also moves that instant while it charges. 15 minutes is what counts as on time (docs/proof.md, rule 9).
    public var planningGraceSeconds: Int64
    /// Violations kept per rule; the rest are counted.
    public var violationsMax: Int
    /// Invoices that were opened before this day are left out, where they are not open any more; nil for none.
    public var since: LocalDate?
    /// The moment at which that day begins.
    public var sinceAt: Instant?

    public init(
        now: Instant, plannedThrough: Instant? = nil, planningGraceSeconds: Int64 = 900, violationsMax: Int = 100,
        since: LocalDate? = nil, sinceAt: Instant? = nil
    ) {
        self.since = since
        self.sinceAt = sinceAt
        self.now = now
        self.plannedThrough = plannedThrough
        self.planningGraceSeconds = planningGraceSeconds
        self.violationsMax = violationsMax
    }
}
