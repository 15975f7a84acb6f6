public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase
public import DunlinLedger

/// Compares the ledger with one gateway, payment by payment, and names every difference (money.md 33).
///
/// It goes page by page: what a page showed, what of it differs, and where the next one begins are stored together, so
/// that a run that is cut off goes on where it was. It changes no money state; where the gateway shows money that the
/// ledger has not heard of, the object is read again by the job that webhooks use too.
public struct Reconciliation: Sendable {
    public struct Options: Sendable {
        /// Of the gateway's clock; nil for the last `days`.
        public var from: Instant?
        /// nil for now.
        public var through: Instant?
        public var days: Int64 = 35
        /// False only counts payments at the gateway that have nothing to do with Dunlin.
        public var listsForeign = true
        /// Ties charges to balance transactions and payouts, where the gateway lists these.
        public var withPayouts = false
        public var actor = Activity.dunlin
        /// Asked before each page: false leaves the rest for the next call.
        public var mayGoOn: @Sendable () -> Bool = { true }
        /// Called after each page, with how far the run came.
        public var afterPage: @Sendable (ReconcileRun) async throws -> Void = { _ in }

        public init() {}
    }

    /// A run that was not finished is gone on with for so long; after that its beginning says too little.
    static let resumableHours: Int64 = 24
    /// As many runs of a gateway keep the lines of their payouts.
    static let payoutRunsKept = 10

    let billing: Billing
    let gateway: BillingGateway
    /// Where the run is stored.
    let store: Database
    /// False when nothing of the ledger's own file may be written.
    let isKept: Bool

    /// - Parameter memory: a database with `Ledger.reconciling` that takes the run instead of the ledger's own file, which is
    ///   then only read.
    public init(billing: Billing, gateway: String, memory: Database? = nil) throws {
        self.billing = billing
        self.gateway = try billing.gateway(gateway)
        store = memory ?? billing.database
        isKept = memory == nil
    }

    /// Compares until everything is compared, or `mayGoOn` says otherwise.
    ///
    /// - Returns: the run; without an end when it is to be gone on with.
    /// - Throws: a `ReconcileError`; `DatabaseError`.
    public func run(_ options: Options) async throws -> ReconcileRun {
        var run = try await begin(options)
        while run.phase != .done, options.mayGoOn() {
            let page = try await ReadPriority.$current.withValue(.low) {
                try await ReconcilePhases(billing: billing, gateway: gateway, store: store, run: run).page()
            }
            run = try await store(page, of: run)
            try await options.afterPage(run)
        }
        return run
    }

    /// What a comparison with this gateway cannot show, in sentences; empty where it shows everything.
    public static func blindSpots(_ driver: any PaymentGateway) -> [String] {
        guard driver.capabilities.listing != .byCreation else { return [] }
        return [
            "\(driver.name) cannot be listed: compared are the payments, references and refunds that the ledger knows",
            "payments of others are those that webhooks told of; refunds and disputes that only \(driver.name) knows are "
                + "not found",
        ]
    }

    // MARK: - Beginning

    private func begin(_ options: Options) async throws -> ReconcileRun {
        let reply = await gateway.driver.probe()
        guard case .value(let identity) = reply.result else {
            throw ReconcileError(GatewayUnavailable(reply.result, about: "the time"))
        }
        let now = billing.clock.now()
        let newest = try await billing.database.read { tx in try LedgerSide.newestChange(tx) }
        let through = options.through ?? identity.date ?? now
        let new = NewReconcileRun(
            gateway: gateway.name, from: options.from ?? through.adding(days: -options.days), through: through,
            // What is recorded already happened before the run, whatever a clock that was set says.
            startedAt: max(now, newest ?? now), startedBy: options.actor, listsForeign: options.listsForeign,
            withPayouts: options.withPayouts && ReconcilePhases.hasPayouts(gateway.driver.kind),
            phase: ReconcilePhases.plan(gateway.driver, withPayouts: options.withPayouts)[0],
            token: Int64(billing.clock.randomBits() >> 1))
        guard new.from <= new.through else {
            throw ReconcileError(.badWindow, "the window ends (\(new.through)) before it begins (\(new.from))")
        }
        return try await store.write(step: "begin-reconcile") { tx in try begin(new, options, now: now, tx) }
    }

    private func begin(
        _ new: NewReconcileRun, _ options: Options, now: Instant, _ tx: Transaction
    ) throws -> ReconcileRun {
        if let known = try ReconcileRuns.unfinished(gateway: gateway.name, tx) {
            let isSame =
                known.listsForeign == new.listsForeign && known.withPayouts == new.withPayouts
                && (options.from ?? known.from) == known.from && (options.through ?? known.through) == known.through
            if isSame, abs(now.milliseconds(since: known.startedAt)) < Self.resumableHours * 3_600_000 {
                try ReconcileRuns.takeOver(known.id, token: new.token, tx)
                return try ReconcileRuns.get(known.id, tx)
            }
            try ReconcileRuns.tidy(known, runsKept: Self.payoutRunsKept, tx)
        }
        return try ReconcileRuns.insert(new, tx)
    }

    // MARK: - Storing

    private func store(_ page: ReconcilePage, of run: ReconcileRun) async throws -> ReconcileRun {
        let now = billing.clock.now()
        let next = try await store.write(step: "store-reconcile-page") { tx in
            try store(page, of: run, now: now, tx)
        }
        guard let next else {
            throw ReconcileError(
                .takenOver, "reconciliation \(run.id) is gone on with by another process: nothing is lost")
        }
        return next
    }

    private func store(
        _ page: ReconcilePage, of run: ReconcileRun, now: Instant, _ tx: Transaction
    ) throws -> ReconcileRun? {
        for id in page.removed { try ReconcileExceptions.remove(id, tx) }
        for found in page.exceptions { try ReconcileExceptions.add(found, runID: run.id, tx) }
        try ReconcileSeen.add(page.seen, runID: run.id, tx)
        for payout in page.payouts { try ReconcileMoney.add(payout, runID: run.id, tx) }
        for line in page.transactions { try ReconcileMoney.add(line, runID: run.id, tx) }
        if isKept {
            try Exchanges.add(page.exchanges, gateway: gateway.name, tx)
            for read in page.reads { try ask(for: read, of: run, now: now, tx) }
        }
        let plan = ReconcilePhases.plan(gateway.driver, withPayouts: run.withPayouts)
        let isOver = page.cursor == nil
        let place = plan.firstIndex(of: run.phase) ?? plan.count - 1
        var progress = ReconcileRuns.Progress(phase: isOver ? plan[place + 1] : run.phase, cursor: page.cursor)
        progress.checked = page.checked
        progress.leftOut = page.leftOut
        progress.foreign = page.foreign
        guard let next = try ReconcileRuns.advance(run, progress, now: now, tx) else {
            throw ReconcileError(.takenOver, "another process goes on with it")
        }
        if next.phase == .done { try ReconcileRuns.tidy(next, runsKept: Self.payoutRunsKept, tx) }
        return next
    }

    /// Has an object read again and applied as if a webhook had told of it: only a read changes what is settled (P5).
    private func ask(for read: ReconcilePage.Read, of run: ReconcileRun, now: Instant, _ tx: Transaction) throws {
        let event = GatewayEvent(
            id: "reconcile-\(run.id)-\(read.objectID)", type: "\(read.object.eventPrefix).reconciled",
            objectType: read.object.rawValue, objectID: read.objectID, intentID: read.intentID,
            metadata: read.metadata)
        _ = try EventInbox.store(
            NewEvent(gateway: gateway.name, event: event, source: .listed, bodyHash: "reconcile"),
            mode: gateway.driver.mode, now: now, tx)
    }
}

/// Why a comparison could not be made, or not to its end.
public struct ReconcileError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        /// The gateway did not answer, or not usably: the next run goes on from here.
        case unavailable
        /// Another process goes on with the run.
        case takenOver = "taken_over"
        case badWindow = "bad_window"
        /// The gateway has no such list: it answers, and nothing can be compared.
        case notOffered = "not_offered"
    }

    public let code: Code
    public let description: String
    /// The gateway was silent or busy: it will answer later, and nothing has to be mended here.
    public let isPassing: Bool

    init(_ code: Code, _ description: String, isPassing: Bool = false) {
        self.code = code
        self.description = description
        self.isPassing = isPassing
    }

    init(_ error: GatewayUnavailable) {
        self.init(
            error.isNotFound ? .notOffered : .unavailable, error.description,
            isPassing: error.isSilence || error.retryAfterSeconds != nil)
    }
}

extension ReconcileException.Object {
    /// What the types of events about it begin with.
    fileprivate var eventPrefix: String {
        switch self {
        case .intent, .charge, .payout: "payment_intent"
        case .refund: "refund"
        case .dispute: "charge.dispute"
        }
    }
}
