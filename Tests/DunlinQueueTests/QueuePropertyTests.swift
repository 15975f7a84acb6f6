import DunlinCalendar
import DunlinDatabase
import DunlinQueue
import Testing

@Suite struct QueuePropertyTests {
    @Test(arguments: UInt64(1)...12)
    func theQueueDoesWhatItsModelDoesWhateverTheOrder(seed: UInt64) async throws {
        let fixture = try QueueFixture()
        try await fixture.database.write { [start = fixture.start] tx in
            var walk = QueueWalk(seed: seed, start: start)
            for _ in 0..<400 {
                try walk.step(tx)
                try walk.compare(tx)
            }
            #expect(walk.claimedCount > 50, "the walk did too little to prove anything")
        }
    }
}

/// A random walk over the queue and its model, in step.
private struct QueueWalk {
    private var generator: SeededGenerator
    private var model = QueueModel()
    private var now: Instant
    private var leases: [Lease] = []
    private(set) var claimedCount = 0
    private let holders = (1...3).map { ProcessIdentity(host: "h", bootID: "b", pid: $0, startTicks: 1) }

    init(seed: UInt64, start: Instant) {
        generator = SeededGenerator(seed: seed)
        now = start
    }

    mutating func step(_ tx: Transaction) throws {
        now = now.adding(seconds: number(0...4))
        switch number(0...9) {
        case 0...3: try enqueue(tx)
        case 4...5: try claim(tx)
        case 6...8: try end(tx)
        default: try rescue(tx)
        }
    }

    func compare(_ tx: Transaction) throws {
        let records = try JobQueue.list(limit: 10_000, tx)
        try #require(records.map(\.id) == model.entries.map(\.id))
        try #require(records.map(\.state) == model.entries.map(\.state))
        try #require(records.map(\.runAt) == model.entries.map(\.runAt))
        try #require(records.map(\.runCount) == model.entries.map(\.runCount))
        let running = records.filter { $0.state == .running }.compactMap(\.concurrencyKey)
        try #require(Set(running).count == running.count)
        let ready = model.entries.filter { $0.state == .ready }.map(\.runAt).min()
        try #require(try JobQueue.nextRunAt(tx) == ready)
    }

    private mutating func enqueue(_ tx: Transaction) throws {
        let new = NewJob(
            queue: "q\(number(1...2))", kind: "k", uniqueKey: chance(0.6) ? "u\(number(1...15))" : nil,
            concurrencyKey: chance(0.7) ? "c\(number(1...6))" : nil,
            priority: JobPriority(rawValue: Int(number(0...3))) ?? .poll, runAt: now.adding(seconds: number(-5...20)),
            runsMax: Int(number(1...3)), neverDies: chance(0.2), whileRunning: chance(0.3) ? .runAgain : .leave)
        let enqueued = try JobQueue.enqueue(new, now: now, tx)
        #expect(enqueued == model.enqueue(new, id: enqueued.jobID))
    }

    private mutating func claim(_ tx: Transaction) throws {
        let (queue, limit) = ("q\(number(1...2))", Int(number(1...5)))
        let holder = holders[Int(number(0...2))]
        let jobs = try JobQueue.claim(queue: queue, limit: limit, holder: holder, leaseSeconds: 20, now: now, tx)
        let expected = model.claim(
            queue: queue, limit: limit, holder: holder, until: now.adding(seconds: 20), now: now)
        #expect(jobs.map(\.id) == expected)
        leases += jobs.map(\.lease)
        claimedCount += jobs.count
    }

    /// Ends a run in one of the ways, also with leases that were lost long ago.
    private mutating func end(_ tx: Transaction) throws {
        guard !leases.isEmpty else { return }
        let lease = leases[Int(number(0...Int64(leases.count - 1)))]
        let isHeld = model.holds(lease)
        #expect(try JobQueue.holds(lease, tx) == isHeld)
        do {
            try end(lease, number(0...3), at: now.adding(seconds: number(0...15)), isHeld: isHeld, tx)
            #expect(isHeld)
        } catch let error as QueueError {
            #expect(error == QueueError(.leaseLost, jobID: lease.jobID))
            #expect(!isHeld)
        }
    }

    private mutating func end(_ lease: Lease, _ way: Int64, at: Instant, isHeld: Bool, _ tx: Transaction) throws {
        switch way {
        case 0:
            try JobQueue.finish(lease, now: now, tx)
            if isHeld { model.finish(lease) }
        case 1:
            try JobQueue.retry(lease, at: at, error: "e", now: now, tx)
            if isHeld { model.retry(lease, at: at) }
        case 2:
            try JobQueue.snooze(lease, at: at, tx)
            if isHeld { model.snooze(lease, at: at) }
        default:
            try JobQueue.giveBack(lease, tx)
            if isHeld { model.giveBack(lease) }
        }
    }

    private mutating func rescue(_ tx: Transaction) throws {
        let dead = chance(0.3) ? holders[Int(number(0...2))] : nil
        let rescued = try JobQueue.rescue(now: now, holderIsDead: { $0 == dead }, tx)
        #expect(rescued.count == model.rescue(now: now, dead: dead))
    }

    private mutating func number(_ range: ClosedRange<Int64>) -> Int64 { .random(in: range, using: &generator) }

    private mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &generator) < share }
}
