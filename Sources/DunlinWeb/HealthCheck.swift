public import DunlinCalendar
public import DunlinDatabase
public import Logging

/// Looks at the data file and at the worker of this process; writes nothing.
public struct HealthCheck: Sendable {
    private let database: Database
    private let progress: WorkerProgress
    private let now: @Sendable () -> Instant
    private let logger: Logger

    public init(database: Database, progress: WorkerProgress, logger: Logger, now: @escaping @Sendable () -> Instant) {
        self.database = database
        self.progress = progress
        self.logger = logger
        self.now = now
    }

    /// The state at this moment. A data file that cannot be read is a reason, not an error.
    public func report() async -> HealthReport {
        let now = now()
        do {
            let facts = try await database.read { tx in try HealthFacts(now: now, tx) }
            return HealthReport(now: now, facts: facts, progress: progress.current)
        } catch {
            logger.error("the health check cannot read the data file", metadata: ["error": "\(error)"])
            return HealthReport(now: now, facts: nil, progress: progress.current)
        }
    }
}
