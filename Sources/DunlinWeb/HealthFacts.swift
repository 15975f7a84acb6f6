import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// What the data file knows about the health of billing, read in one snapshot and from indexes: a supervisor asks often.
struct HealthFacts: Hashable, Sendable {
    struct Gateway: Hashable, Sendable {
        enum Charging: String, Hashable, Sendable {
            case on, stopped
            case circuitOpen = "circuit_open"
        }

        var name: String
        var charging: Charging
        /// True when Dunlin did it, false when a person did.
        var stoppedItself = false
    }

    var gateways: [Gateway] = []
    /// Attempts of which nobody knows whether they moved money.
    var unknown = 0
    var oldestUnknownSeconds: Int64?
    var deadJobs = 0
    var parked = 0
    var inbox = InboxCounts()
    /// Notices that nobody took.
    var failedNotices = 0
    /// What the self-check has raised.
    var findings: [SelfFinding] = []
}

extension HealthFacts {
    /// - Throws: `DatabaseError`.
    init(now: Instant, _ tx: Transaction) throws {
        gateways = try GatewayStates.all(tx).map(Gateway.init)
        let counts = try LedgerCounts.read(tx)
        parked = counts.parked
        failedNotices = counts.failedNotices
        findings = try Findings.raised(tx).map(\.finding)
        deadJobs = try JobQueue.deadCount(since: Instant(milliseconds: 0), tx)
        inbox = try InboxCounts.read(tx)
        // As in `dunlin status`: an attempt whose send deadline passed without an answer is as unknown as one marked so.
        let found = try tx.row(
            """
            SELECT COUNT(*) AS count, MIN(written_at) AS oldest FROM attempts
            WHERE ended_at IS NULL AND (state = 'unknown' OR (state = 'sending' AND send_by < ?1))
            """, now
        ) { row in
            (count: try row.get("count", as: Int.self), oldest: try row.get("oldest", as: Instant?.self))
        }
        unknown = found?.count ?? 0
        oldestUnknownSeconds = found?.oldest.map { max(now.milliseconds(since: $0) / 1000, 0) }
    }
}

extension HealthFacts.Gateway {
    init(_ state: GatewayState) {
        name = state.gateway
        charging = state.isStopped ? .stopped : state.circuitOpenedAt != nil ? .circuitOpen : .on
        stoppedItself = state.isStopped && state.stoppedBy == Activity.dunlin
    }
}
