public import DunlinCalendar
import DunlinDatabase
import DunlinJobs
import DunlinLedger
import DunlinQueue

/// Runs a company's passes over months in seconds: whenever something comes due, on the marks of a host's cron.
public struct YearOfBilling: Sendable {
    /// What the passes planned and charged.
    public struct Summary: Hashable, Sendable {
        public var passes = 0
        /// Periods that came due and got a record.
        public var due = 0
        public var invoiced = 0
        public var attempted = 0
        public var succeeded = 0
        public var declined = 0
        public var needsCustomer = 0
        public var refused = 0
    }

    /// A pass runs on the first such mark at or after whatever is due: cron every ten minutes.
    public static let markSeconds: Int64 = 600
    /// After a pass that found nothing to do although something is due, the next one waits this long.
    static let idleSeconds: Int64 = 3600

    private let company: SimulatedCompany

    public init(_ company: SimulatedCompany) { self.company = company }

    /// - Parameters:
    ///   - end: the last pass runs then.
    ///   - eachDay: told the day that is over; also after the last pass.
    /// - Throws: `SimulationError` when a gateway refuses to work; what a pass throws.
    public func run(until end: Instant, eachDay: (Instant) async throws -> Void = { _ in }) async throws -> Summary {
        var summary = Summary()
        var day = company.time.now
        while true {
            let result = try await pass(&summary)
            let now = company.time.now
            if now >= end { break }
            let isIdle = result.planned.due == 0 && result.counts.attempted == 0
            let next = try await nextMark(after: now, end: end, isIdle: isIdle)
            while day.adding(days: 1) <= next {
                day = day.adding(days: 1)
                company.time.advance(to: day)
                try await eachDay(day)
            }
            company.time.advance(to: next)
        }
        return summary
    }

    private func pass(_ summary: inout Summary) async throws -> Pass.Result {
        let result = try await company.pass()
        if let refused = result.refused.min(by: { $0.key < $1.key }) {
            throw SimulationError(.standstill, "gateway \(refused.key): \(refused.value)")
        }
        if let stopped = result.stopped.min(by: { $0.key < $1.key }) {
            throw SimulationError(.standstill, "charging at \(stopped.key) is stopped: \(stopped.value)")
        }
        summary.passes += 1
        summary.due += result.planned.due
        summary.invoiced += result.planned.invoiced
        summary.attempted += result.counts.attempted
        summary.succeeded += result.counts.succeeded
        summary.declined += result.counts.declined
        summary.needsCustomer += result.counts.needsCustomer
        summary.refused += result.counts.refused
        return result
    }

    /// - Parameter isIdle: the pass found nothing to do, so that jobs that are due all the same are not asked again at
    ///   once. Boundaries are never missed: one that is planned late makes every pass after it ask the gateway first.
    private func nextMark(after now: Instant, end: Instant, isIdle: Bool) async throws -> Instant {
        let next = try await company.billing.database.read { tx in
            let passed = isIdle ? (at: now, id: "\u{10FFFF}") : nil
            let boundary = try BillingStates.due(now: end, after: passed, limit: 1, tx).first?.at
            var job = try JobQueue.nextRunAt(tx)
            if isIdle, let due = job, due <= now { job = now.adding(seconds: Self.idleSeconds) }
            return [boundary, job, end].compactMap { $0 }.min() ?? end
        }
        let mark = Self.markSeconds * 1000
        let wanted = max(next, now.adding(milliseconds: 1)).milliseconds
        return min(end, Instant(milliseconds: (wanted + mark - 1) / mark * mark))
    }
}
