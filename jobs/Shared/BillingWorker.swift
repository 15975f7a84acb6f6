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
    /// Requests of the longest job (read, create, confirm); a lease is at least twice their time-outs.
    static let requestsPerLease: Int64 = 3
    private static let kindsWhileStopped = [SettleAttempt.kind, CancelIntent.kind, AskAboutLateDebts.kind]

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

    /// What one round came to.
    public struct Round: Sendable {
        /// How many jobs ran.
        public var ran: Int
        /// When there may be more to do: now when the round was full, later when permits are used up or the next job
        /// is due later; nil when nothing is ready at all.
        public var nextAt: Instant?
    }

    public var leaseSeconds: Int64 { max(60, 2 * Self.requestsPerLease * gateway.driver.totalTimeoutSeconds) }

    /// Claims one batch and runs it.
    ///
    /// - Throws: `DatabaseError` when the store failed, and `RunCutOff`; a job's own failure is stored with the job.
    public func round() async throws -> Round {
        let now = billing.clock.now()
        let monotonic = billing.clock.monotonicMilliseconds()
        let claimed = try await billing.database.write(step: "claim") { tx in try claim(now: now, tx) }
        guard !claimed.jobs.isEmpty else { return Round(ran: 0, nextAt: claimed.nextAt) }
        let end = monotonic + leaseSeconds * 1000
        try await withThrowingTaskGroup(of: Void.self) { group in
            for job in claimed.jobs {
                let claimedJob = ClaimedJob(job: job, monotonicEnd: end, clock: billing.clock)
                group.addTask { try await perform(claimedJob) }
            }
            try await group.waitForAll()
        }
        return Round(ran: claimed.jobs.count, nextAt: billing.clock.now())
    }

    // MARK: - Claiming

    private struct Claim: Sendable {
        var jobs: [Job] = []
        var nextAt: Instant?
    }

    private func claim(now: Instant, _ tx: Transaction) throws -> Claim {
        let state = try GatewayStates.find(gateway.name, tx)
        if let state, state.circuitOpenedAt != nil { return Claim(nextAt: state.probeAt) }
        try stopOnManyDeclines(state, now: now, tx)
        guard let next = try JobQueue.nextRunAt(queue: gateway.name, tx) else { return Claim() }
        guard next <= now else { return Claim(nextAt: next) }
        let permits = try gateway.limits?.takeForJobs(concurrency, gateway: gateway.name, now: now, tx)
        if let permits, permits.taken == 0 { return Claim(nextAt: permits.nextAt) }
        // While charging is stopped its jobs stay where they are, and what is in flight goes on.
        let isStopped = try GatewayStates.find(gateway.name, tx)?.isStopped ?? false
        let jobs = try JobQueue.claim(
            queue: gateway.name, kinds: isStopped ? Self.kindsWhileStopped : nil, limit: permits?.taken ?? concurrency,
            holder: holder, leaseSeconds: leaseSeconds, now: now, tx)
        // Ready and due, yet not claimable: another job of the same customer runs.
        return Claim(jobs: jobs, nextAt: jobs.isEmpty ? now.adding(milliseconds: 200) : now)
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
        default: throw BillingError.unknownKind(claimed.job.kind)
        }
    }

    /// No answer from the gateway counts no run; anything else is retried with a growing wait, and dies in the end.
    private func handle(_ error: any Error, _ claimed: ClaimedJob) async throws {
        let now = billing.clock.now()
        var generator = billing.clock.generator
        let backoff = Backoff(firstSeconds: 10, maxSeconds: 3600).seconds(
            afterRun: claimed.job.runCount, using: &generator)
        let unavailable = error as? GatewayUnavailable
        let wait = max(backoff, unavailable?.retryAfterSeconds ?? 0)
        billing.logger.log(
            level: unavailable == nil ? .error : .warning, "a job did not succeed",
            metadata: [
                "job": "\(claimed.job.id)", "kind": "\(claimed.job.kind)", "error": "\(Redaction.clean("\(error)"))",
            ])
        try await billing.database.write(step: "job-failed") { tx in
            if unavailable?.isSilence == true {
                try Circuit(gateway: gateway.name, billing: billing, now: now).noteUnknown(tx)
            }
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            if unavailable != nil {
                try JobQueue.snooze(claimed.lease, at: now.adding(seconds: max(wait, 30)), tx)
            } else {
                try JobQueue.retry(
                    claimed.lease, at: now.adding(seconds: wait), error: Redaction.clean("\(error)"), now: now, tx)
            }
        }
    }
}
