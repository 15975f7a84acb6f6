import DunlinCalendar
import DunlinDatabase
public import DunlinJobs
import DunlinLedger
import DunlinSandbox
import Foundation

/// Runs the real jobs, rules, queue and SQL against the sandbox's model, on virtual time and one thread, while
/// everything goes wrong that can, and judges what came of it.
public struct Simulator: Sendable {
    /// Days without faults at the end: longer than anything that Dunlin waits for by itself.
    static let restDays: Int64 = 4

    let options: SimulatorOptions
    let rules: BillingRules

    public init(_ options: SimulatorOptions, rules: BillingRules) {
        self.options = options
        self.rules = rules
    }

    /// One run, from its seed to its end or to the first promise that is broken.
    ///
    /// - Throws: what makes the simulator itself fail: the sample is refused, or the folder cannot be written.
    public func run() async throws -> SimulatorResult {
        let thread = EventThread(startingAt: World.start)
        defer { thread.end() }
        let chance = Chance(seed: options.seed)
        let plan = FaultPlan(
            kinds: options.profile.kinds(chance: chance).subtracting(options.without), chance: chance)
        let world = World(options: options, plan: plan, chance: chance, thread: thread, rules: rules)
        defer {
            world.close()
            clear()
        }
        return try await withTaskExecutorPreference(thread) { try await run(world) }
    }

    private func run(_ world: World) async throws -> SimulatorResult {
        var sample = SimulatedSample.sample(options, world.plan, world.chance)
        try await SampleRegistration(world.sandbox).register(&sample)
        if world.plan.sharesCard { SimulatedSample.shareCard(of: &sample) }
        try await sample.store(in: world.office())
        try await SettledStates.watch(world.office())
        for fault in world.plan.sandboxFaults { world.sandbox.addFault(fault.rule) }
        let ids = sample.subscriptions.map(\.id)
        let town = Town(world: world, subscriptions: ids)
        await withTaskGroup(of: Void.self) { group in
            for number in 1...world.plan.workers {
                group.addTask { await SimulatedWorker(world: world, place: "w\(number)").run() }
            }
            group.addTask { await Courier(world: world).run() }
            let host = PayHost(world: world)
            group.addTask { await host.run() }
            group.addTask { await Errands(world: world, host: host).run() }
            group.addTask { await town.run() }
            await group.waitForAll()
        }
        try await judgeEnd(world)
        try await count(world)
        return SimulatorResult(
            seed: options.seed, kinds: world.plan.kinds, setting: world.plan.text, violation: world.violation,
            coverage: world.coverage, hash: world.log.hashText, log: world.log.lines)
    }

    private func judgeEnd(_ world: World) async throws {
        guard world.violation == nil else { return }
        let judge = LedgerJudge(world: world)
        world.judged(world.isAtRest ? try await judge.judgeAtRest() : try await judge.judge())
    }

    private func count(_ world: World) async throws {
        let days = world.now.milliseconds(since: World.start) / 86_400_000
        let counts: (Int, Int)? = try await world.office().read { tx in
            try tx.row(
                "SELECT (SELECT COUNT(*) FROM invoices) AS invoices, (SELECT COUNT(*) FROM attempts) AS attempts"
            ) { (try $0.get("invoices"), try $0.get("attempts")) }
        }
        world.coverage.invoices = counts?.0 ?? 0
        world.coverage.attempts = counts?.1 ?? 0
        let audit = world.sandbox.audit
        world.coverage.successes = audit.successes
        world.coverage.declines = audit.declines
        world.coverage.subscriptionDays = days * Int64(options.subscriptions)
        countFaults(world, audit)
    }

    /// Those that others make: the sandbox, and the setting of the run, which strikes once and for all.
    private func countFaults(_ world: World, _ audit: SandboxAudit) {
        let kinds = Dictionary(world.plan.sandboxFaults.map { ($0.rule.kind, $0.kind) }) { first, _ in first }
        for (fault, count) in audit.faults {
            if let kind = kinds[fault] { world.strike(kind, times: count) }
        }
        let events = world.sandbox.webhookStrikes
        world.strike(.eventsLost, times: events.lost)
        world.strike(.eventsLate, times: events.late)
        world.strike(.eventsDoubled, times: events.doubled)
        world.strike(.eventsReordered, times: events.reordered)
        for kind in [FaultKind.otherMachines, .clockSkew] where world.plan.has(kind) { world.strike(kind) }
    }

    /// The data files of the run go with it.
    private func clear() {
        let files = try? FileManager.default.contentsOfDirectory(atPath: options.folder)
        for name in files ?? [] where name.hasPrefix("dunlin-") {
            try? FileManager.default.removeItem(atPath: options.folder + "/" + name)
        }
    }
}

/// What happens to the whole installation, day by day: people, downtime, outages, restored copies; and the judges.
struct Town: Sendable {
    let world: World
    let subscriptions: [String]

    func run() async {
        var copies: [(number: Int, at: Instant)] = []
        var fileCount = 0
        let restEnd = world.end.adding(days: Simulator.restDays)
        var end = restEnd
        while !world.isOver {
            await world.wait(86_400_000 + world.chance.number(-30_000_000...30_000_000, "day"), nil)
            if world.isOver { return }
            if world.now >= world.end { world.rest() }
            do {
                if world.isAtRest {
                    end = min(end, world.now.adding(days: Simulator.restDays))
                    try await People(world).startCharging()
                } else {
                    await People(world).live(subscriptions)
                    trouble()
                    try await copyOrRestore(&copies, &fileCount)
                }
                if let found = try await LedgerJudge(world: world).judge() {
                    world.violate(found.judge, found.rule, found.text)
                }
            } catch {
                world.violate("simulator", "failed", "\(error)")
            }
            if world.isAtRest, world.now >= end { world.isOver = true }
        }
    }

    private func trouble() {
        if world.strikes(.outage) {
            world.outageUntil = world.now.adding(minutes: world.chance.number(5...600, "outage"))
            world.note("the gateways do not answer until \(world.outageUntil.rfc3339Seconds)")
        }
        if world.strikes(.downtime) {
            world.downUntil = world.now.adding(hours: world.chance.number(1...200, "downtime"))
            world.note("nothing runs until \(world.downUntil.rfc3339Seconds)")
            endAll()
        }
    }

    private func endAll() {
        for process in world.processes.values.sorted(by: { $0.number < $1.number }) { process.end() }
    }

    // MARK: - Copies

    /// Somebody keeps copies of the data file, and one day one of them takes its place.
    private func copyOrRestore(_ copies: inout [(number: Int, at: Instant)], _ count: inout Int) async throws {
        guard world.plan.has(.restore) else { return }
        if world.chance.happens(150_000, "copy") {
            count += 1
            try await world.office().backup(to: world.copyPath(count))
            copies.append((count, world.now))
            if copies.count > 4 { copies.removeFirst() }
            world.note("copy \(count) is made")
        }
        guard copies.count > 1, world.strikes(.restore) else { return }
        let chosen = copies[Int(world.chance.number(0...Int64(copies.count - 2), "copy"))]
        copies.removeAll { $0.number >= chosen.number }
        endAll()
        // A debt that came due a moment ago is not late, and is not asked about (docs/proof.md).
        world.downUntil = world.now.adding(minutes: 20)
        await world.wait(60_000, nil)
        world.goOn(withFile: chosen.number)
        try await People(world).readWishes()
        await world.holds.read(world, isAfresh: true)
        world.note("the data file is copy \(chosen.number) of \(chosen.at.rfc3339Seconds) from now on")
    }
}
