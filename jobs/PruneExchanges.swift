import DunlinCalendar
import DunlinLedger
import Logging

/// Deletes what is kept of gateway calls that began longer ago than `keep`: a ring of so many days.
struct PruneExchanges: ScheduledJob {
    static let kind = "prune-exchanges"
    static let options = [ScheduledOption.days("keep", in: 1...3_660)]
    static let keepDays: Int64 = 30

    let billing: Billing

    func run(_ run: ScheduledRun) async throws {
        let before = run.now.adding(days: -run.days("keep", or: Self.keepDays))
        let exchanges = try await run.prune(step: "prune-exchanges") { limit, tx in
            try Exchanges.prune(startedBefore: before, limit: limit, tx)
        }
        billing.logger.info("exchanges were pruned", metadata: ["exchanges": "\(exchanges)"])
    }
}
