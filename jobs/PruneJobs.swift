import DunlinCalendar
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import Logging

/// Deletes jobs that are done, processes that were last seen and notices to the owner's application that ended longer ago
/// than `keep`, and old ticks. Dead jobs stay: they wait for a person.
struct PruneJobs: ScheduledJob {
    static let kind = "prune-jobs"
    static let options = [ScheduledOption.days("keep", in: 1...3_660)]
    static let keepDays: Int64 = 30
    /// Ticks are few, and say for how long a line has fired.
    static let keepTicksDays: Int64 = 400

    let billing: Billing

    func run(_ run: ScheduledRun) async throws {
        let before = run.now.adding(days: -run.days("keep", or: Self.keepDays))
        let ticksBefore = run.now.adding(days: -Self.keepTicksDays)
        let jobs = try await run.prune(step: "prune-jobs") { limit, tx in
            try JobQueue.prune(finishedBefore: before, limit: limit, tx)
        }
        let ticks = try await run.prune(step: "prune-ticks") { limit, tx in
            try Ticks.prune(before: ticksBefore, limit: limit, tx)
        }
        let processes = try await billing.database.write(step: "prune-processes") { tx in
            try Processes.prune(seenBefore: before, tx)
        }
        let notices = try await run.prune(step: "prune-notices") { limit, tx in
            try Notices.prune(endedBefore: before, limit: limit, tx)
        }
        billing.logger.info(
            "finished jobs were pruned",
            metadata: [
                "jobs": "\(jobs)", "ticks": "\(ticks)", "processes": "\(processes)", "notices": "\(notices)",
            ])
    }
}
