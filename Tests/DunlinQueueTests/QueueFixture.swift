import DunlinCalendar
import DunlinDatabase
import DunlinQueue
import DunlinTesting

/// A queue of a test's own, with short ways to use it.
struct QueueFixture {
    let database: Database
    let start = Instant(seconds: 1_767_225_600)
    let me = ProcessIdentity(host: "host", bootID: "boot", namespace: "ns", pid: 1, startTicks: 10)
    let other = ProcessIdentity(host: "host", bootID: "boot", namespace: "ns", pid: 2, startTicks: 20)

    init() throws { database = try TemporaryDatabase.inMemory(QueueSchema.migrations) }

    func job(
        _ kind: String = "charge", key: String? = nil, customer: String? = nil, at seconds: Int64 = 0,
        priority: JobPriority = .charge, runsMax: Int = 3, neverDies: Bool = false, queue: String = "stripe",
        whileRunning: NewJob.WhileRunning = .leave
    ) -> NewJob {
        NewJob(
            queue: queue, kind: kind, arguments: #"{"invoice_id":7}"#, uniqueKey: key, concurrencyKey: customer,
            priority: priority, runAt: start.adding(seconds: seconds), runsMax: runsMax, neverDies: neverDies,
            whileRunning: whileRunning)
    }

    @discardableResult
    func enqueue(_ new: NewJob) async throws -> Enqueued {
        try await database.write { [start] tx in try JobQueue.enqueue(new, now: start, tx) }
    }

    func claim(
        limit: Int = 10, after seconds: Int64 = 0, queue: String = "stripe", kinds: [String]? = nil,
        holder: ProcessIdentity? = nil
    ) async throws -> [Job] {
        try await database.write { [start, me] tx in
            try JobQueue.claim(
                queue: queue, kinds: kinds, limit: limit, holder: holder ?? me, leaseSeconds: 60,
                now: start.adding(seconds: seconds), tx)
        }
    }

    func show(_ id: Int64) async throws -> JobRecord? {
        try await database.read { tx in try JobQueue.show(id, tx) }
    }

    func finish(_ lease: Lease) async throws {
        try await database.write { [start] tx in try JobQueue.finish(lease, now: start, tx) }
    }

    /// The code of the queue's own error that `body` throws; nil when it throws none.
    func refusal(_ body: @escaping @Sendable (Transaction) throws -> Void) async throws -> QueueError.Code? {
        do {
            try await database.write { tx in try body(tx) }
            return nil
        } catch let error as QueueError {
            return error.code
        }
    }
}
