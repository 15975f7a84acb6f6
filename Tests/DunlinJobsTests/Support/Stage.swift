import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinDefaults
import DunlinGateways
import DunlinLedger
import DunlinQueue
import DunlinReports
import DunlinSandbox
import DunlinTesting
import Logging
import Synchronization

@testable import DunlinJobs

/// How a stage is set up; a test names only what matters to it.
struct StageOptions: Sendable {
    var kind = GatewayKind.stripe
    var sending = SendingMode.twoPhase
    var ignoresKeys = false
    var quirks = WooshPayQuirks()
    var limits: GatewayLimits?
    var concurrency = 50
    var ceilings: [Currency: Int64] = [:]
    var catchUp = CatchUpRules()
    /// nil for the least that works.
    var policies: DunningPolicies?
    var spreadSeconds: Int64 = 0
    var schedule: [CronLine] = []
    var fileStamp: String?
    var noticeSink: (any NoticeSink)?
    var notices = NoticeRules()
    var recoveryLink: RecoveryAddress?
    var isOnDisk = false
    /// The gateway sends events; else it keeps none, which is faster.
    var makesEvents = false
    var faults = DatabaseFaults.none
    /// 2026-01-01T00:00:00Z
    var start = Instant(seconds: 1_767_225_600)
}

/// A whole Dunlin on a virtual clock: real SQLite, real drivers, real jobs; only the gateway is a model.
final class Stage: Sendable {
    static let databaseID = "stage-database"
    static let key = "sk_test_stage0001"

    let options: StageOptions
    let clock: VirtualClock
    let sandbox: Sandbox
    let fuse = Fuse()
    let wire: Wire
    let database: Database
    private let temporary: TemporaryDatabase?
    private let generator: Mutex<SeededGenerator>
    private let declines: DeclineTable
    private let pid = Mutex<Int32>(1)
    /// Awaited whenever a run was cut off, before the next process goes on.
    let whenCut = Mutex<(@Sendable () async throws -> Void)?>(nil)
    private let extraGateways = Mutex<[String: BillingGateway]>([:])

    /// The name of the gateway in the settings.
    var name: String { options.kind.rawValue }

    init(_ change: (inout StageOptions) -> Void = { _ in }) throws {
        var options = StageOptions()
        change(&options)
        self.options = options
        clock = VirtualClock(start: options.start)
        var world = SandboxOptions()
        world.start = options.start.milliseconds
        world.ignoresIdempotencyKeys = options.ignoresKeys
        world.quirks = options.quirks
        world.makesEvents = options.makesEvents
        if options.makesEvents {
            world.stripeWebhookURLs = ["https://example.com/webhooks/stripe"]
            world.wooshpayWebhookURLs = ["https://example.com/webhooks/wooshpay"]
        }
        sandbox = Sandbox(world)
        wire = Wire(
            sandbox: sandbox, dialect: options.kind == .stripe ? .stripe : .wooshpay, clock: clock, fuse: fuse)
        generator = Mutex(SeededGenerator(seed: 7))
        declines = try Self.declines.get()
        let (fuse, faults) = (fuse, options.faults)
        let adjust: (inout DatabaseOptions) -> Void = {
            $0.steps = fuse.steps
            $0.faults = DatabaseFaults(
                beforeStatement: { sql in
                    try faults.beforeStatement?(sql)
                    try fuse.reachStatement(besides: Self.passSteps)
                },
                failureOfCommit: faults.failureOfCommit)
        }
        temporary =
            options.isOnDisk
            ? try TemporaryDatabase.onDisk(Self.migrations, databaseID: Self.databaseID, adjust: adjust) : nil
        database =
            try temporary?.database
            ?? TemporaryDatabase.inMemory(Self.migrations, databaseID: Self.databaseID, adjust: adjust)
    }

    /// The same world with another data file: a restored or copied one.
    init(continuing other: Stage, database: Database) {
        options = other.options
        clock = other.clock
        sandbox = other.sandbox
        wire = other.wire
        self.database = database
        temporary = other.temporary
        generator = Mutex(SeededGenerator(seed: 8))
        declines = other.declines
    }

    /// Steps of every pass, whatever its jobs are.
    static let passSteps: Set<String> = [
        "rescue", "note-clock", "plan-parked", "plan-changed", "claim", "bind", "stamp", "ticks",
    ]

    private static let declines = Result { try DeclineTable(parsing: Defaults.declines) }
    static var migrations: [Migration] { QueueSchema.migrations + Ledger.migrations }

    /// The folder of a stage on disk.
    var folder: TemporaryFolder? { temporary?.folder }

    // MARK: - Billing

    func driver(
        named name: String? = nil, key: String = Stage.key, transport: (any Transport)? = nil
    ) throws -> any PaymentGateway {
        let clock = clock
        return try GatewaySettings(
            name: name ?? self.name, kind: options.kind, key: Secret(key), sending: options.sending,
            userAgent: "dunlin/test", returnURL: "https://example.com/back"
        ).gateway(
            environment: GatewayEnvironment(
                transport: transport ?? wire, now: { clock.now },
                sleep: { clock.set(clock.now.adding(milliseconds: $0)) }, randomBits: { 0 }))
    }

    func gateway(_ driver: any PaymentGateway) -> BillingGateway {
        BillingGateway(
            driver: driver, sending: options.sending,
            retryMode: options.kind == .stripe ? .sameIntent : .newIntent, limits: options.limits)
    }

    func add(_ gateway: BillingGateway) { extraGateways.withLock { $0[gateway.driver.name] = gateway } }

    /// What a process of its own is given.
    func billing(
        driver: (any PaymentGateway)? = nil, rules change: (inout BillingRules) -> Void = { _ in }
    ) throws -> Billing {
        let clock = clock
        var rules = BillingRules(declines: declines)
        rules.ceilings = options.ceilings
        rules.catchUp = options.catchUp
        if let policies = options.policies { rules.policies = policies }
        rules.spreadSeconds = options.spreadSeconds
        rules.notices = options.notices
        change(&rules)
        var gateways = [name: gateway(try driver ?? self.driver())]
        gateways.merge(extraGateways.withLock { $0 }) { $1 }
        return Billing(
            database: database, databaseID: Self.databaseID, fileStamp: options.fileStamp, gateways: gateways,
            clock: BillingClock(
                now: { clock.now }, monotonicMilliseconds: { clock.now.milliseconds },
                randomBits: { self.generator.withLock { $0.next() } },
                sleep: { clock.set(clock.now.adding(milliseconds: $0)) }), rules: rules, schedule: options.schedule,
            noticeSink: options.noticeSink, recoveryLink: options.recoveryLink,
            logger: Logger(label: "stage") { _ in SwiftLogNoOpLogHandler() },
            steps: fuse.steps)
    }

    /// A process that has not been seen before; all earlier ones are dead.
    func newProcess() -> ProcessIdentity {
        let pid = pid.withLock { pid in
            pid += 1
            return pid
        }
        return ProcessIdentity(host: "host", bootID: "boot", pid: pid, startTicks: UInt64(pid))
    }

    /// One pass of a process of its own.
    @discardableResult
    func pass(
        driver: (any PaymentGateway)? = nil, options change: (inout Pass.Options) -> Void = { _ in },
        rules: (inout BillingRules) -> Void = { _ in }
    ) async throws -> Pass.Result {
        // A store that failed ended the process before; the next one opens the file anew.
        if database.storeFailure != nil { try await database.write { _ in } }
        let holder = newProcess()
        var passOptions = Pass.Options()
        passOptions.concurrency = options.concurrency
        change(&passOptions)
        return try await Pass(
            billing: try billing(driver: driver, rules: rules), holder: holder, options: passOptions,
            holderIsDead: { $0 != holder }
        ).run()
    }

    /// Passes until nothing is due before `end`, moving the clock from one due time to the next; a pass that is cut off
    /// is followed by another process. The clock stands at `end` then.
    func run(until end: Instant) async throws {
        var passes = 0
        while true {
            do {
                try await pass()
            } catch is RunCutOff {
                fuse.revive()
                try await whenCut.withLock { $0 }?()
                continue
            }
            guard let due = try await nextDue(), due <= end else { break }
            // What is due and was left alone waits for the gateway, or for somebody.
            let next = due > clock.now ? due : clock.now.adding(hours: 1)
            guard next <= end else { break }
            clock.set(next)
            passes += 1
            guard passes < 600 else { throw StageError("the work does not come to an end") }
        }
        if clock.now < end { clock.set(end) }
    }

    func run(days: Int64) async throws { try await run(until: clock.now.adding(days: days)) }

    private func nextDue() async throws -> Instant? {
        try await database.read { tx in
            let times: [Instant?] = [
                try tx.value("SELECT MIN(run_at) FROM jobs WHERE state = 'ready'"),
                try tx.value("SELECT MIN(lease_until) FROM jobs WHERE state = 'running'"),
                try tx.value("SELECT MIN(next_boundary_at) FROM billing_state"),
            ]
            return times.compactMap { $0 }.min()
        }
    }
}

struct StageError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
