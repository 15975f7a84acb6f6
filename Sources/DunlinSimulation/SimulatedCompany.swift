public import DunlinCalendar
import DunlinCore
public import DunlinDatabase
import DunlinGateways
public import DunlinJobs
public import DunlinQueue
public import DunlinSandbox
public import Logging

/// A company with a data file of its own, whose gateways are a sandbox in the same process: the real jobs, drivers and
/// SQL on a virtual clock.
public struct SimulatedCompany: Sendable {
    public let time: VirtualTime
    public let sandbox: Sandbox
    public let billing: Billing
    public let holder: ProcessIdentity

    /// - Parameters:
    ///   - database: with all tables; the sample is stored by `open`.
    ///   - rules: as people set them.
    public init(
        database: Database, rules: BillingRules, start: Instant, seed: UInt64, userAgent: String, logger: Logger,
        change: (inout SandboxOptions) -> Void = { _ in }
    ) throws {
        let time = VirtualTime(startingAt: start)
        let clock = time.billingClock(seed: seed)
        var options = SandboxOptions()
        options.seed = seed
        options.start = start.milliseconds
        options.makesEvents = false
        // Older objects are never asked for again; the audit keeps its counts.
        options.horizonMilliseconds = 120 * 86_400_000
        change(&options)
        let sandbox = Sandbox(options)
        var gateways: [String: BillingGateway] = [:]
        for kind in [GatewayKind.stripe, .wooshpay] {
            let settings = GatewaySettings(
                name: kind.rawValue, kind: kind, key: Secret(SampleRegistration.key), userAgent: userAgent,
                returnURL: "https://example.com/back")
            let driver = try settings.gateway(
                environment: GatewayEnvironment(
                    transport: SandboxTransport(
                        sandbox: sandbox, time: time, dialect: kind == .stripe ? .stripe : .wooshpay),
                    now: clock.now, sleep: clock.sleep, randomBits: clock.randomBits))
            gateways[kind.rawValue] = BillingGateway(
                driver: driver, sending: .twoPhase, retryMode: kind == .stripe ? .sameIntent : .newIntent, limits: nil)
        }
        self.time = time
        self.sandbox = sandbox
        holder = ProcessIdentity(host: "simulation", bootID: "1", pid: 1, startTicks: 1)
        billing = Billing(
            database: database, databaseID: database.databaseID ?? "", gateways: gateways, clock: clock, rules: rules,
            logger: logger)
    }

    /// Creates the sample's customers and cards at the gateway and stores all of it.
    public func open(_ sample: SampleData) async throws {
        var sample = sample
        try await SampleRegistration(sandbox).register(&sample)
        try await sample.store(in: billing.database)
    }

    public func pass(waitSeconds: Int64 = 0) async throws -> Pass.Result {
        var options = Pass.Options()
        options.waitSeconds = waitSeconds
        return try await Pass(billing: billing, holder: holder, options: options, holderIsDead: { _ in false }).run()
    }
}
