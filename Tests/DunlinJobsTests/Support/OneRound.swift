import DunlinCalendar
import DunlinJobs
import Synchronization

extension BillingWorker {
    /// Claims once, up to its concurrency, and runs what it claimed.
    @discardableResult
    func round() async throws -> Instant? {
        let turns = Mutex(1)
        return try await work {
            turns.withLock { left in
                left -= 1
                return left >= 0
            }
        }
    }
}
