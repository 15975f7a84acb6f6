/// What one run of the simulator is made of. The same options give the same run, event by event.
public struct SimulatorOptions: Sendable {
    public var seed: UInt64
    public var subscriptions = 50
    /// Days with faults; some days of rest follow, after which nothing may be left undone.
    public var days: Int64 = 120
    public var profile = FaultProfile.swarm
    /// Kinds that are left out, whatever the seed switched on.
    public var without: Set<FaultKind> = []
    /// The run is cut off after so many steps, and judged there; nil for a whole run.
    public var stepsMax: Int?
    /// After `stepsMax` steps the faults end and the run goes on to its rest, instead of being cut off.
    public var restsAfterStepsMax = false
    /// Keeps every line of the event log instead of the last ones.
    public var keepsWholeLog = false
    /// An empty folder for the data file, best in memory.
    public var folder: String

    public init(seed: UInt64, folder: String) {
        self.seed = seed
        self.folder = folder
    }
}

/// A promise that was broken in a run.
public struct SimulatorViolation: Hashable, Sendable, Encodable {
    /// Which judge saw it: `wire` (each request), `pages` (each answer to a link), `settled` (each change of what had
    /// ended), `audit` (the gateway's own count), `prove` (the ledger), `compare` (both), `rest` (what may not be left at
    /// the end).
    public var judge: String
    public var rule: String
    public var text: String
    /// How many steps had been taken.
    public var step: Int
    public var at: String
}

/// What a run covered.
public struct SimulatorCoverage: Hashable, Sendable, Encodable {
    public var steps = 0
    public var passes = 0
    public var requests = 0
    public var invoices = 0
    public var attempts = 0
    public var successes = 0
    public var declines = 0
    public var events = 0
    /// How often each kind of fault struck.
    public var faults: [String: Int] = [:]
    /// What customers did through links, and operators by hand, by name.
    public var deeds: [String: Int] = [:]
    /// How far the simulated time went, times the subscriptions.
    public var subscriptionDays: Int64 = 0

    public init() {}

    public mutating func add(_ other: SimulatorCoverage) {
        steps += other.steps
        passes += other.passes
        requests += other.requests
        invoices += other.invoices
        attempts += other.attempts
        successes += other.successes
        declines += other.declines
        events += other.events
        subscriptionDays += other.subscriptionDays
        faults.merge(other.faults, uniquingKeysWith: +)
        deeds.merge(other.deeds, uniquingKeysWith: +)
    }
}

/// What came of one run.
public struct SimulatorResult: Sendable {
    public var seed: UInt64
    public var kinds: Set<FaultKind>
    /// The sending modes and sizes that the seed drew, in words.
    public var setting: String
    public var violation: SimulatorViolation?
    public var coverage: SimulatorCoverage
    /// Of the event log: the same seed gives the same.
    public var hash: String
    public var log: [String]
}
