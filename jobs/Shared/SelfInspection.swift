import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import Logging

/// One look at everything that could be wrong; each finding is logged once, and once more when it is gone.
struct SelfInspection {
    let billing: Billing

    /// - Parameter believedAfterSeconds: 0 at the end of a pass, when everything should have been done.
    /// - Returns: how many findings are new.
    @discardableResult
    func run(believedAfterSeconds: Int64) async throws -> Int {
        let now = billing.clock.now()
        let limits = billing.rules.selfCheck
        let difference = try await billing.database.write(step: "self-check") { tx in
            var facts = try SelfCheckRows.read(limits: limits, now: now, tx)
            facts.jobs = try JobQueue.overdue(
                before: now.adding(seconds: -limits.dueSeconds), exceptKind: SelfCheck.kind, now: now, tx
            ).map(Self.waiting)
            facts.leases = try JobQueue.overrunLeases(before: now.adding(seconds: -limits.leaseSeconds), tx)
                .map(Self.waiting)
            let found = SelfFinding.all(
                in: facts, limits: limits, kindsWhileStopped: Set(BillingWorker.kindsWhileStopped), now: now)
            return try Findings.store(found, believedAfterSeconds: believedAfterSeconds, now: now, tx)
        }
        for finding in difference.raised {
            billing.logger.error(
                "the self-check found something",
                metadata: ["code": "\(finding.code.rawValue)", "finding": "\(finding.text)"])
        }
        for finding in difference.cleared {
            billing.logger.info(
                "what the self-check found is gone",
                metadata: ["code": "\(finding.code.rawValue)", "subject": "\(finding.subject)"])
        }
        return difference.raised.count
    }

    private static func waiting(_ jobs: JobQueue.Overdue) -> SelfCheckFacts.Waiting {
        SelfCheckFacts.Waiting(place: jobs.queue, kind: jobs.kind, count: jobs.count, oldestAt: jobs.oldestAt)
    }
}
