import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinQueue
import Logging

/// Sends the notices that are due, some at a time: a queue of its own, so that a receiver which does not answer keeps
/// nothing else waiting.
struct NoticeWorker: Sendable {
    static let queue = "notices"
    static let concurrency = 8
    /// A receiver that failed so often in a row is left alone until the next pass.
    static let failuresMax = 5

    let billing: Billing
    let holder: ProcessIdentity

    /// Works until nothing is due, the receiver does not answer, or nothing may begin any more.
    ///
    /// - Throws: `DatabaseError` when the store failed, and `RunCutOff`; a failed delivery is stored with its notice.
    func work(while mayBegin: @escaping @Sendable () -> Bool) async throws {
        guard try await hasWork() else { return }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            var (inFlight, failures) = (0, 0)
            while true {
                if mayBegin(), failures < Self.failuresMax, inFlight < Self.concurrency {
                    let claimed = try await claim(limit: Self.concurrency - inFlight)
                    for job in claimed { group.addTask { try await perform(job) } }
                    inFlight += claimed.count
                }
                guard inFlight > 0, let isTaken = try await group.next() else { return }
                inFlight -= 1
                failures = isTaken ? 0 : failures + 1
            }
        }
    }

    private func hasWork() async throws -> Bool {
        let now = billing.clock.now()
        return try await billing.database.read { tx in
            try JobQueue.nextRunAt(queue: Self.queue, tx).map { $0 <= now } ?? false
        }
    }

    private func claim(limit: Int) async throws -> [ClaimedJob] {
        let (now, monotonic) = (billing.clock.now(), billing.clock.monotonicMilliseconds())
        let holder = holder
        let jobs = try await billing.database.write(step: "claim-notices") { tx in
            try JobQueue.claim(
                queue: Self.queue, limit: limit, holder: holder, leaseSeconds: SendNotice.leaseSeconds, now: now, tx)
        }
        return jobs.map {
            ClaimedJob(job: $0, monotonicEnd: monotonic + SendNotice.leaseSeconds * 1000, clock: billing.clock)
        }
    }

    /// - Returns: false when the receiver did not take the notice.
    private func perform(_ claimed: ClaimedJob) async throws -> Bool {
        do {
            guard claimed.job.kind == SendNotice.kind else { throw BillingError.unknownKind(claimed.job.kind) }
            return try await SendNotice(billing: billing).run(claimed)
        } catch let cut as RunCutOff {
            throw cut
        } catch let error as QueueError where error.code == .leaseLost {
            billing.logger.debug("a lease was lost", metadata: ["job": "\(claimed.job.id)"])
            return true
        } catch let error as DatabaseError where error.isStoreFailure {
            throw error
        } catch let error as DatabaseError where error.code == .busy {
            // BUSY never fails a job (money.md 27).
            let at = billing.clock.now().adding(seconds: 1)
            try await billing.writeOutcome("notice-busy") { tx in
                guard try JobQueue.holds(claimed.lease, tx) else { return }
                try JobQueue.snooze(claimed.lease, at: at, tx)
            }
            return true
        } catch {
            try await retry(claimed, error)
            return false
        }
    }

    private func retry(_ claimed: ClaimedJob, _ error: any Error) async throws {
        let now = billing.clock.now()
        var generator = billing.clock.generator
        let wait = SendNotice.backoff.seconds(afterRun: claimed.job.runCount, using: &generator)
        billing.logger.error(
            "a notice could not be prepared",
            metadata: ["job": "\(claimed.job.id)", "error": "\(Redaction.clean("\(error)"))"])
        try await billing.writeOutcome("notice-job-failed") { tx in
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try JobQueue.retry(
                claimed.lease, at: now.adding(seconds: wait), error: Redaction.clean("\(error)"), now: now, tx)
        }
    }
}
