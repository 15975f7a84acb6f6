import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinDefaults
import DunlinJobs
import DunlinLedger
import DunlinQueue
import Foundation
import Logging

/// Everything that charging needs, made from the settings: the one place where the jobs meet the world.
struct LiveBilling: Sendable {
    let billing: Billing
    let holder: ProcessIdentity
    private let gateways: LiveGateways
    private let notices: LiveNotices
    private let processes = ProcessTable()

    /// Opens the data file for `body`, and closes it and every connection after it.
    static func use<T>(
        _ context: Context, _ settings: Settings, _ body: (LiveBilling) async throws -> T
    ) async throws -> T {
        let database = try context.openDatabase(settings)
        defer { database.close() }
        let live = try LiveBilling(context, settings, database)
        do {
            let result = try await body(live)
            try await live.shutDown()
            return result
        } catch {
            try await live.shutDown()
            throw error
        }
    }

    /// How reads are kept within the gateways' limits.
    enum Reads {
        /// By permits that all processes share through the data file.
        case permits
        /// By time, in this process alone: for a data file that is only read.
        case paced
    }

    /// - Throws: what the settings, the policy files, the keys or the data file have against it.
    init(_ context: Context, _ settings: Settings, _ database: Database, reads: Reads = .permits) throws {
        let clock = context.clock
        // Who only looks tells nobody.
        notices = try LiveNotices(settings, clock: clock, isUsed: reads == .permits)
        let gate =
            switch reads {
            case .permits: Self.readGate(settings, database, clock)
            case .paced: Self.pacedGate(settings, clock)
            }
        gateways = try LiveGateways(settings, clock: clock, readGate: gate)
        billing = Billing(
            database: database, databaseID: database.databaseID ?? "", fileStamp: try database.stamp(),
            gateways: Self.configured(settings, gateways), keyless: Self.keyless(settings),
            clock: BillingClock(
                now: clock.now, monotonicMilliseconds: clock.elapsedMilliseconds, randomBits: Chance.bits,
                sleep: clock.sleep(milliseconds:)),
            rules: try Self.rules(context, settings), schedule: try ScheduleFile(context).checkedLines(),
            noticeSink: notices.sink,
            recoveryLink: reads == .permits ? try Self.recoveryLink(settings, database) : nil, logger: context.log)
        holder = processes.identity()
    }

    func pass(_ options: Pass.Options) -> Pass {
        let processes = processes
        return Pass(billing: billing, holder: holder, options: options, holderIsDead: processes.isDead)
    }

    /// Closes the connections. Every pass must have ended before.
    func shutDown() async throws {
        try await notices.shutDown()
        try await gateways.shutDown()
    }

    // MARK: - Parts

    /// The address of a debt's page, for the notices that tell of it. A notice that is sent before any page was served has
    /// it too, where somebody has said that there are pages.
    private static func recoveryLink(_ settings: Settings, _ database: Database) throws -> RecoveryAddress? {
        let makesKey = settings.publicURL != nil && settings.notices.sink != .none
        guard let recovery = try LiveRecovery(settings, databaseID: database.databaseID, makesKey: makesKey) else {
            return nil
        }
        return { invoice, now, tx in
            let link = try RecoveryLinks.issue(invoice, days: recovery.linkDays, now: now, tx)
            return recovery.address(of: invoice.recoveryDebt, generation: link.generation)
        }
    }

    private static func configured(_ settings: Settings, _ live: LiveGateways) -> [String: BillingGateway] {
        var configured: [String: BillingGateway] = [:]
        for gateway in settings.gateways {
            guard let driver = live.byName[gateway.name] else { continue }
            configured[gateway.name] = BillingGateway(
                driver: driver, sending: gateway.sending, retryMode: gateway.retryMode, limits: gateway.billingLimits,
                description: gateway.description, statementSuffix: gateway.statementSuffix)
        }
        return configured
    }

    private static func keyless(_ settings: Settings) -> [String: String] {
        let without = settings.gateways.filter { $0.secretKey == nil }
        return Dictionary(without.map { ($0.name, $0.keyVariable) }, uniquingKeysWith: { first, _ in first })
    }

    private static func rules(_ context: Context, _ settings: Settings) throws -> BillingRules {
        var rules = BillingRules(
            declines: try context.declineTable(), policies: try context.dunningPolicies())
        rules.lateAfterSeconds = Int64(settings.lateAfterMinutes) * 60
        rules.catchUp = settings.catchUp
        rules.notices = NoticeRules(settings.notices)
        rules.selfCheck = settings.selfCheck
        rules.spreadSeconds = Int64(settings.renewalSpreadMinutes) * 60
        rules.refundsCollectedAfterCancel = settings.refundsCollectedAfterCancel
        rules.isTimeTravel = context.clock.isShifted
        for ceiling in settings.ceilings { rules.ceilings[ceiling.currency] = ceiling.minorUnits }
        return rules
    }

    private static func pacedGate(
        _ settings: Settings, _ clock: LiveClock
    ) -> @Sendable (_ gateway: String, _ endpoint: String) async -> Void {
        let paces = Dictionary(
            settings.gateways.map {
                ($0.name, PacedReads(perSecond: min($0.limits.perSecond, $0.limits.perEndpointPerSecond), clock: clock))
            }, uniquingKeysWith: { first, _ in first })
        return { gateway, _ in await paces[gateway]?.pass() }
    }

    /// So long a read that nobody waits for gives way to others; then it takes its turn, so that it ends some day.
    private static let patienceMilliseconds: Int64 = 10_000

    /// Reads wait for a permit of their own; requests that move money took theirs before their job was claimed.
    private static func readGate(
        _ settings: Settings, _ database: Database, _ clock: LiveClock
    ) -> @Sendable (_ gateway: String, _ endpoint: String) async -> Void {
        let limits = Dictionary(
            settings.gateways.map { ($0.name, $0.billingLimits) }, uniquingKeysWith: { first, _ in first })
        return { gateway, endpoint in
            guard let limits = limits[gateway] else { return }
            let isLow = ReadPriority.current == .low
            let patientUntil = clock.elapsedMilliseconds() + Self.patienceMilliseconds
            while !Task.isCancelled {
                let now = clock.now()
                let isPatient = isLow && clock.elapsedMilliseconds() < patientUntil
                let next = try? await database.write(step: "permit") { tx in
                    try limits.takeForRead(
                        endpoint: endpoint, gateway: gateway, priority: isPatient ? .low : .usual, now: now, tx)
                }
                // A store that cannot count permits is found out by the next transaction of the job itself.
                guard let next = next ?? nil else { return }
                try? await clock.sleep(milliseconds: max(1, next.milliseconds(since: clock.now())))
            }
        }
    }
}

extension ConfiguredGateway {
    fileprivate var billingLimits: GatewayLimits {
        GatewayLimits(
            perSecond: Double(limits.perSecond), perEndpointPerSecond: Double(limits.perEndpointPerSecond))
    }
}
