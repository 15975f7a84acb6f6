import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinGateways
import DunlinJobs
import DunlinSandbox
import Logging

/// What a process of the run works with: the data file, the gateways, clock and chance, all of which fail as the seed
/// drew it.
struct Installation {
    let world: World
    let process: SimulatedProcess

    /// - Throws: `DatabaseError`.
    func openDatabase() throws -> Database {
        var options = world.databaseOptions(opening: .mustExist)
        options.steps = steps
        options.faults = faults
        return try Database.open(options)
    }

    var steps: Steps {
        let (world, process) = (world, process)
        return Steps { step in try await world.reach(step, process) }
    }

    static var quiet: Logger { Logger(label: "simulated") { _ in SwiftLogNoOpLogHandler() } }

    private var faults: DatabaseFaults {
        let world = world
        return DatabaseFaults(
            beforeStatement: { _ in
                if world.strikes(.storeBusy) { throw DatabaseError(.busy, "a planted fault: the database is busy") }
                if world.strikes(.storeFailure) {
                    throw DatabaseError(
                        world.chance.happens(500_000, "store") ? .full : .ioError, "a planted fault of the disk")
                }
            },
            failureOfCommit: { _ in world.strikes(.storeFailure) ? .full : nil })
    }

    private var clock: BillingClock {
        let (world, process) = (world, process)
        return BillingClock(
            now: { process.wallNow }, monotonicMilliseconds: { world.now.milliseconds },
            randomBits: { world.chance.bits("jobs") },
            sleep: { milliseconds in
                await world.wait(milliseconds, process)
                if process.isDead || world.isHalted { throw RunCutOff(step: "sleep") }
            })
    }

    /// - Parameter isElsewhere: it was given the key of another account.
    /// - Throws: what a driver says of its settings.
    func billing(_ database: Database, isElsewhere: Bool) throws -> Billing {
        process.isElsewhere = isElsewhere
        if isElsewhere { world.note("\(process.place).\(process.number) has the key of another account") }
        var gateways: [String: BillingGateway] = [:]
        for kind in [GatewayKind.stripe, .wooshpay] {
            gateways[kind.rawValue] = try gateway(kind, isElsewhere: isElsewhere)
        }
        return Billing(
            database: database, databaseID: database.databaseID ?? "", gateways: gateways, clock: clock,
            rules: world.rules, schedule: Self.schedule, logger: Self.quiet, steps: steps)
    }

    private func gateway(_ kind: GatewayKind, isElsewhere: Bool) throws -> BillingGateway {
        let clock = clock
        let sending = kind == .stripe ? world.plan.stripeSending : .twoPhase
        let transport = FaultyTransport(
            world: world, process: process, kind: kind, sandbox: isElsewhere ? world.otherSandbox : world.sandbox)
        let driver = try GatewaySettings(
            name: kind.rawValue, kind: kind,
            key: Secret(isElsewhere ? "sk_test_other0123456789" : SampleRegistration.key), sending: sending,
            userAgent: "dunlin/simulated", returnURL: "\(PayHost.origin)/pay/return"
        ).gateway(
            environment: GatewayEnvironment(
                transport: transport, now: clock.now, sleep: clock.sleep, randomBits: clock.randomBits))
        return BillingGateway(
            driver: driver, sending: sending,
            retryMode: kind == .stripe ? world.plan.stripeRetryMode : .newIntent, limits: nil)
    }

    /// Each kind that a schedule may start, once a day.
    private static let schedule: [CronLine] = {
        let kinds = ScheduledKinds.known.keys.sorted()
        let lines = kinds.enumerated().map { "\($1) \($0 * 7 % 60) 4 * * * UTC \($1)" }
        return CronTable(lines.joined(separator: "\n"), knownKinds: ScheduledKinds.known).lines
    }()
}
