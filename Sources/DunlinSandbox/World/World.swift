/// All state of a sandbox: one account with one clock, seen through two dialects.
///
/// Not safe for concurrent use; `Sandbox` lets one request in at a time.
final class World {
    /// What happens by itself when the clock gets there.
    enum Happening {
        case expireHold(Charge)
        case endProcessing(PaymentIntent, PaymentMethod, isOffSession: Bool)
        case dispute(Charge)
        case settleRefund(Refund)
        case expireCard(PaymentMethod)
        case expireSession(CheckoutSession)
        case payOut(Payout)
        /// A request whose effect comes after its answer.
        case rollForward(SandboxRequest)
        /// A request that was long on its way.
        case arrive(SandboxRequest)
    }

    let options: SandboxOptions
    var baseURL: String
    var now: Int64
    /// How far `POST /_sandbox/clock` moved this clock ahead of the callers' clock.
    var lead: Int64 = 0
    var identifiers: Identifiers
    private var serial = 0

    let customers = Store<Customer>()
    let paymentMethods = Store<PaymentMethod>()
    let paymentIntents = Store<PaymentIntent>()
    let setupIntents = Store<SetupIntent>()
    let setupAttempts = Store<SetupAttempt>()
    let charges = Store<Charge>()
    let refunds = Store<Refund>()
    let disputes = Store<Dispute>()
    let events = Store<Event>()
    let webhookEndpoints = Store<WebhookEndpoint>()
    let checkoutSessions = Store<CheckoutSession>()
    let balanceTransactions = Store<BalanceTransaction>()
    let payouts = Store<Payout>()
    var balanceSheet = BalanceSheet()

    let references = ReferenceIndex()
    var idempotency = IdempotencyTable()
    var faults: FaultPlan
    var limiter: RateLimiter?
    var audit = AuditLog()
    var schedule = Schedule<Happening>()
    var outbox: Outbox
    /// Where answers are written, one after another.
    private var scratch: JSONWriter?
    /// What the key opened that was asked about last.
    var lastAccess: (authorization: String, access: AccessRule.Access)?
    /// The `Date` of the answers of one second.
    var dateWritten: (second: Int64, text: String) = (.min, "")
    /// Intents that wait for the card holder, by the token of their page.
    var challenges: [String: Challenge] = [:]
    let accountID: String
    let stripeWebhookSecret: String
    let wooshpayWebhookSecret: String

    init(_ options: SandboxOptions, baseURL: String? = nil) {
        self.options = options
        self.baseURL = baseURL ?? options.baseURL
        now = options.start
        prunedAt = options.start
        identifiers = Identifiers(seed: options.seed)
        faults = FaultPlan(rules: options.faults, seed: options.seed)
        limiter = options.rateLimits.map { RateLimiter(limits: $0) }
        outbox = Outbox(seed: options.seed, faults: options.webhookFaults)
        accountID = "acct_" + identifiers.token(16)
        let secrets = (identifiers.webhookSecret(), identifiers.webhookSecret())
        stripeWebhookSecret = options.stripeWebhookSecret ?? secrets.0
        wooshpayWebhookSecret = options.wooshpayWebhookSecret ?? secrets.1
        for url in options.stripeWebhookURLs { addEndpoint(url, dialect: .stripe) }
        for url in options.wooshpayWebhookURLs { addEndpoint(url, dialect: .wooshpay) }
    }

    /// Intents and charges, customers and what is theirs, hold one another: without this they would outlive their sandbox.
    deinit {
        for dialect in [SandboxDialect.stripe, .wooshpay] {
            for intent in paymentIntents.records(dialect) { intent.charges = [] }
            for intent in setupIntents.records(dialect) { intent.attempts = [] }
            for charge in charges.records(dialect) { charge.refunds = [] }
            for customer in customers.records(dialect) {
                customer.paymentMethods = []
                customer.paymentIntents = []
                customer.setupIntents = []
                customer.charges = []
            }
        }
    }

    /// How much time passes at least between two prunings: less than a horizon, so that it means something.
    private var pruneEvery: Int64 { min(6 * 3_600_000, max(1000, (options.horizonMilliseconds ?? .max) / 4)) }
    private var prunedAt: Int64

    func header(_ prefix: StaticString, _ dialect: SandboxDialect, livemode: Bool) -> RecordHeader {
        serial += 1
        let id = identifiers.make(prefix, dialect, now: now)
        let created = dialect == .stripe ? now : Identifiers.wooshPayCreated(now)
        return RecordHeader(id: id, serial: serial, created: created, dialect: dialect, livemode: livemode)
    }

    func header(_ prefix: StaticString, _ call: Call) -> RecordHeader {
        header(prefix, call.dialect, livemode: call.livemode)
    }

    /// What `content` writes, in memory that fits it: answers are kept by the thousand. While it is written it may grow
    /// in memory that is used again and again.
    func written(_ content: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = scratch.take() ?? JSONWriter(capacity: 4096)
        content(&writer)
        let bytes = writer.exactBytes
        writer.clear()
        scratch = writer
        return bytes
    }

    private func addEndpoint(_ url: String, dialect: SandboxDialect) {
        let endpoint = WebhookEndpoint(
            header("we", dialect, livemode: false), url: url, secret: webhookSecret(for: dialect),
            enabledEvents: ["*"])
        webhookEndpoints.insert(endpoint)
    }

    /// The printed secret for the first endpoint of a dialect, then new ones.
    func webhookSecret(for dialect: SandboxDialect) -> String {
        guard webhookEndpoints.records(dialect).isEmpty else { return identifiers.webhookSecret() }
        return dialect == .stripe ? stripeWebhookSecret : wooshpayWebhookSecret
    }

    // MARK: Time

    /// Moves the clock to an instant of the callers' clock.
    func follow(_ instant: Int64) { advance(to: instant + lead) }

    /// Moves the clock, never backwards, and lets everything happen that is due on the way, in order.
    func advance(to instant: Int64) {
        while let (due, happening) = schedule.take(dueBy: instant) {
            now = max(now, due)
            carryOut(happening)
        }
        now = max(now, instant)
        guard now - prunedAt >= pruneEvery else { return }
        prunedAt = now
        prune()
    }

    private func carryOut(_ happening: Happening) {
        switch happening {
        case .expireHold(let charge): expireHold(charge)
        case .endProcessing(let intent, let method, let isOffSession):
            endProcessing(intent, method, isOffSession: isOffSession)
        case .dispute(let charge): openDispute(charge)
        case .settleRefund(let refund): settle(refund)
        case .expireCard(let method): expireCard(method)
        case .expireSession(let session): expireSession(session, cause: nil)
        case .payOut(let payout): payOut(payout)
        case .rollForward(let request): rollForward(request)
        case .arrive(let request): arrive(request)
        }
    }
}

/// Finds intents by what callers search for, without a scan.
///
/// Intents are indexed when one is looked for: many a user only ever charges.
final class ReferenceIndex {
    /// Metadata keys that are looked up by equality often enough to be kept.
    static let keys: Set<String> = ["dunlin_reference", "dunlin_subscription", "dunlin_invoice", "order_id"]

    private var byMetadata: [String: [PaymentIntent]] = [:]
    private var byOrder: [String: [PaymentIntent]] = [:]
    private var unindexed: [PaymentIntent] = []

    /// Oldest first; may hold intents whose value has changed since.
    func intents(metadata key: String, value: String) -> [PaymentIntent] {
        indexAll()
        return byMetadata["\(key)=\(value)"] ?? []
    }

    /// Oldest first.
    func intents(merchantOrderID: String) -> [PaymentIntent] {
        indexAll()
        return byOrder[merchantOrderID] ?? []
    }

    func add(_ intent: PaymentIntent) { unindexed.append(intent) }

    private func indexAll() {
        for intent in unindexed { index(intent) }
        unindexed.removeAll(keepingCapacity: true)
    }

    private func index(_ intent: PaymentIntent) {
        if let order = intent.merchantOrderID { byOrder[order, default: []].append(intent) }
        for (key, value) in intent.metadata.pairs where Self.keys.contains(key) {
            byMetadata["\(key)=\(value)", default: []].append(intent)
        }
    }

    func remove(_ intent: PaymentIntent) {
        remove([intent])
    }

    /// Many at once: each list that has some of them is gone through once.
    func remove(_ intents: [PaymentIntent]) {
        indexAll()
        let gone = Set(intents.map(ObjectIdentifier.init))
        let orders = Set(intents.compactMap(\.merchantOrderID))
        var keys: Set<String> = []
        for intent in intents {
            for (key, value) in intent.metadata.pairs where Self.keys.contains(key) { keys.insert("\(key)=\(value)") }
        }
        for order in orders { Self.drop(gone, order, from: &byOrder) }
        for key in keys { Self.drop(gone, key, from: &byMetadata) }
    }

    private static func drop(
        _ gone: Set<ObjectIdentifier>, _ key: String, from table: inout [String: [PaymentIntent]]
    ) {
        table[key]?.removeAll { gone.contains(ObjectIdentifier($0)) }
        if table[key]?.isEmpty == true { table[key] = nil }
    }
}
