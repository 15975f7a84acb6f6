public import DunlinCalendar

/// Something that should not be.
public struct SelfFinding: Hashable, Sendable {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        case periodOverdue = "period_overdue"
        case jobOverdue = "job_overdue"
        case leaseOverrun = "lease_overrun"
        case unknownTooLong = "unknown_too_long"
        case eventNotApplied = "event_not_applied"
        case clockSkew = "clock_skew"
    }

    public var code: Code
    /// The gateway or queue it is about.
    public var subject: String
    /// What it is, since when, and where to look.
    public var text: String

    public init(_ code: Code, subject: String, text: String) {
        self.code = code
        self.subject = subject
        self.text = text
    }

    /// Everything that is wrong, one finding for each code and subject. Pure.
    ///
    /// - Parameter kindsWhileStopped: what is worked off at a gateway at which charging is stopped.
    public static func all(
        in facts: SelfCheckFacts, limits: SelfCheckLimits, kindsWhileStopped: Set<String>, now: Instant
    ) -> [SelfFinding] {
        let silent = Set(facts.gateways.filter(\.isSilent).map(\.name))
        let stopped = Set(facts.gateways.filter(\.isStopped).map(\.name))
        // What waits for a silent or stopped gateway is shown as that, not as forgotten.
        let periods = facts.periods.filter { !silent.contains($0.place) }
        let jobs = facts.jobs.filter { job in
            !silent.contains(job.place) && (!stopped.contains(job.place) || kindsWhileStopped.contains(job.kind))
        }
        let events = facts.events.filter { !silent.contains($0.place) }
        return waiting(
            .periodOverdue, periods, "period is due and not invoiced", "periods are due and not invoiced",
            "dunlin run --once", now)
            + waiting(
                .jobOverdue, jobs, "job is due and nobody runs it", "jobs are due and nobody runs them",
                "dunlin jobs list --state ready", now)
            + waiting(
                .leaseOverrun, facts.leases, "job runs on after its lease has ended",
                "jobs run on after their lease has ended", "dunlin jobs list --state running", now)
            + waiting(
                .unknownTooLong, facts.attempts + facts.refunds, "attempt or refund is unknown",
                "attempts and refunds are unknown", "dunlin attempts list --state unknown", now)
            + waiting(
                .eventNotApplied, events, "event is stored and not applied", "events are stored and not applied",
                "dunlin events list --state received", now)
            + facts.gateways.compactMap { skew($0, limits) }
    }

    private static func waiting(
        _ code: Code, _ found: [SelfCheckFacts.Waiting], _ one: String, _ many: String, _ look: String, _ now: Instant
    ) -> [SelfFinding] {
        Dictionary(grouping: found, by: \.place).sorted { $0.key < $1.key }.map { place, parts in
            let count = parts.reduce(0) { $0 + $1.count }
            let oldest = parts.map(\.oldestAt).min() ?? now
            let minutes = max(now.milliseconds(since: oldest), 0) / 60_000
            return SelfFinding(
                code, subject: place,
                text: "\(count.counted(one, many)) (\(place)), the oldest for \(minutes) min: \(look)")
        }
    }

    private static func skew(_ gateway: SelfCheckFacts.Gateway, _ limits: SelfCheckLimits) -> SelfFinding? {
        guard let skew = gateway.clockSkewMilliseconds, abs(skew) > limits.clockSkewSeconds * 1000 else { return nil }
        let direction = skew > 0 ? "ahead of" : "behind"
        return SelfFinding(
            .clockSkew, subject: gateway.name,
            text: "this machine's clock is \(abs(skew) / 1000) s \(direction) that of \(gateway.name): set the clock")
    }
}
