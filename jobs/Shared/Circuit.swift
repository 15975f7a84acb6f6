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
    /// Unknowns that waited for the gateway are asked about again within this time.
    static let spreadSeconds: Int64 = 840

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

    /// The gateway answers again: everything that waited for it is asked about soon, as
    /// fast as the limits allow; what is still open after that is asked about from the beginning of the schedule.
    func close(_ tx: Transaction) throws {
        guard try GatewayStates.closeCircuit(gateway, tx) else { return }
        try Attempts.resetAsks(gateway: gateway, tx)
        let waiting = try Self.kinds.flatMap { kind in
            try JobQueue.list(JobFilter(state: .ready, queue: gateway, kind: kind), limit: 100_000, tx)
        }
        var generator = billing.clock.generator
        let step = waiting.isEmpty ? 0 : spreadMilliseconds(waiting.count) / Int64(waiting.count)
        for (place, job) in waiting.enumerated() {
            let jitter = Int64.random(in: 0...max(step, 1000), using: &generator)
            try JobQueue.moveForward(job.id, to: now.adding(milliseconds: Int64(place) * step + jitter), tx)
        }
    }

    private static let kinds = [
        SettleAttempt.kind, CancelIntent.kind, RefundPayment.kind, AskAboutLateDebts.kind, ApplyEvent.kind,
        WatchObject.kind,
    ]

    /// A little less than the limits allow to be asked in, so that what comes up besides finds room.
    private func spreadMilliseconds(_ count: Int) -> Int64 {
        guard let limits = billing.gateways[gateway]?.limits else { return 0 }
        return min(Int64(Double(count) / max(limits.jobsPerSecond, 0.001) * 900), Self.spreadSeconds * 1000)
    }
}
