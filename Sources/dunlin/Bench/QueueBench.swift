import DunlinCalendar
import DunlinDatabase
import DunlinQueue

/// How many jobs a second are added, and taken and finished, a hundred to a commit; beside the same table and the same
/// commits through SQLite's C interface.
struct QueueBench {
    private static let now = Instant(seconds: 1_767_225_600)
    private static let leaseSeconds: Int64 = 600
    private static let holder = ProcessIdentity(host: "bench", bootID: "1", pid: 1, startTicks: 1)

    let setting: BenchSetting

    func run() async throws -> [BenchRow] {
        var enqueue: [(value: Double, floor: Double)] = []
        var drain: [(value: Double, floor: Double)] = []
        for round in 1...BenchSetting.rounds {
            let product = try await measureProduct(round)
            let floor = try await measureFloor(round)
            enqueue.append((product.enqueue, floor.enqueue))
            drain.append((product.drain, floor.drain))
        }
        return [
            BenchRow("queue.enqueue", rounds: enqueue, unit: "jobs/s"),
            BenchRow("queue.claim_and_finish", rounds: drain, unit: "jobs/s"),
        ]
    }

    private var starts: StrideTo<Int> { stride(from: 0, to: setting.size, by: BenchSetting.batch) }

    private func numbers(from start: Int) -> Range<Int> { start..<min(start + BenchSetting.batch, setting.size) }

    // MARK: - The product

    private func measureProduct(_ round: Int) async throws -> (enqueue: Double, drain: Double) {
        let database = try setting.database("queue-\(round).db")
        defer { database.close() }
        let enqueue = try await setting.seconds {
            for start in starts {
                let numbers = numbers(from: start)
                try await database.write { tx in
                    for number in numbers { try JobQueue.enqueue(Self.job(number), now: Self.now, tx) }
                }
            }
        }
        let drain = try await setting.seconds {
            while case let jobs = try await claim(database), !jobs.isEmpty {
                let leases = jobs.map(\.lease)
                try await database.write { tx in
                    for lease in leases { try JobQueue.finish(lease, now: Self.now, tx) }
                }
            }
        }
        return (Double(setting.size) / enqueue, Double(setting.size) / drain)
    }

    private func claim(_ database: Database) async throws -> [Job] {
        try await database.write { tx in
            try JobQueue.claim(
                queue: "stripe", limit: BenchSetting.batch, holder: Self.holder, leaseSeconds: Self.leaseSeconds,
                now: Self.now, tx)
        }
    }

    private static func job(_ number: Int) -> NewJob {
        NewJob(
            queue: "stripe", kind: "charge-invoice", arguments: #"{"invoice":\#(number)}"#,
            uniqueKey: "charge-invoice/\(number)", concurrencyKey: "customer/c-\(number)", priority: .charge,
            runAt: now)
    }

    // MARK: - The floor

    private func measureFloor(_ round: Int) async throws -> (enqueue: Double, drain: Double) {
        let name = "queue-floor-\(round).db"
        try setting.database(name).close()
        let raw = try RawSQLite(setting.path(name))
        let enqueue = try await setting.seconds { try enqueueRaw(raw) }
        let drain = try await setting.seconds { try drainRaw(raw) }
        return (Double(setting.size) / enqueue, Double(setting.size) / drain)
    }

    private func enqueueRaw(_ raw: RawSQLite) throws {
        let insert = try raw.prepare(
            """
            INSERT INTO jobs (queue, kind, arguments, unique_key, concurrency_key, priority, run_at, runs_max,
                never_dies, state, created_at)
            VALUES ('stripe', 'charge-invoice', ?1, ?2, ?3, 1, ?4, 25, 0, 'ready', ?4)
            """)
        for start in starts {
            try raw.run("BEGIN IMMEDIATE")
            for number in numbers(from: start) {
                insert.bind(#"{"invoice":\#(number)}"#, at: 1)
                insert.bind("charge-invoice/\(number)", at: 2)
                insert.bind("customer/c-\(number)", at: 3)
                insert.bind(Self.now.milliseconds, at: 4)
                try insert.run()
            }
            try raw.run("COMMIT")
        }
    }

    /// Two commits a batch: one takes, one finishes.
    private func drainRaw(_ raw: RawSQLite) throws {
        let claim = try raw.prepare(
            """
            UPDATE jobs SET state = 'running', run_count = run_count + 1, lease_token = lease_token + 1,
                lease_until = ?1, lease_holder = 'bench|1||1|1'
            WHERE id IN (SELECT id FROM jobs WHERE queue = 'stripe' AND priority = 1 AND state = 'ready'
                AND run_at <= ?2 ORDER BY run_at, id LIMIT ?3)
            RETURNING id, kind, arguments, lease_token
            """)
        let finish = try raw.prepare(
            """
            UPDATE jobs SET state = 'done', finished_at = ?1, lease_until = NULL, lease_holder = NULL
            WHERE id = ?2 AND lease_token = ?3 AND state = 'running'
            """)
        while true {
            let jobs = try claimRaw(raw, claim)
            if jobs.isEmpty { return }
            try raw.run("BEGIN IMMEDIATE")
            for job in jobs {
                finish.bind(Self.now.milliseconds, at: 1)
                finish.bind(job.id, at: 2)
                finish.bind(job.token, at: 3)
                try finish.run()
            }
            try raw.run("COMMIT")
        }
    }

    private func claimRaw(
        _ raw: RawSQLite, _ claim: RawSQLite.Statement
    ) throws -> [(id: Int64, arguments: String, token: Int64)] {
        claim.bind(Self.now.adding(seconds: Self.leaseSeconds).milliseconds, at: 1)
        claim.bind(Self.now.milliseconds, at: 2)
        claim.bind(Int64(BenchSetting.batch), at: 3)
        var jobs: [(id: Int64, arguments: String, token: Int64)] = []
        try raw.run("BEGIN IMMEDIATE")
        while try claim.step() { jobs.append((claim.integer(0), claim.text(2), claim.integer(3))) }
        try raw.run("COMMIT")
        return jobs
    }
}
