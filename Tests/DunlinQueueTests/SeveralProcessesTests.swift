import DunlinCalendar
import DunlinDatabase
import DunlinQueue
import DunlinTesting
import Foundation
import Testing

/// What only real processes can show: each exit test below is a process of its own on one database file.
@Suite struct SeveralProcessesTests {
    private static let start = Instant(seconds: 1_767_225_600)

    private static func open(_ path: String) throws -> Database {
        try Database.open(.file(path, opening: .createIfMissing, migrations: QueueSchema.migrations))
    }

    private static func enqueue(_ count: Int, _ database: Database) async throws {
        try await database.write { tx in
            for number in 0..<count {
                let new = NewJob(
                    kind: "charge", concurrencyKey: "customer-\(number % 7)", priority: .charge, runAt: start)
                try JobQueue.enqueue(new, now: start, tx)
            }
        }
    }

    /// Claims and finishes until nothing is left, noting each run in the table `runs`, which refuses a second one.
    private static func drain(_ path: String) async throws {
        let database = try open(path)
        let me = ProcessTable().identity()
        while true {
            let jobs = try await database.write { tx in
                try JobQueue.claim(queue: "default", limit: 3, holder: me, leaseSeconds: 600, now: start, tx)
            }
            for job in jobs {
                try await database.write { tx in
                    try tx.execute("INSERT INTO runs (job_id, pid) VALUES (?1, ?2)", job.id, Int64(me.pid))
                    try JobQueue.finish(job.lease, now: start, tx)
                }
            }
            if jobs.isEmpty {
                let next = try await database.read { try JobQueue.nextRunAt($0) }
                let others = try await database.read { try JobQueue.leasesOfOthers(than: me, now: start, $0) }
                if next == nil, others.count == 0 { return }
            }
        }
    }

    @Test func fiveProcessesRunEachJobOnce() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("dunlin.db")
        let database = try Self.open(path)
        try await database.write { tx in
            try tx.execute("CREATE TABLE runs (job_id INTEGER NOT NULL PRIMARY KEY, pid INTEGER NOT NULL) STRICT")
        }
        try await Self.enqueue(200, database)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    await #expect(processExitsWith: .success) { [path = path as String] in
                        try await SeveralProcessesTests.drain(path)
                    }
                }
            }
        }
        let runs: Int? = try await database.read { try $0.value("SELECT count(*) FROM runs") }
        #expect(runs == 200)
        #expect(try await database.read { try JobQueue.counts($0) }.map(\.state) == [.done])
    }

    @Test func theJobsOfAKilledProcessAreTakenOverAtOnceAndItsOpenTransactionLeavesNothing() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("dunlin.db")
        let database = try Self.open(path)
        try await Self.enqueue(2, database)
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let database = try SeveralProcessesTests.open(path)
            let me = ProcessTable().identity()
            _ = try await database.write { tx in
                try JobQueue.claim(
                    queue: "default", limit: 1, holder: me, leaseSeconds: 600, now: SeveralProcessesTests.start, tx)
            }
            try await database.write { tx in
                try tx.execute("UPDATE jobs SET kind = 'half-written'")
                kill(getpid(), SIGKILL)
            }
        }
        let table = ProcessTable()
        let rescued = try await database.write { tx in
            try JobQueue.rescue(now: Self.start, holderIsDead: { table.isDead($0) }, tx)
        }
        #expect(rescued.count == 1)
        let jobs = try await database.read { try JobQueue.list(limit: 9, $0) }
        #expect(jobs.map(\.kind) == ["charge", "charge"])
        #expect(jobs.map(\.runCount) == [1, 0])
    }

    @Test func aProcessThatLivesKeepsItsJobs() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("dunlin.db")
        let database = try Self.open(path)
        try await Self.enqueue(1, database)
        let me = ProcessTable().identity()
        _ = try await database.write { tx in
            try JobQueue.claim(queue: "default", limit: 1, holder: me, leaseSeconds: 600, now: Self.start, tx)
        }
        await #expect(processExitsWith: .success) { [path = path as String] in
            let table = ProcessTable()
            let rescued = try await SeveralProcessesTests.open(path).write { tx in
                try JobQueue.rescue(now: SeveralProcessesTests.start, holderIsDead: { table.isDead($0) }, tx)
            }
            #expect(rescued.count == 0)
        }
    }
}
