public import DunlinDatabase

/// How many things are unsettled or wait for a person, over the whole ledger.
public struct LedgerCounts: Hashable, Sendable {
    public var processing = 0
    public var unknown = 0
    /// Periods that wait for a decision.
    public var waiting = 0
    public var parked = 0
    /// Counted by the queue.
    public var deadJobs = 0
    /// Gateways at which charging is stopped, with the reason.
    public var stopped: [String: String] = [:]
    /// True when one of them was stopped by Dunlin itself.
    public var hasStoppedItself = false
    /// Gateways that do not answer.
    public var circuitsOpen: [String] = []
    /// Invoices that are held for a person. Those that rest with a paused subscription go on by themselves.
    public var onHold = 0
    /// Notices that were sent as often as they may and never taken.
    public var failedNotices = 0

    public static func read(_ tx: Transaction) throws -> LedgerCounts {
        var counts = LedgerCounts()
        counts.processing = try tx.value("SELECT COUNT(*) FROM attempts WHERE state = 'processing'") ?? 0
        counts.unknown = try tx.value("SELECT COUNT(*) FROM attempts WHERE state IN ('sending', 'unknown')") ?? 0
        counts.onHold =
            try tx.value(
                "SELECT COUNT(*) FROM invoices WHERE state = 'open' AND waits_for = 'on_hold' AND hold_reason <> ?1",
                Invoice.pausedHold) ?? 0
        counts.failedNotices = Int(try Notices.failedCount(tx))
        counts.waiting = try Decisions.waiting(tx)
        counts.parked = try tx.value("SELECT COUNT(*) FROM billing_state WHERE state = 'parked'") ?? 0
        let states = try GatewayStates.all(tx)
        counts.circuitsOpen = states.filter { $0.circuitOpenedAt != nil }.map(\.gateway)
        for state in states where state.isStopped {
            counts.stopped[state.gateway] = state.stopReason
            if state.stoppedBy == Activity.dunlin { counts.hasStoppedItself = true }
        }
        return counts
    }
}
