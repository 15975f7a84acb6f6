public import DunlinCalendar

/// A job to be added to the queue.
public struct NewJob: Sendable, Equatable {
    /// What becomes of an addition whose unique key belongs to a job that is running.
    public enum WhileRunning: Sendable {
        /// Nothing: the run at work does what is wanted.
        case leave
        /// The job runs once more after this run, because the run may have looked before the change.
        case runAgain
    }

    /// The gateway's name, or `default`.
    public var queue: String
    public var kind: String
    /// JSON; ids only, never personal data or amounts, which the run reads afresh.
    public var arguments: String
    /// At most one job that is ready or running has this key; nil for no such limit.
    public var uniqueKey: String?
    /// At most one job that is running has this key; nil for no such limit.
    public var concurrencyKey: String?
    /// Of the due jobs with one concurrency key and priority the earliest by this goes first, such as the oldest debt.
    public var orderAt: Instant
    public var priority: JobPriority
    public var runAt: Instant
    /// How often it may run before it is dead, crashes included; without meaning when it never dies.
    public var runsMax: Int
    /// True for work that may not be given up, such as settling an attempt in flight.
    public var neverDies: Bool
    public var whileRunning: WhileRunning

    public init(
        queue: String = "default", kind: String, arguments: String = "{}", uniqueKey: String? = nil,
        concurrencyKey: String? = nil, orderAt: Instant = Instant(milliseconds: 0), priority: JobPriority,
        runAt: Instant, runsMax: Int = 10,
        neverDies: Bool = false, whileRunning: WhileRunning = .leave
    ) {
        self.queue = queue
        self.kind = kind
        self.arguments = arguments
        self.uniqueKey = uniqueKey
        self.concurrencyKey = concurrencyKey
        self.orderAt = orderAt
        self.priority = priority
        self.runAt = runAt
        self.runsMax = runsMax
        self.neverDies = neverDies
        self.whileRunning = whileRunning
    }
}

/// What an addition came to.
public enum Enqueued: Sendable, Equatable {
    case added(Int64)
    /// A job with the same unique key is ready at that time or earlier, or is running.
    case alreadyThere(Int64)
    /// The job with the same unique key was waiting for a later time and now waits for this one.
    case movedForward(Int64)

    public var jobID: Int64 {
        switch self {
        case .added(let id), .alreadyThere(let id), .movedForward(let id): id
        }
    }
}
