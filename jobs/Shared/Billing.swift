public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase
public import Logging

/// What every job is given: the database, the gateways, the rules, and the clock. Made in one place, by the program.
public struct Billing: Sendable {
    public let database: Database
    public let databaseID: String
    /// Machine, device and inode of the data file; nil for one in memory.
    public let fileStamp: String?
    /// By the name in the settings.
    public let gateways: [String: BillingGateway]
    /// Gateways of the settings that have no key, with where it is to come from: nothing is planned there.
    public let keyless: [String: String]
    public let clock: BillingClock
    public let rules: BillingRules
    /// The lines of the schedule that passes fire.
    public let schedule: [CronLine]
    public let logger: Logger
    public let tally: Tally
    /// Reached before every request that creates or moves money (and, through the database, before every
    /// transaction): where a test or the simulator may cut the run off.
    public let steps: Steps

    public init(
        database: Database, databaseID: String, fileStamp: String? = nil, gateways: [String: BillingGateway],
        keyless: [String: String] = [:], clock: BillingClock,
        rules: BillingRules, schedule: [CronLine] = [], logger: Logger, tally: Tally = Tally(), steps: Steps = .none
    ) {
        self.database = database
        self.databaseID = databaseID
        self.fileStamp = fileStamp
        self.gateways = gateways
        self.keyless = keyless
        self.clock = clock
        self.rules = rules
        self.schedule = schedule
        self.logger = logger
        self.tally = tally
        self.steps = steps
    }

    /// Stores what came of a request. It is repeated while the store is busy or fails, since what is not stored now must
    /// be asked for again; a store that stays broken ends the program, and the attempt stays in flight.
    func writeOutcome<T: Sendable>(
        _ step: String, _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws -> T {
        let clock = clock
        return try await database.writeUntilStored(
            step: step,
            pause: { tries in
                guard tries < Self.outcomeTriesMax else {
                    throw DatabaseError(.ioError, "the store has taken no write for a while: free space, or mend it")
                }
                try await clock.sleep(500)
            }, body)
    }

    static let outcomeTriesMax = 40

    /// The gateway of this name.
    ///
    /// - Throws: `BillingError.unknownGateway`, whose reader adds it to the settings.
    func gateway(_ name: String) throws -> BillingGateway {
        guard let gateway = gateways[name] else { throw BillingError.unknownGateway(name) }
        return gateway
    }
}

/// One configured gateway: its driver and how it is used.
public struct BillingGateway: Sendable {
    public let driver: any PaymentGateway
    public let sending: SendingMode
    public let retryMode: RetryMode
    /// nil for no limits, as at a sandbox on a virtual clock.
    public let limits: GatewayLimits?
    public let description: String?
    public let statementSuffix: String?

    public init(
        driver: any PaymentGateway, sending: SendingMode, retryMode: RetryMode, limits: GatewayLimits?,
        description: String? = nil, statementSuffix: String? = nil
    ) {
        self.driver = driver
        self.sending = sending
        self.retryMode = retryMode
        self.limits = limits
        self.description = description
        self.statementSuffix = statementSuffix
    }

    var name: String { driver.name }
}

/// The only way to the time and to chance below the program.
public struct BillingClock: Sendable {
    public let now: @Sendable () -> Instant
    /// Milliseconds of a clock that never jumps and counts suspension.
    public let monotonicMilliseconds: @Sendable () -> Int64
    public let randomBits: @Sendable () -> UInt64
    /// Waits this many milliseconds; throws when the program is to stop.
    public let sleep: @Sendable (_ milliseconds: Int64) async throws -> Void

    public init(
        now: @escaping @Sendable () -> Instant, monotonicMilliseconds: @escaping @Sendable () -> Int64,
        randomBits: @escaping @Sendable () -> UInt64,
        sleep: @escaping @Sendable (_ milliseconds: Int64) async throws -> Void
    ) {
        self.now = now
        self.sleep = sleep
        self.monotonicMilliseconds = monotonicMilliseconds
        self.randomBits = randomBits
    }

    var generator: ClockGenerator { ClockGenerator(bits: randomBits) }
}

/// Chance from the clock's source, for what wants a generator.
struct ClockGenerator: RandomNumberGenerator {
    let bits: @Sendable () -> UInt64
    mutating func next() -> UInt64 { bits() }
}

/// The rules that people may set.
public struct BillingRules: Sendable {
    public var declines: DeclineTable
    public var dunning: DunningPolicy
    /// A first attempt whose period came due longer than this before it was invoiced asks the gateway first.
    public var lateAfterSeconds: Int64 = 15 * 60
    /// Farther than this from the gateway's clock nothing is planned or charged (money.md 12).
    public var clockToleranceSeconds: Int64 = 5 * 60
    /// True while `--now` stands for the clock (test mode only): the clock guard is exempt, and its instants do not
    /// count.
    public var isTimeTravel = false
    /// What becomes of periods that were missed.
    public var catchUp = CatchUpRules()
    /// Renewals that fall at midnight are charged within this time after it; 0 for at once.
    public var spreadSeconds: Int64 = 0
    /// Money that came for a debt that was no longer owed goes back by itself, all of it (money.md 25).
    public var refundsCollectedAfterCancel = false
    /// At most this much per currency and pass is sent; more stops charging (money.md 34). None by default.
    public var ceilings: [Currency: Int64] = [:]
    /// How often a card may be declined before the network wants a rest.
    public var cardBudgets = CardBudget.all

    public init(declines: DeclineTable, dunning: DunningPolicy = DunningPolicy()) {
        self.declines = declines
        self.dunning = dunning
    }
}

public enum BillingError: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownGateway(String)
    case badArguments(kind: String)
    case unknownKind(String)

    public var description: String {
        switch self {
        case .unknownGateway(let name): "the settings have no gateway \(name): add it under gateways"
        case .badArguments(let kind): "a job of kind \(kind) has arguments that it cannot read"
        case .unknownKind(let kind): "this program has no job of kind \(kind)"
        }
    }
}
