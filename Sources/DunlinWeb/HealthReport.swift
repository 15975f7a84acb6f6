import DunlinCalendar
import DunlinCore
import DunlinLedger

/// What `GET /health` says: whether somebody has to look, and why.
public struct HealthReport: Hashable, Sendable, Encodable {
    /// One thing that is wrong.
    public struct Reason: Hashable, Sendable, Encodable {
        public enum Code: String, Hashable, Sendable, Encodable {
            /// The data file cannot be read.
            case databaseFailed = "database_failed"
            /// Dunlin stopped charging at a gateway by itself. A stop by a person is no reason: it was meant.
            case chargingStopped = "charging_stopped"
            /// A gateway does not answer.
            case circuitOpen = "circuit_open"
            /// Nobody knows for more than an hour whether an attempt moved money (money.md, promise P4).
            case unknownTooLong = "unknown_too_long"
            case deadJobs = "dead_jobs"
            case parked
            /// Notices that nobody took.
            case failedNotices = "failed_notices"
            /// Something that the self-check found.
            case selfCheck = "self_check"
            /// The worker of this process gave no sign of life for too long.
            case workerSilent = "worker_silent"
        }

        public let code: Code
        /// The gateway it is about; nil for what concerns all.
        public let gateway: String?
        /// What it is and where to look.
        public let text: String

        init(_ code: Code, gateway: String? = nil, _ text: String) {
            self.code = code
            self.gateway = gateway
            self.text = text
        }
    }

    /// True when there is no reason.
    public let ok: Bool
    public let now: String
    public let reasons: [Reason]
    /// Per gateway: `on`, `stopped` or `circuit_open`. Nil where the data file cannot be read, as with every count.
    public let charging: [String: String]?
    public let unknown: Int?
    public let oldestUnknownSeconds: Int64?
    public let deadJobs: Int?
    public let parked: Int?
    public let failedNotices: Int?
    /// Since a webhook was last believed; nil before the first.
    public let lastWebhookSeconds: Int64?
    public let unappliedEvents: Int?
    /// Webhooks that were not signed by any of our secrets.
    public let wrongSignatures: Int64?
    /// PaymentIntents at the gateways that no debt of this database knows.
    public let foreignIntents: Int?
    /// Since the last pass of this process ended; nil before the first.
    public let lastPassSeconds: Int64?

    /// - Parameter facts: nil where the data file could not be read.
    init(now: Instant, facts: HealthFacts?, progress: WorkerProgress.Signs) {
        reasons = (facts.map(Self.reasons) ?? [Self.unreadable]) + Self.reasons(progress, now: now)
        ok = reasons.isEmpty
        self.now = now.rfc3339Seconds
        charging = facts.map { Dictionary($0.gateways.map { ($0.name, $0.charging.rawValue) }) { $1 } }
        unknown = facts?.unknown
        oldestUnknownSeconds = facts?.oldestUnknownSeconds
        deadJobs = facts?.deadJobs
        parked = facts?.parked
        failedNotices = facts?.failedNotices
        lastWebhookSeconds = facts?.inbox.lastWebhookAt.map { max(now.milliseconds(since: $0) / 1000, 0) }
        unappliedEvents = facts?.inbox.unapplied
        wrongSignatures = facts?.inbox.wrongSignatures
        foreignIntents = facts?.inbox.foreignIntents
        lastPassSeconds = progress.lastPassEndedAt.map { max(now.milliseconds(since: $0) / 1000, 0) }
    }

    /// How long an attempt may be unknown before it is raised.
    static let unknownSecondsMax: Int64 = 3600
    /// Longer than any request and any wait for a permit may take.
    static let silentSecondsMax: Int64 = 900

    /// What the database said stays in the log: it may name paths and statements.
    private static let unreadable = Reason(
        .databaseFailed, "the data file cannot be read: see the log, then `dunlin check`")

    private static func reasons(_ facts: HealthFacts) -> [Reason] {
        var reasons = facts.gateways.compactMap(reason)
        if let oldest = facts.oldestUnknownSeconds, oldest > unknownSecondsMax {
            reasons.append(
                Reason(
                    .unknownTooLong,
                    "\(facts.unknown.counted("attempt")) unknown, the oldest for \(oldest) s: `dunlin attempts list --state unknown`"
                ))
        }
        if facts.deadJobs > 0 {
            reasons.append(Reason(.deadJobs, "\(facts.deadJobs.counted("dead job")): `dunlin jobs list --state dead`"))
        }
        if facts.parked > 0 {
            reasons.append(
                Reason(
                    .parked,
                    "\(facts.parked.counted("parked subscription")): `dunlin subscriptions list --state parked`"))
        }
        if facts.failedNotices > 0 {
            reasons.append(
                Reason(
                    .failedNotices,
                    "\(facts.failedNotices.counted("notice")) nobody took: `dunlin notices list --state failed`"))
        }
        // What is asked for above at this moment is not said twice.
        return reasons
            + facts.findings.filter { $0.code != .unknownTooLong }.map { Reason(.selfCheck, $0.text) }
    }

    /// Why a gateway was stopped is left to `dunlin status`: the text is free, and this page has no password.
    private static func reason(_ gateway: HealthFacts.Gateway) -> Reason? {
        let name = gateway.name
        switch gateway.charging {
        case .on: return nil
        case .stopped where !gateway.stoppedItself: return nil
        case .stopped: return Reason(.chargingStopped, gateway: name, "charging stopped by itself: `dunlin status`")
        case .circuitOpen: return Reason(.circuitOpen, gateway: name, "the gateway does not answer")
        }
    }

    private static func reasons(_ progress: WorkerProgress.Signs, now: Instant) -> [Reason] {
        let seconds = now.milliseconds(since: progress.lastSignAt) / 1000
        guard seconds > silentSecondsMax else { return [] }
        return [Reason(.workerSilent, "the worker gave no sign of life for \(seconds) s: see the log")]
    }
}
