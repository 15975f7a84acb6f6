import Synchronization

/// What one process did since it began counting: for the result of a pass and for its ceilings.
public final class Tally: Sendable {
    public struct Counts: Hashable, Sendable {
        public var attempted = 0
        public var succeeded = 0
        public var declined = 0
        public var needsCustomer = 0
        public var refused = 0
        /// Minor units sent, by currency code.
        public var sentMinor: [String: Int64] = [:]

        public init() {}
    }

    private let counts = Mutex(Counts())

    public init() {}

    public var current: Counts { counts.withLock { $0 } }

    func update(_ change: (inout Counts) -> Void) { counts.withLock { change(&$0) } }
}
