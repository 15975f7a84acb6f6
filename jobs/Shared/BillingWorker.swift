public import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
public import DunlinQueue
import Logging

/// Works off the jobs of one gateway: takes permits and jobs in one transaction, runs the batch at once, and hands
/// failures to the queue.
///
/// Permits come first, and at most as many jobs are claimed as permits are held (money.md 10, 14).
public struct BillingWorker: Sendable {
    /// Up to this long a free slot waits for a permit or a job; longer waits are looked at again when a job ends.
    static let waitMilliseconds: Int64 = 1000
    static let kindsWhileStopped = [
        SettleAttempt.kind, CancelIntent.kind, AskAboutLateDebts.kind, ApplyEvent.kind, RefundPayment.kind,
        PayInSession.kind, WatchObject.kind,
    ]

    let billing: Billing
    let gateway: BillingGateway
    let holder: ProcessIdentity
    /// How many jobs run at once.
    let concurrency: Int

    public init(billing: Billing, gateway: BillingGateway, holder: ProcessIdentity, concurrency: Int) {
        self.billing = billing
        self.gateway = gateway
        self.holder = holder
        self.concurrency = concurrency
    }

    public var leaseSeconds: Int64 { gateway.leaseSeconds }

    /// Works until nothing is ready and nothing is in flight, or nothing may begin any more. Slots and permits are used
    /// again as they become free.
    ///
    /// - Returns: when there may be more to do; nil when nothing is ready at all.
    /// - Throws: `DatabaseError` when the store failed, and `RunCutOff`; a job's own failure is stored with the job.
    public func work(while mayBegin: @Sendable () -> Bool) async throws -> Instant? {
        try await withThrowingTaskGroup(of: Event.self) { group in
            var inFlight = 0
            var isWaiting = false
            while true {
                var next: Instant?
                var needsPermit = false
                // Many are claimed in one transaction, and an eighth of the slots may be empty meanwhile.
                if mayBegin(), inFlight == 0 || concurrency - inFlight >= max(1, concurrency / 8) {
                    let claim = try await claim(limit: concurrency - inFlight)
                    for job in claim.jobs {
                        group.addTask {
                            try await perform(job)
                            return .jobEnded
                        }
                    }
                    inFlight += claim.jobs.count
                    next = claim.nextAt
                    needsPermit = claim.needsPermit
                    if !claim.jobs.isEmpty, claim.isMore { continue }
                }
                let wait = next.map { max(1, $0.milliseconds(since: billing.clock.now())) } ?? .max
                guard inFlight > 0 else {
                    // What is ready and only lacks a permit is work of now, however long a pass may wait for more.
                    if needsPermit, wait <= Self.waitMilliseconds {
                        try await billing.clock.sleep(wait)
                        continue
                    }
                    group.cancelAll()
                    return next
                }
                if wait <= Self.waitMilliseconds, !isWaiting {
                    isWaiting = true
                    let sleep = billing.clock.sleep
                    group.addTask {
                        try? await sleep(wait)
                        return .timePassed
                    }
                }
                switch try await group.next() {
                case .jobEnded: inFlight -= 1
                case .timePassed: isWaiting = false
                case nil: return next
                }
            }
        }
    }

    private enum Event: Sendable {
        case jobEnded, timePassed
    }

    // MARK: - Claiming

    private struct Claim: Sendable {
        var jobs: [ClaimedJob] = []
        /// When there may be more to claim; nil when nothing is ready.
        var nextAt: Instant?
        /// True when more may be claimable right now.
        var isMore = false
        /// Jobs are ready, and the gateway's limits allow none before `nextAt`.
        var needsPermit = false
    }

    private func claim(limit: Int) async throws -> Claim {
        let now = billing.clock.now()
        let monotonic = billing.clock.monotonicMilliseconds()
        let (jobs, nextAt, isMore, needsPermit) = try await billing.database.write(step: "claim") { tx in
            try claim(limit: limit, now: now, tx)
        }
        let end = monotonic + leaseSeconds * 1000
        return Claim(
            jobs: jobs.map { ClaimedJob(job: $0, monotonicEnd: end, clock: billing.clock) }, nextAt: nextAt,
            isMore: isMore, needsPermit: needsPermit)
    }

    private func claim(
        limit: Int, now: Instant, _ tx: Transaction
    ) throws -> (jobs: [Job], nextAt: Instant?, isMore: Bool, needsPermit: Bool) {
        let state = try GatewayStates.find(gateway.name, tx)
        if let state, state.circuitOpenedAt != nil { return ([], state.probeAt, false, false) }
        try stopOnManyDeclines(state, now: now, tx)
        guard let next = try JobQueue.nextRunAt(queue: gateway.name, tx) else { return ([], nil, false, false) }
        guard next <= now else { return ([], next, false, false) }
        let permits = try gateway.limits?.takeForJobs(limit, gateway: gateway.name, now: now, tx)
        if let permits, permits.taken == 0 { return ([], permits.nextAt, false, true) }
        let granted = permits?.taken ?? limit
        // While charging is stopped its jobs stay where they are, and what is in flight goes on.
        let isStopped = try GatewayStates.find(gateway.name, tx)?.isStopped ?? false
        let jobs = try JobQueue.claim(
            queue: gateway.name, kinds: isStopped ? Self.kindsWhileStopped : nil, limit: granted, holder: holder,
            leaseSeconds: leaseSeconds, now: now, tx)
        try gateway.limits?.giveBack(granted - jobs.count, gateway: gateway.name, now: now, tx)
        // Ready and due, yet not claimable: another job of the same customer runs.
        if jobs.isEmpty { return ([], try lookAgainAt(isWorking: limit < concurrency, now: now, tx), false, false) }
        return (jobs, now.adding(milliseconds: 20), jobs.count == granted, false)
    }

    /// The customers of all that is due are being charged. Another process's job is looked for after half the time that
    /// it has taken so far: one that stands still does not keep the others writing. The end of our own is told.
    private func lookAgainAt(isWorking: Bool, now: Instant, _ tx: Transaction) throws -> Instant? {
        var wait: Int64? = isWorking ? nil : Self.waitMilliseconds
        if let lastEnd = try JobQueue.leasesOfOthers(than: holder, queue: gateway.name, now: now, tx).lastEnd {
            let age = leaseSeconds * 1000 - lastEnd.milliseconds(since: now)
            wait = min(max(200, age / 2), Self.waitMilliseconds)
        }
        let next = try JobQueue.nextRunAt(queue: gateway.name, after: now, tx)
        return [wait.map { now.adding(milliseconds: $0) }, next].compactMap { $0 }.min()
    }

    /// More than half of the last 200 first attempts declined: a bug or a broken gateway must not dun everybody
    /// overnight (money.md 34).
    private func stopOnManyDeclines(_ state: GatewayState?, now: Instant, _ tx: Transaction) throws {
        guard let state, !state.isStopped else { return }
        let window = 200
        let since = state.startedAt ?? Instant(milliseconds: 0)
        let found = try Attempts.firstAttempts(gateway: gateway.name, since: since, window: window, tx)
        guard found.ended >= window, found.declined * 2 > found.ended else { return }
        let reason = "\(found.declined) of the last \(found.ended) first attempts were declined"
        if try GatewayStates.stop(gateway.name, reason: reason, by: Activity.dunlin, now: now, tx) {
            billing.logger.error(
                "charging was stopped", metadata: ["gateway": "\(gateway.name)", "reason": "\(reason)"])
        }
    }

    // MARK: - Running

    private func perform(_ claimed: ClaimedJob) async throws {
        do {
            try await dispatch(claimed)
        } catch let cut as RunCutOff {
            throw cut
        } catch let error as QueueError where error.code == .leaseLost {
            billing.logger.debug("a lease was lost", metadata: ["job": "\(claimed.job.id)"])
        } catch let error as DatabaseError where error.isStoreFailure {
            throw error
        } catch let error as DatabaseError where error.code == .busy {
            // BUSY never fails a job (money.md 27).
            try await giveBack(claimed)
        } catch {
            try await handle(error, claimed)
        }
    }

    private func dispatch(_ claimed: ClaimedJob) async throws {
        switch claimed.job.kind {
        case ChargeInvoice.kind: try await ChargeInvoice(billing: billing).run(claimed)
        case SettleAttempt.kind: try await SettleAttempt(billing: billing).run(claimed)
        case CancelIntent.kind: try await CancelIntent(billing: billing).run(claimed)
        case AskAboutLateDebts.kind: try await AskAboutLateDebts(billing: billing).run(claimed)
        case RefundPayment.kind: try await RefundPayment(billing: billing).run(claimed)
        case EndDunning.kind: try await EndDunning(billing: billing).run(claimed)
        case ApplyEvent.kind: try await ApplyEvent(billing: billing).run(claimed)
        case PayInSession.kind: try await PayInSession(billing: billing).run(claimed)
        case WatchObject.kind: try await WatchObject(billing: billing).run(claimed)
        default: throw BillingError.unknownKind(claimed.job.kind)
        }
    }

    private func giveBack(_ claimed: ClaimedJob) async throws {
        let at = billing.clock.now().adding(seconds: 1)
        try await billing.writeOutcome("job-busy") { tx in
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try JobQueue.snooze(claimed.lease, at: at, tx)
        }
    }

    /// Retried with a growing wait. What never dies goes on for ever; the rest is dead in the end, for a person.
    private func handle(_ error: any Error, _ claimed: ClaimedJob) async throws {
        let now = billing.clock.now()
        var generator = billing.clock.generator
        let backoff = Backoff(firstSeconds: 30, maxSeconds: 3600).seconds(
            afterRun: claimed.job.runCount, using: &generator)
        let unavailable = error as? GatewayUnavailable
        let wait = max(backoff, unavailable?.retryAfterSeconds ?? 0)
        billing.logger.log(
            level: unavailable == nil ? .error : .warning, "a job did not succeed",
            metadata: [
                "job": "\(claimed.job.id)", "kind": "\(claimed.job.kind)", "error": "\(Redaction.clean("\(error)"))",
            ])
        try await billing.writeOutcome("job-failed") { tx in
            if unavailable?.isSilence == true {
                try Circuit(gateway: gateway.name, billing: billing, now: now).noteUnknown(tx)
            }
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try JobQueue.retry(
                claimed.lease, at: now.adding(seconds: wait), error: Redaction.clean("\(error)"), now: now, tx)
        }
    }
}
