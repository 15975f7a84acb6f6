import DunlinCalendar
import DunlinDatabase
import DunlinQueue
import Logging

/// Fires the lines of the schedule that are due: whoever runs a pass does it, and each nominal moment fires once.
struct FireSchedule: Sendable {
    /// Ticks of a line that are fired in one transaction.
    static let ticksPerTransaction = 100

    struct Summary: Hashable, Sendable {
        var fired = 0
        /// Ticks outside their line's catch-up window, by line.
        var missed: [String: Int] = [:]
    }

    let billing: Billing

    func run(now: Instant) async throws -> Summary {
        var summary = Summary()
        // What is fired under `--now` would hold up the real ticks after it.
        guard !billing.rules.isTimeTravel, !billing.schedule.isEmpty else { return summary }
        let lines = billing.schedule
        let due = try await billing.database.read { tx in
            try lines.filter { try Ticks.isDue($0, now: now, tx) }
        }
        for line in due { try await fire(line, now: now, &summary) }
        return summary
    }

    private func fire(_ line: CronLine, now: Instant, _ summary: inout Summary) async throws {
        var isMore = true
        while isMore {
            let fired = try await billing.database.write(step: "fire-schedule") { tx in
                try Ticks.fireDue(
                    line, now: now, limit: Self.ticksPerTransaction, job: { Self.job(of: line, $0, now: now) }, tx)
            }
            summary.fired += fired.ticks.count
            if fired.missedCount > 0 {
                summary.missed[line.id, default: 0] += fired.missedCount
                billing.logger.warning(
                    "ticks of the schedule were missed and are not made up for",
                    metadata: ["line": "\(line.id)", "missed": "\(fired.missedCount)"])
            }
            isMore = fired.isMore
        }
    }

    /// Jobs of one line run one after the other, in the order of their ticks.
    private static func job(of line: CronLine, _ tick: Tick, now: Instant) -> NewJob {
        NewJob(
            queue: HouseWorker.queue, kind: line.kind,
            arguments: ScheduledArguments(line: line.id, tick: tick.key, options: line.arguments).text,
            uniqueKey: "schedule/\(line.id)/\(tick.key)", concurrencyKey: "schedule/\(line.id)", priority: .reconcile,
            runAt: min(tick.instant, now))
    }
}
