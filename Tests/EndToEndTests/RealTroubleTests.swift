import DunlinCalendar
import DunlinSandbox
import DunlinTesting
import Foundation
import Testing

/// Real processes in real trouble: killed and put to sleep at random, behind a network that breaks, on files that were
/// taken away or may not be written, with a clock that is wrong.
@Suite(.fewAtOnce) struct RealTroubleTests {
    private static let isFull = ProcessInfo.processInfo.environment["DUNLIN_CHAOS"] == "full"
    /// Given, a run that failed is made of the same draws; what the machine adds is its own.
    private static let seed =
        ProcessInfo.processInfo.environment["DUNLIN_CHAOS_SEED"].flatMap { UInt64($0) } ?? 2_026

    // MARK: - Workers that are killed and put to sleep

    /// For a quarter of a minute, or a minute with `DUNLIN_CHAOS=full`.
    @Test func workersThatAreKilledAndPutToSleepAtRandomChargeEverybodyOnce() async throws {
        let count = Self.isFull ? 240 : 40
        let program = try Program()
        let sandbox = try await SandboxProcess(
            program, now: Dates.start, arguments: ["--ignore-idempotency-keys"], secondsMax: 1_800)
        let proxy = try await FaultyProxy(target: sandbox.baseURL, seed: Self.seed)
        // So slow that the mischief falls into the middle of the work.
        let site = try Site(
            [.stripe: proxy.baseURL],
            settings: ["DUNLIN_STRIPE_LIMITS_PER_SECOND": "16", "DUNLIN_WORKER_POLL_SECONDS": "1"])
        try await site.open(try await Self.subscriptions(count, sandbox))
        let mischief = Mischief(site: site, proxy: proxy, seed: Self.seed)
        try await mischief.make(seconds: Self.isFull ? 60 : 15)
        #expect(mischief.kills >= 3, "\(mischief.kills) killed")
        #expect(mischief.sleeps >= 3, "\(mischief.sleeps) put to sleep")
        #expect(proxy.counts.faults.values.reduce(0, +) >= 3, "\(proxy.counts)")

        proxy.becomeHonest()
        try await site.settle(from: 3_600)
        let audit = try await sandbox.audit()
        #expect(audit.doubles == 0, "seed \(Self.seed)")
        #expect(audit.successes == count, "seed \(Self.seed)")
        #expect(try await site.invoices("paid") == count)
        try await site.prove()
    }

    private static func subscriptions(_ count: Int, _ sandbox: SandboxProcess) async throws -> [SampleSubscription] {
        var rows: [SampleSubscription] = []
        for index in 0..<count {
            let customer = try #require(try await sandbox.stripe("/v1/customers")["id"] as? String)
            let method = try await sandbox.stripe("/v1/payment_methods/pm_card_visa/attach", ["customer": customer])
            let card = SavedCard(customerID: customer, methodID: try #require(method["id"] as? String))
            rows.append(SampleSubscription(card: card, gateway: .stripe, amountMinor: 1_200 + index))
        }
        return rows
    }

    // MARK: - Files

    /// What the log held is gone, as if an older file had been restored: the gateway is asked, and charges nobody twice.
    @Test(arguments: GatewayName.allCases)
    func aLogThatWasDeletedLosesNoDebtAndChargesNobodyTwice(gateway: GatewayName) async throws {
        let stage = try await Stage(gateway) { $0.ignoresIdempotencyKeys = true }
        let hold = stage.server.hold(.afterEffect, GatewayRequest.confirm)
        let worker = try stage.site.start()
        try await worker.waits(for: hold.reached)
        worker.kill()
        try await worker.end()
        hold.letGo()
        for suffix in ["-wal", "-shm"] {
            let path = stage.site.program.folder.file("dunlin.db" + suffix)
            #expect(FileManager.default.fileExists(atPath: path))
            try FileManager.default.removeItem(atPath: path)
        }
        stage.model.sandbox.advance(to: (Dates.startSeconds + 3_600) * 1000)
        try await stage.site.settle(from: 3_600)
        try await stage.expectsEachCollectedOnce(2)
    }

    /// On a file system that is read-only now: status 4 in words, and not one request that writes.
    @Test(.enabled(if: canMount, "needs root and unshare"))
    func aDataFileThatCannotBeWrittenStopsThePass() async throws {
        let stage = try await Stage()
        let folder = stage.site.program.folder.path
        let ended = try await stage.site.program.run(
            below: "/usr/bin/unshare",
            [
                "--mount", "/bin/sh", "-c",
                "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && cd \"$0\" && exec \"$@\"", folder,
            ], stage.site.passArguments())
        #expect(ended.status == 4, "\(ended.output) \(ended.error)")
        #expect(ended.error.contains("Error: "))
        #expect(stage.server.requests.allSatisfy { !$0.writes })
        try await stage.site.settle()
        try await stage.expectsEachCollectedOnce(2)
    }

    /// A disk of half a megabyte that fills up: status 4, and what was sent is on it.
    @Test(.enabled(if: canMount, "needs root and unshare"))
    func aSmallDiskThatFillsUpStopsThePassAndLosesNothing() async throws {
        let stage = try await Stage(cards: Array(repeating: "pm_card_visa", count: 20)) {
            $0.ignoresIdempotencyKeys = true
        }
        let folder = stage.site.program.folder.path
        let bytes = try FileManager.default.attributesOfItem(atPath: folder + "/dunlin.db")[.size] as? Int
        let kilobytes = try #require(bytes) / 1024 + 200
        // The disk ends with its namespace: what was on it is copied out first.
        let ended = try await stage.site.program.run(
            below: "/usr/bin/unshare",
            [
                "--mount", "/bin/sh", "-c",
                "mkdir disk && mount -t tmpfs -o size=\(kilobytes)k tmpfs disk && cp dunlin.db disk/ && cd disk && "
                    + "\"$@\"; code=$?; cd .. && cp disk/dunlin.db* . ; exit $code", "sh",
            ], stage.site.passArguments())
        #expect(ended.status == 4, "\(ended.status) \(ended.output) \(ended.error)")
        let confirmed = stage.server.count(GatewayRequest.confirm)
        #expect(try await stage.site.list("attempts").count >= confirmed)
        try await stage.site.settle()
        try await stage.expectsEachCollectedOnce(20)
    }

    private static var canMount: Bool {
        guard getuid() == 0, FileManager.default.isExecutableFile(atPath: "/usr/bin/unshare") else { return false }
        let probe = Process()
        probe.executableURL = URL(filePath: "/usr/bin/unshare")
        probe.arguments = ["--mount", "/bin/true"]
        probe.standardError = FileHandle.nullDevice
        do { try probe.run() } catch { return false }
        probe.waitUntilExit()
        return probe.terminationStatus == 0
    }

    // MARK: - Clocks

    private static let fakeTime = [
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
    ].first { FileManager.default.fileExists(atPath: $0) }

    /// The machine's clock is an hour off: nothing is planned and nothing charged, in either direction.
    @Test(.enabled(if: fakeTime != nil, "libfaketime is not installed"), arguments: ["+1h", "-1h"])
    func aMachineWhoseClockIsWrongChargesNothing(shift: String) async throws {
        let program = try Program()
        let now = Date().formatted(.iso8601)
        let sandbox = try await SandboxProcess(program, now: now, arguments: [])
        var site = try Site([.stripe: sandbox.baseURL], usesWorldClock: false)
        let rows = try await Self.subscriptions(2, sandbox).map { row in
            var row = row
            row.anchor = String(now.dropLast())
            row.billFrom = "anchor"
            return row
        }
        try await site.open(rows)
        site.program.environment["LD_PRELOAD"] = Self.fakeTime
        site.program.environment["FAKETIME"] = shift
        let ended = try await site.program.run(site.passArguments())
        #expect(ended.status == 1, "\(ended.output) \(ended.error)")
        #expect(ended.error.contains("clock"))
        site.program.environment["LD_PRELOAD"] = nil
        #expect(try await sandbox.audit().successes == 0)
        #expect(try await site.list("invoices").isEmpty)
    }
}

/// Kills workers and puts them to sleep by a seed, and starts others in their place.
private final class Mischief {
    private static let workers = 3

    private let site: Site
    private let proxy: FaultyProxy
    private var generator: SeededGenerator
    private var awake: [RunningProgram] = []
    private var asleep: [(program: RunningProgram, wakes: ContinuousClock.Instant)] = []
    private(set) var kills = 0
    private(set) var sleeps = 0

    init(site: Site, proxy: FaultyProxy, seed: UInt64) {
        self.site = site
        self.proxy = proxy
        generator = SeededGenerator(seed: seed)
    }

    func make(seconds: Int64) async throws {
        let end = ContinuousClock.now + .seconds(seconds)
        var next = ContinuousClock.now
        while ContinuousClock.now < end {
            while awake.count + asleep.count < Self.workers {
                awake.append(try site.program.start(["run", "--now", Dates.start], secondsMax: 1_800))
            }
            wake(at: .now)
            if ContinuousClock.now >= next {
                try await act()
                next = .now + .milliseconds(Int.random(in: 200...1_500, using: &generator))
            }
            try await aMoment()
        }
        wake(at: end + .seconds(3_600))
        for worker in awake { worker.kill() }
        for worker in awake { try await worker.end() }
    }

    private func act() async throws {
        guard let index = awake.indices.randomElement(using: &generator) else { return }
        let worker = awake.remove(at: index)
        if Bool.random(using: &generator) {
            worker.kill()
            try await worker.end()
            kills += 1
        } else {
            try await worker.fallAsleep()
            let wakes = ContinuousClock.now + .milliseconds(Int.random(in: 100...4_000, using: &generator))
            asleep.append((worker, wakes))
            sleeps += 1
        }
    }

    private func wake(at instant: ContinuousClock.Instant) {
        let woken = asleep.filter { $0.wakes <= instant }.map(\.program)
        asleep.removeAll { $0.wakes <= instant }
        for worker in woken { worker.wakeUp() }
        awake += woken
    }
}
