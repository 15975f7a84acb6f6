import DunlinDatabase
import DunlinLedger
import DunlinQueue
import Logging

/// Compares the ledger with each gateway that is in use, once a night (money.md 33).
///
/// A run goes on where it was cut off. It works in slices, so that a pass that is to end does not wait for it and other
/// work of the schedule has its turn; one gateway that does not answer does not keep the others from being compared.
struct Reconcile: ScheduledJob {
    static let kind = "reconcile"
    static let options = [
        ScheduledOption.days("days", in: 1...3_660), ScheduledOption.yesOrNo("foreign"),
        ScheduledOption.yesOrNo("payouts"),
    ]
    static let days: Int64 = 35
    static let sliceSeconds: Int64 = 60

    let billing: Billing

    func run(_ run: ScheduledRun) async throws {
        let used = try await billing.database.read { tx in Set(try GatewayStates.all(tx).map(\.gateway)) }
        let sliceEnd = billing.clock.monotonicMilliseconds() + Self.sliceSeconds * 1000
        var failure: ReconcileError?
        for name in billing.gateways.keys.sorted() where used.contains(name) {
            do {
                guard try await compare(name, run, sliceEnd: sliceEnd) else { throw ScheduledPause() }
            } catch let error as ReconcileError {
                // What a person has to mend is told before what passes by itself.
                if failure?.isPassing ?? true { failure = error }
            }
        }
        guard let failure else { return }
        throw failure.isPassing ? ScheduledOutage(description: failure.description) : failure
    }

    /// - Returns: false when there is more to compare in the next slice.
    private func compare(_ name: String, _ run: ScheduledRun, sliceEnd: Int64) async throws -> Bool {
        // What this tick has compared already is not begun again in its next slice.
        let actor = "schedule \(run.arguments.line)/\(run.arguments.tick)"
        let latest = try await billing.database.read { tx in try ReconcileRuns.latestEnded(gateway: name, tx) }
        if latest?.startedBy == actor { return true }
        let (clock, lease) = (billing.clock, run.claimed.lease)
        var options = Reconciliation.Options()
        options.actor = actor
        options.days = run.days("days", or: Self.days)
        options.listsForeign = run.isYes("foreign", or: true)
        options.withPayouts = run.isYes("payouts", or: false)
        options.mayGoOn = { clock.monotonicMilliseconds() < sliceEnd }
        options.afterPage = { [database = billing.database] _ in
            try await database.write(step: "renew-reconcile") { tx in
                _ = try JobQueue.renew(lease, leaseSeconds: ScheduledRun.leaseSeconds, now: clock.now(), tx)
            }
        }
        let compared = try await Reconciliation(billing: billing, gateway: name).run(options)
        if compared.endedAt != nil { log(compared) }
        return compared.endedAt != nil
    }

    private func log(_ run: ReconcileRun) {
        let agree = run.differences == 0
        billing.logger.log(
            level: agree ? .info : .error,
            agree ? "ledger and gateway agree" : "ledger and gateway differ: dunlin report reconciliation",
            metadata: [
                "gateway": "\(run.gateway)", "run": "\(run.id)", "checked": "\(run.checked)",
                "differences": "\(run.differences)", "left_out": "\(run.leftOut)",
            ])
    }
}
