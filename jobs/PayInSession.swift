import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// A customer acts on a debt through its recovery link: the job is claimed where it is written, by the process that the
/// customer speaks to, and shares the customer's concurrency key, so that their money moves one step at a time.
///
/// What a customer does is in `Shared/Recovery`. A worker gets such a job only when that process was cut off, or when it
/// found that it has to wait; nobody is there any more then, and the settle job of the attempt, if one was written, does
/// the rest.
struct PayInSession {
    static let kind = "pay-in-session"

    let billing: Billing

    func run(_ claimed: ClaimedJob) async throws {
        let now = billing.clock.now()
        try await billing.database.write(step: "finish") { tx in
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try JobQueue.finish(claimed.lease, now: now, tx)
        }
    }
}
