import ArgumentParser
import DunlinDatabase
import DunlinJobs

/// `dunlin run`: plans what is due and charges it, once for cron or as a long-lived worker.
struct RunCommand: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Plan what is due and charge it: once, for cron, or until it is stopped.",
        discussion: """
            A pass ends when nothing is ready, or becomes ready within --wait. Declines are not errors: exit status 0.
            1 says that something needs a person that did not before, or that the clocks disagree; 3 that a key is
            missing or refused, or that a gateway is halted or does not answer.

            Examples:
              dunlin run --once
              dunlin run --once --json --max-time 240
              dunlin run --once --dry-run
              dunlin run
              dunlin run --backfill 2026-07-01..2026-09-30 --out july-to-september.plan
              dunlin run --apply july-to-september.plan
            """)

    @Flag(help: "One pass, then exit: the form for cron.")
    var once = false

    @Flag(help: "With --once: print what would be invoiced and charged. Nothing is stored, nothing is sent.")
    var dryRun = false

    @Option(help: .init("Wait this long for work that becomes ready. Default: 120.", valueName: "seconds"))
    var wait: Int?

    @Option(help: .init("Wait this long for the leases of other hosts. Default: 0.", valueName: "seconds"))
    var grace: Int?

    @Option(help: .init("Begin nothing new after this time.", valueName: "seconds"))
    var maxTime: Int?

    @OptionGroup(title: "By hand") var byHand: BackfillOptions
    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func validate() throws {
        try byHand.check(once: once)
        for (name, value) in [("--wait", wait), ("--grace", grace), ("--max-time", maxTime)] {
            if let value, value < 0 { throw ValidationError("\(name) is below 0") }
        }
        if !once, wait != nil || grace != nil || maxTime != nil {
            throw ValidationError("--wait, --grace and --max-time go with --once")
        }
        if dryRun, !once { throw ValidationError("--dry-run goes with --once") }
    }

    func run(in context: Context) async throws -> ExitStatus {
        let settings = try context.settings()
        return try await LiveBilling.use(context, settings) { live in try await run(context, settings, live) }
    }

    private func run(_ context: Context, _ settings: Settings, _ live: LiveBilling) async throws -> ExitStatus {
        if byHand.backfill != nil {
            return try await BackfillPlanning(context: context, settings: settings, live: live, options: byHand).run()
        }
        if byHand.apply != nil {
            return try await PlanApplication(context: context, settings: settings, live: live, options: byHand).run()
        }
        return once
            ? try await runOnce(context, settings, live)
            : try await WorkerLoop(context: context, settings: settings, live: live).run()
    }

    private func runOnce(_ context: Context, _ settings: Settings, _ live: LiveBilling) async throws -> ExitStatus {
        if dryRun { return try await rehearse(context, settings, live) }
        var options = Pass.Options()
        options.concurrency = settings.worker.concurrency
        if let wait { options.waitSeconds = Int64(wait) }
        if let grace { options.graceSeconds = Int64(grace) }
        options.checksItself = true
        options.timeMaxSeconds = maxTime.map(Int64.init)
        let source = try await SourceReading(context, settings, live.billing.database)?.readBeforePass()
        if let source, !source.mayPlan { options.plansDue = false }
        let result = try await live.pass(options).run()
        let report = PassReport(result)
        try context.output.show(report) { report.lines }
        if let source, source.status != .done, result.exitStatus == .done { return source.status }
        return result.exitStatus
    }
}

extension RunCommand {
    /// What a pass would do: the owner's own tables are read for it too, and taken back with it.
    private func rehearse(_ context: Context, _ settings: Settings, _ live: LiveBilling) async throws -> ExitStatus {
        let source = SourceReading(context, settings, live.billing.database)
        let outcome = try await source?.readBeforePass(keepsRows: false) ?? .init()
        let reads = outcome.mayPlan ? source : nil
        let result = try await DryRun(
            billing: live.billing, waitSeconds: Int64(wait ?? 120), plansDue: outcome.mayPlan,
            before: { tx in try reads?.rehearse(tx) }
        ).run()
        let report = DryRunReport(result)
        try context.output.show(report) { report.lines(context.output) }
        return outcome.status
    }
}

/// The result of a pass as scripts read it: fields are added, never renamed.
struct PassReport: Encodable {
    let due: Int
    let invoiced: Int
    let attempted: Int
    let succeeded: Int
    let declined: Int
    let needsCustomer: Int
    let refused: Int
    let elapsedMs: Int64
    let processing: Int
    let unknown: Int
    let waiting: Int
    let parked: Int
    let deadJobs: Int
    /// What needs a person that did not before: exit status 1.
    let newForPeople: Int
    /// Ticks of the schedule that fired; those that were missed and are not made up for.
    let ticks: Int
    let missedTicks: Int
    /// Gateways that were left out or are stopped, with why.
    let gateways: [String: String]

    init(_ result: Pass.Result) {
        due = result.planned.due
        invoiced = result.planned.invoiced
        attempted = result.counts.attempted
        succeeded = result.counts.succeeded
        declined = result.counts.declined
        needsCustomer = result.counts.needsCustomer
        refused = result.counts.refused
        elapsedMs = result.elapsedMilliseconds
        processing = result.processing
        unknown = result.unknown
        waiting = result.waiting
        parked = result.parked
        deadJobs = result.deadJobs
        newForPeople = result.newForPeople
        ticks = result.ticks
        missedTicks = result.missedTicks.values.reduce(0, +)
        gateways = result.refused.mapValues(\.text).merging(
            result.stopped.mapValues { "charging is stopped: \($0)" }, uniquingKeysWith: { first, _ in first })
    }

    var lines: [String] {
        var lines = [
            "due \(due), invoiced \(invoiced), attempted \(attempted): \(succeeded) succeeded, \(declined) declined, "
                + "\(needsCustomer) need the customer, \(refused) refused",
            "processing \(processing), unknown \(unknown), waiting \(waiting), parked \(parked), dead jobs \(deadJobs)",
        ]
        if newForPeople > 0 { lines.append("new for a person: \(newForPeople); look with dunlin status") }
        if ticks + missedTicks > 0 { lines.append("schedule: \(ticks) fired, \(missedTicks) missed") }
        lines += gateways.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        return lines
    }
}

extension FirstContact.Verdict {
    var text: String {
        switch self {
        case .ready: "ready"
        case .clockRefused(let why), .keyRefused(let why): why
        case .noAnswer(let why): "no answer: \(why)"
        }
    }
}

extension Pass.Result {
    /// A gateway comes first, since nothing moves there until it is mended.
    var exitStatus: ExitStatus {
        let isHalted = refused.values.contains { verdict in
            switch verdict {
            case .keyRefused, .noAnswer: true
            case .ready, .clockRefused: false
            }
        }
        if isHalted || hasStoppedItself { return .gateway }
        let clocksDisagree = refused.values.contains { if case .clockRefused = $0 { true } else { false } }
        return clocksDisagree || newForPeople > 0 ? .needsPerson : .done
    }
}
