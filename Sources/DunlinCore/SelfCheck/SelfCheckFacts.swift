public import DunlinCalendar

/// What the self-check looks at.
public struct SelfCheckFacts: Hashable, Sendable {
    /// Things of one sort that have waited for too long.
    public struct Waiting: Hashable, Sendable {
        /// The gateway or queue.
        public var place: String
        /// The kind of job; empty for what is no job.
        public var kind: String
        public var count: Int64
        public var oldestAt: Instant

        public init(place: String, kind: String = "", count: Int64, oldestAt: Instant) {
            self.place = place
            self.kind = kind
            self.count = count
            self.oldestAt = oldestAt
        }
    }

    public struct Gateway: Hashable, Sendable {
        public var name: String
        public var isStopped: Bool
        /// It does not answer: what waits for it waits rightly, and is told as that.
        public var isSilent: Bool
        /// Milliseconds by which this machine's clock was ahead of the gateway's; nil before the first answer.
        public var clockSkewMilliseconds: Int64?

        public init(name: String, isStopped: Bool, isSilent: Bool, clockSkewMilliseconds: Int64?) {
            self.name = name
            self.isStopped = isStopped
            self.isSilent = isSilent
            self.clockSkewMilliseconds = clockSkewMilliseconds
        }
    }

    public var gateways: [Gateway] = []
    /// Each list holds only what is older than its limit.
    public var periods: [Waiting] = []
    public var jobs: [Waiting] = []
    public var leases: [Waiting] = []
    public var attempts: [Waiting] = []
    public var refunds: [Waiting] = []
    public var events: [Waiting] = []

    public init() {}
}
