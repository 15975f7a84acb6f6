import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinQueue
import Foundation
import Logging

/// Works off what the schedule started, one job after the other: the queue that belongs to no gateway.
struct HouseWorker: Sendable {
    static let queue = "default"

    let billing: Billing
    let holder: ProcessIdentity

    /// Works until nothing is due, or nothing may begin any more.
    ///
    /// - Throws: `DatabaseError` when the store failed, and `RunCutOff`; a job's own failure is stored with the job.
    func work(while mayBegin: @Sendable () -> Bool) async throws {
        while mayBegin() {
            guard let claimed = try await claim() else { return }
            try await perform(claimed)
        }
    }

    private func claim() async throws -> ClaimedJob? {
        let (now, monotonic) = (billing.clock.now(), billing.clock.monotonicMilliseconds())
        let holder = holder
        let jobs = try await billing.database.write(step: "claim-house") { tx in
            try JobQueue.claim(
                queue: Self.queue, limit: 1, holder: holder, leaseSeconds: ScheduledRun.leaseSeconds, now: now, tx)
        }
        return jobs.first.map {
            ClaimedJob(job: $0, monotonicEnd: monotonic + ScheduledRun.leaseSeconds * 1000, clock: billing.clock)
        }
    }

    private func perform(_ claimed: ClaimedJob) async throws {
        do {
            try await run(claimed)
            let now = billing.clock.now()
            try await billing.writeOutcome("finish-house") { tx in
                try JobQueue.finish(claimed.lease, now: now, tx)
            }
        } catch let cut as RunCutOff {
            throw cut
        } catch let error as QueueError where error.code == .leaseLost {
            billing.logger.debug("a lease was lost", metadata: ["job": "\(claimed.job.id)"])
        } catch let error as DatabaseError where error.isStoreFailure {
            throw error
        } catch let error as DatabaseError where error.code == .busy {
            // BUSY never fails a job (money.md 27).
            try await goOn(claimed, step: "house-busy", at: billing.clock.now().adding(seconds: 1))
        } catch is ScheduledPause {
            try await goOn(claimed, step: "pause-house", at: billing.clock.now())
        } catch let outage as ScheduledOutage {
            try await wait(claimed, outage)
        } catch {
            try await retry(claimed, error)
        }
    }

    /// The run is not counted: nothing was wrong with the job.
    private func goOn(_ claimed: ClaimedJob, step: String, at: Instant) async throws {
        try await billing.writeOutcome(step) { tx in
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try JobQueue.snooze(claimed.lease, at: at, tx)
        }
    }

    private func wait(_ claimed: ClaimedJob, _ outage: ScheduledOutage) async throws {
        billing.logger.warning(
            "a job waits for a gateway that does not answer",
            metadata: [
                "job": "\(claimed.job.id)", "kind": "\(claimed.job.kind)",
                "reason": "\(Redaction.clean(outage.description))",
            ])
        try await goOn(
            claimed, step: "house-waits", at: billing.clock.now().adding(seconds: ScheduledOutage.waitSeconds))
    }

    private func run(_ claimed: ClaimedJob) async throws {
        let job = claimed.job
        guard let type = ScheduledKinds.find(job.kind) else { throw BillingError.unknownKind(job.kind) }
        guard let arguments = try? JSONDecoder().decode(ScheduledArguments.self, from: Data(job.arguments.utf8)) else {
            throw BillingError.badArguments(kind: job.kind)
        }
        let run = ScheduledRun(billing: billing, claimed: claimed, arguments: arguments, now: billing.clock.now())
        try await type.init(billing: billing).run(run)
    }

    /// With a growing wait; dead in the end, for a person.
    private func retry(_ claimed: ClaimedJob, _ error: any Error) async throws {
        let now = billing.clock.now()
        var generator = billing.clock.generator
        let wait = Backoff(firstSeconds: 60, maxSeconds: 3600).seconds(
            afterRun: claimed.job.runCount, using: &generator)
        billing.logger.error(
            "a job did not succeed",
            metadata: [
                "job": "\(claimed.job.id)", "kind": "\(claimed.job.kind)", "error": "\(Redaction.clean("\(error)"))",
            ])
        try await billing.writeOutcome("house-failed") { tx in
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try JobQueue.retry(
                claimed.lease, at: now.adding(seconds: wait), error: Redaction.clean("\(error)"), now: now, tx)
        }
    }
}
