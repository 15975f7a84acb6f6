import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
public import DunlinQueue
import Logging

/// One pass: speak to the gateways that have work, plan what is due, work off what is ready.
///
/// `dunlin run --once` is one pass; the long-lived worker makes one after the other.
public struct Pass: Sendable {
    public struct Options: Sendable {
        public var concurrency = 50
        /// A pass ends when nothing becomes ready within this time.
        public var waitSeconds: Int64 = 120
        /// Leases of other hosts that end within this time are waited for.
        public var graceSeconds: Int64 = 0
        /// Nothing new is begun after this time; nil for no limit.
        public var timeMaxSeconds: Int64?
        /// False leaves what came due to a later pass: only what was planned already is worked off.
        public var plansDue = true
        /// The self-check is made at the end, and what it finds is raised at once.
        public var checksItself = false
        /// Asked before anything new is begun: true when the program is to stop.
        public var isStopping: @Sendable () -> Bool = { false }

        public init() {}
    }

    /// Of this pass; then the state at its end.
    public struct Result: Sendable {
        public var planned = BillDueSubscriptions.Summary()
        /// Ticks of the schedule that fired.
        public var ticks = 0
        /// Ticks that were missed and are not made up for, by line of the schedule.
        public var missedTicks: [String: Int] = [:]
        public var counts = Tally.Counts()
        public var processing = 0
        public var unknown = 0
        public var waiting = 0
        public var parked = 0
        public var deadJobs = 0
        public var elapsedMilliseconds: Int64 = 0
        /// Gateways that were left out, with why.
        public var refused: [String: FirstContact.Verdict] = [:]
        /// Gateways that are stopped at the end, with why.
        public var stopped: [String: String] = [:]
        /// True when Dunlin stopped one of them itself.
        public var hasStoppedItself = false
        /// Dead jobs, parked rows, held invoices, notices that nobody took and findings of the self-check that were not there when the pass began.
        public var newForPeople = 0
    }

    let billing: Billing
    let holder: ProcessIdentity
    let options: Options
    let holderIsDead: @Sendable (ProcessIdentity) -> Bool

    public init(
        billing: Billing, holder: ProcessIdentity, options: Options = Options(),
        holderIsDead: @escaping @Sendable (ProcessIdentity) -> Bool
    ) {
        self.billing = billing
        self.holder = holder
        self.options = options
        self.holderIsDead = holderIsDead
    }

    public func run() async throws -> Result {
        let started = billing.clock.now()
        let monotonic = billing.clock.monotonicMilliseconds()
        billing.tally.reset(at: started)
        var result = Result()
        let before = try await billing.database.read { tx in try Self.counts(tx) }
        try await rescue()
        let schedule = try await FireSchedule(billing: billing).run(now: started)
        result.ticks = schedule.fired
        result.missedTicks = schedule.missed
        let gateways = try await contact(&result)
        if options.plansDue {
            result.planned = try await BillDueSubscriptions(billing: billing, gateways: gateways).run(now: started)
        }
        let monotonicEnd = options.timeMaxSeconds.map { monotonic + $0 * 1000 }
        try await drain(gateways, until: monotonicEnd)
        try await TellChanges(billing: billing).run()
        try await NoticeWorker(billing: billing, holder: holder).work { mayBegin(monotonicEnd) }
        let raised = options.checksItself ? try await SelfInspection(billing: billing).run(believedAfterSeconds: 0) : 0
        let after = try await billing.database.read { tx in try Self.counts(tx) }
        result.counts = billing.tally.current
        result.processing = after.processing
        result.unknown = after.unknown
        result.waiting = after.waiting
        result.parked = after.parked
        result.deadJobs = after.deadJobs
        result.stopped = after.stopped
        for name in after.circuitsOpen where result.refused[name] == nil {
            result.refused[name] = .noAnswer("it gave no answer several times in a row")
        }
        result.hasStoppedItself = after.hasStoppedItself
        result.newForPeople =
            max(0, after.parked - before.parked) + max(0, after.deadJobs - before.deadJobs)
            + max(0, after.onHold - before.onHold) + max(0, after.failedNotices - before.failedNotices) + raised
        result.elapsedMilliseconds = billing.clock.monotonicMilliseconds() - monotonic
        return result
    }

    private static func counts(_ tx: Transaction) throws -> LedgerCounts {
        var counts = try LedgerCounts.read(tx)
        counts.deadJobs = try JobQueue.deadCount(since: Instant(milliseconds: 0), tx)
        return counts
    }

    /// Jobs of processes that are gone are taken back at once (money.md 29).
    private func rescue() async throws {
        let now = billing.clock.now()
        let holderIsDead = holderIsDead
        try await billing.database.write(step: "rescue") { tx in
            try JobQueue.rescue(now: now, holderIsDead: holderIsDead, tx)
        }
    }

    /// The gateways that have work and answer.
    private func contact(_ result: inout Result) async throws -> Set<String> {
        let now = billing.clock.now()
        let end = now.adding(seconds: options.waitSeconds)
        let busy = try await billing.database.read { tx in try Self.gatewaysWithWork(now: now, until: end, tx) }
        var ready: Set<String> = []
        for name in busy.sorted() {
            let verdict: FirstContact.Verdict
            if let gateway = billing.gateways[name] {
                verdict = try await FirstContact(billing: billing, gateway: gateway).make()
            } else if let variable = billing.keyless[name] {
                verdict = .keyRefused("no key: set \(variable)")
            } else {
                verdict = .keyRefused("the settings have no such gateway, and work is left there")
            }
            if verdict == .ready {
                ready.insert(name)
            } else {
                result.refused[name] = verdict
                billing.logger.error(
                    "nothing is planned or charged at this gateway now",
                    metadata: ["gateway": "\(name)", "reason": "\(verdict)"])
            }
        }
        return ready
    }

    /// - Parameter end: jobs that become ready until then are work of this pass; what waits longer, as a retry in some
    ///   days does, is no reason to speak to its gateway, unless that was lost and may be back (money.md 14).
    private static func gatewaysWithWork(now: Instant, until end: Instant, _ tx: Transaction) throws -> Set<String> {
        var names = try BillingStates.gatewaysDue(now: now, tx)
        for name in try JobQueue.queuesWithReadyJobs(tx) where name != HouseWorker.queue && name != NoticeWorker.queue {
            let isDue = try JobQueue.nextRunAt(queue: name, tx).map { $0 <= end } ?? false
            if try isDue || GatewayStates.find(name, tx)?.circuitOpenedAt != nil { names.insert(name) }
        }
        if try ChangedRows.count(tx) > 0 { names.formUnion(try Customers.gateways(tx)) }
        return names
    }

    // MARK: - Working off

    private func drain(_ gateways: Set<String>, until monotonicEnd: Int64?) async throws {
        let hasHouseWork = try await hasHouseWork()
        try await withThrowingTaskGroup(of: Void.self) { group in
            if hasHouseWork {
                let house = HouseWorker(billing: billing, holder: holder)
                group.addTask { try await house.work { mayBegin(monotonicEnd) } }
            }
            for name in gateways.sorted() {
                guard let gateway = billing.gateways[name] else { continue }
                group.addTask { try await drain(gateway, until: monotonicEnd) }
            }
            try await group.waitForAll()
        }
    }

    private func hasHouseWork() async throws -> Bool {
        let now = billing.clock.now()
        return try await billing.database.read { tx in
            try JobQueue.nextRunAt(queue: HouseWorker.queue, tx).map { $0 <= now } ?? false
        }
    }

    private func drain(_ gateway: BillingGateway, until monotonicEnd: Int64?) async throws {
        let worker = BillingWorker(
            billing: billing, gateway: gateway, holder: holder, concurrency: options.concurrency)
        while mayBegin(monotonicEnd) {
            let next = try await worker.work { mayBegin(monotonicEnd) }
            try await rescue()
            guard let next = try await nextAt(next, gateway) else { return }
            var wait = next.milliseconds(since: billing.clock.now())
            if wait > options.waitSeconds * 1000 { return }
            if let monotonicEnd { wait = min(wait, monotonicEnd - billing.clock.monotonicMilliseconds()) }
            try await billing.clock.sleep(max(1, wait))
        }
    }

    private func mayBegin(_ monotonicEnd: Int64?) -> Bool {
        !options.isStopping() && (monotonicEnd.map { billing.clock.monotonicMilliseconds() < $0 } ?? true)
    }

    /// When there may be something to do for this gateway: its next job, or the end of another process's lease.
    private func nextAt(_ next: Instant?, _ gateway: BillingGateway) async throws -> Instant? {
        if try await isHalted(gateway) { return nil }
        if let next { return next }
        let now = billing.clock.now()
        let holder = holder
        let name = gateway.name
        let others = try await billing.database.read { tx in
            try JobQueue.leasesOfOthers(than: holder, queue: name, now: now, tx)
        }
        guard let end = others.firstEnd, end <= now.adding(seconds: options.graceSeconds) else { return nil }
        return min(end, now.adding(seconds: 1))
    }

    /// Stopped or not answering: what is left is left for a later pass.
    private func isHalted(_ gateway: BillingGateway) async throws -> Bool {
        try await billing.database.read { tx in
            guard let state = try GatewayStates.find(gateway.name, tx) else { return false }
            return state.isStopped || state.circuitOpenedAt != nil
        }
    }
}
