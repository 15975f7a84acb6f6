import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import Logging

/// Stops asking a gateway that does not answer: after five unknowns in a row one probe at a time, and everything in
/// flight is asked about again once it answers (money.md 14).
struct Circuit {
    static let unknownsMax = 5
    static let probeSeconds: Int64 = 30
    /// Unknowns that wait for the gateway are asked about again within this time.
    static let spreadSeconds: Int64 = 900

    let gateway: String
    let billing: Billing
    let now: Instant

    func noteUnknown(_ tx: Transaction) throws {
        let opened = try GatewayStates.noteUnknown(
            gateway, unknownsMax: Self.unknownsMax, probeAt: now.adding(seconds: Self.probeSeconds), now: now, tx)
        if opened {
            billing.logger.warning(
                "the gateway gave no answer five times in a row: one probe at a time from now on",
                metadata: ["gateway": "\(gateway)"])
        }
    }

    /// The gateway answers again: what is in flight is asked about soon, spread over time.
    func close(_ tx: Transaction) throws {
        guard try GatewayStates.closeCircuit(gateway, tx) else { return }
        var generator = billing.clock.generator
        let limits = billing.gateways[gateway]?.limits
        let waiting = try [SettleAttempt.kind, RefundPayment.kind].flatMap { kind in
            try JobQueue.list(JobFilter(state: .ready, queue: gateway, kind: kind), limit: 100_000, tx)
        }
        for job in waiting {
            let spread =
                limits.map { min(Self.spreadSeconds, Int64(Double(job.id % 100_000) / max($0.perSecond, 1))) } ?? 0
            let at = now.adding(
                seconds: Int64.random(in: 0...max(1, min(spread + 5, Self.spreadSeconds)), using: &generator))
            try JobQueue.moveForward(job.id, to: at, tx)
        }
    }
}
