import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// Gives money back: sends a refund that is on disk, once, and finds out what became of it (money.md 24).
///
/// Where the gateway can list refunds it is asked before each request, and an answer that was lost is settled by asking.
/// Where it cannot, a refund of which nobody knows waits for its event or a person.
struct RefundPayment {
    static let kind = "refund-payment"
    /// A refund that vanished so often is given up.
    static let sendsMax = 3
    /// While charging is stopped, one that was not sent waits this long at a time.
    static let waitWhileStoppedSeconds: Int64 = 600

    let billing: Billing

    func run(_ claimed: ClaimedJob) async throws {
        let id: Int64 = try JobArguments(of: claimed.job).required(\.refund, kind: Self.kind)
        let gateway = try billing.gateway(claimed.job.queue)
        let databaseID = billing.databaseID
        let name = gateway.name
        let (refunding, isOfThisAccount) = try await billing.database.read { tx in
            let refund = try Refunds.get(id, tx)
            let intent = try Intents.get(refund.intentID, tx)
            let invoice = try Invoices.get(intent.invoiceID, tx)
            let state = try GatewayStates.find(name, tx)
            let isOurs = state?.account == intent.account && state?.keyHash == gateway.driver.keyHash
            let refunding = try Refunding(
                billing: billing, gateway: gateway, claimed: claimed, refund: refund, intent: intent, invoice: invoice,
                databaseID: databaseID)
            return (refunding, isOurs)
        }
        if refunding.refund.state.isFinal { return try await refunding.finish() }
        guard isOfThisAccount else {
            return try await refunding.keep(
                "it is of account \(refunding.intent.account), and the key of another one",
                waitSeconds: Self.waitWhileStoppedSeconds)
        }
        if let gatewayID = refunding.refund.gatewayID ?? refunding.refund.toldID {
            return try await refunding.byID(gatewayID)
        }
        try await refunding.byList()
    }
}

/// One run of the above.
private struct Refunding: Sendable {
    let billing: Billing
    let gateway: BillingGateway
    let claimed: ClaimedJob
    let refund: Refund
    let intent: Intent
    let invoice: Invoice
    let intentID: String
    let request: RefundRequest
    let reference: String

    /// - Throws: `LedgerError` when the row is none of ours, or its intent was never at the gateway.
    init(
        billing: Billing, gateway: BillingGateway, claimed: ClaimedJob, refund: Refund, intent: Intent,
        invoice: Invoice, databaseID: String
    ) throws {
        guard let currency = Currency(refund.currencyCode), let intentID = intent.gatewayID,
            let reference = refund.reference
        else { throw LedgerError(.wrongState, "refund \(refund.id) cannot be sent") }
        self.billing = billing
        self.gateway = gateway
        self.claimed = claimed
        self.refund = refund
        self.intent = intent
        self.invoice = invoice
        self.intentID = intentID
        self.reference = reference
        request = RefundRequest(
            intentID: intentID, amount: Money(minorUnits: refund.amountMinor, currency: currency),
            reason: RefundReason(rawValue: refund.reason) ?? .requestedByCustomer,
            metadata: invoice.metadata(reference: reference, databaseID: databaseID))
    }

    // MARK: - Asking

    /// The gateway has it: it is read until it has ended.
    func byID(_ gatewayID: String) async throws {
        let askedAt = billing.clock.now()
        let reply = await gateway.driver.refund(gatewayID)
        guard case .value(let snapshot) = reply.result, isOurs(snapshot) else {
            return try await keep("refund \(gatewayID) cannot be read, or is another one", exchanges: reply.exchanges)
        }
        try await store([snapshot], askedAt: askedAt, exchanges: reply.exchanges)
    }

    func byList() async throws {
        let askedAt = billing.clock.now()
        let reply = await gateway.driver.refunds(ofIntent: intentID)
        switch reply.result {
        case .value(let found): try await decide(found, askedAt: askedAt, exchanges: reply.exchanges)
        case .refused(let refusal) where refusal.code == "not_supported":
            if refund.state == .requested { return try await send() }
            try await keep("the gateway cannot list refunds: its event, or a person, tells what became of it")
        default:
            if refund.state == .requested { throw GatewayUnavailable(reply.result, about: "refunds of \(intentID)") }
            try await keep("no answer about it yet", exchanges: reply.exchanges)
        }
    }

    /// All of the intent's refunds count, ours or not; ours is among them or it is not there (yet).
    private func decide(_ found: [RefundSnapshot], askedAt: Instant, exchanges: [Exchange]) async throws {
        if found.contains(where: { $0.metadata.reference == reference && isOurs($0) }) {
            return try await store(found, askedAt: askedAt, exchanges: exchanges)
        }
        let noted = NotedRefunds(gateway: gateway, askedAt: askedAt, now: billing.clock.now())
        try await billing.writeOutcome("note-refunds") { tx in
            try Exchanges.add(exchanges, gateway: gateway.name, invoiceID: invoice.id, tx)
            try noted.note(found, of: intent, tx)
            try GatewayStates.noteAnswer(gateway.name, tx)
        }
        if refund.state == .requested { return try await send() }
        try await countEmptyRead(askedAt)
    }

    /// Two complete reads without it, ten minutes apart and both after the request could have left and ended, prove that
    /// it never happened; after a fault of the server a day must have passed (money.md 8).
    private func countEmptyRead(_ askedAt: Instant) async throws {
        let overAt = (refund.sendBy ?? askedAt).adding(seconds: gateway.driver.totalTimeoutSeconds)
        let isAfterSend = askedAt > overAt
        let settledAt = refund.serverFailedAt.map { max(overAt, $0.adding(hours: 24)) } ?? overAt
        guard let first = refund.emptyReadAt, askedAt >= first.adding(minutes: 10), askedAt >= settledAt else {
            return try await keep("the gateway does not show it so far", emptyReadAt: isAfterSend ? askedAt : nil)
        }
        guard refund.sends < RefundPayment.sendsMax else {
            return try await end(.failed, "it was sent \(refund.sends) times, and the gateway does not know of it")
        }
        let now = billing.clock.now()
        try await billing.database.write(step: "refund-never-happened") { tx in
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try Refunds.neverHappened(refund.id, tx)
            try JobQueue.snooze(claimed.lease, at: now, tx)
        }
    }

    // MARK: - Sending

    /// The one request that moves money. It is on disk that it may leave before it does.
    private func send() async throws {
        guard try await mayLeave() else { return }
        try await billing.steps.reach("request-refund")
        let askedAt = billing.clock.now()
        let reply = await gateway.driver.refund(
            request, idempotencyKey: reference,
            deadline: claimed.deadline(requestSeconds: gateway.driver.totalTimeoutSeconds))
        let isFirst = refund.sends == 0
        switch reply.result {
        case .value(let snapshot) where isOurs(snapshot):
            try await store([snapshot], askedAt: askedAt, exchanges: reply.exchanges)
        case .value(let snapshot):
            try await keep("refund \(snapshot.id) is not as sent", exchanges: reply.exchanges)
        case .throttled(let throttle):
            try await takeBack("the gateway turned it away for now", reply.exchanges, throttle: throttle)
        case .notSent(let why): try await takeBack("not sent: \(why)", reply.exchanges)
        case .refused(let refusal) where refusal.kind == .key && isFirst:
            try await takeBack(
                "the gateway refused the key", reply.exchanges,
                stopping: "the gateway refused the key (\(refusal.httpStatus))")
        // A request that went out before may be what is in the way: only a first one is ended by a refusal.
        case .refused(let refusal) where refusal.kind != .idempotency && isFirst:
            try await end(.refused, refusal.message, exchanges: reply.exchanges)
        case .refused(let refusal): try await keep(refusal.message, exchanges: reply.exchanges)
        case .declined(_, let decline): try await keep(decline.reason, exchanges: reply.exchanges)
        case .unknown(let why): try await keep(why, exchanges: reply.exchanges)
        }
    }

    /// In the transaction right before the request everything is read again.
    private func mayLeave() async throws -> Bool {
        let now = billing.clock.now()
        return try await billing.database.write(step: "allow-refund") { tx in
            guard try JobQueue.holds(claimed.lease, tx) else { return false }
            let state = try GatewayStates.find(gateway.name, tx)
            // A process that holds the key of another account sends nothing for this one.
            let isOurs = state?.keyHash == gateway.driver.keyHash && state?.account == intent.account
            guard state?.isStopped == false, isOurs else {
                try JobQueue.snooze(
                    claimed.lease, at: now.adding(seconds: RefundPayment.waitWhileStoppedSeconds), tx)
                return false
            }
            if let obstacle = try obstacle(tx) {
                try end(.refused, obstacle, now: now, tx)
                return false
            }
            if try Refunds.beginSend(refund.id, sendBy: claimed.lease.until, now: now, tx) { return true }
            try JobQueue.snooze(claimed.lease, at: now, tx)
            return false
        }
    }

    private func obstacle(_ tx: Transaction) throws -> String? {
        guard try Intents.get(intent.id, tx).hasSucceeded else { return "its payment was not collected" }
        if let dispute = try RefundInvoice.disputeObstacle(invoice.id, tx) { return dispute }
        let left = try Refunds.leftMinor(of: intent, besides: refund.id, tx)
        return left < refund.amountMinor ? "less than that is left: others made refunds of it" : nil
    }

    /// An answer about another refund decides nothing.
    private func isOurs(_ snapshot: RefundSnapshot) -> Bool {
        snapshot.amount == request.amount && (snapshot.intentID.map { $0 == intentID } ?? true)
    }

    // MARK: - Storing

    private func store(_ found: [RefundSnapshot], askedAt: Instant, exchanges: [Exchange]) async throws {
        let now = billing.clock.now()
        try await billing.writeOutcome("record-refund") { tx in
            try Exchanges.add(exchanges, gateway: gateway.name, invoiceID: invoice.id, tx)
            try NotedRefunds(gateway: gateway, askedAt: askedAt, now: now).note(found, of: intent, tx)
            try GatewayStates.noteAnswer(gateway.name, tx)
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            let stored = try Refunds.get(refund.id, tx)
            if stored.state.isFinal { return try JobQueue.finish(claimed.lease, now: now, tx) }
            try Refunds.noteAsk(refund.id, note: "on its way, as far as the gateway shows", tx)
            try JobQueue.snooze(claimed.lease, at: askAgainAt(now), tx)
        }
    }

    /// Nothing was decided: it is asked about again, at most a day later.
    func keep(
        _ note: String, waitSeconds: Int64 = 0, emptyReadAt: Instant? = nil, exchanges: [Exchange] = []
    ) async throws {
        let now = billing.clock.now()
        let isSilence = exchanges.last.map { $0.httpStatus.map { $0 >= 500 } ?? true } ?? false
        let isServerFault = exchanges.last.map { $0.method == "POST" && ($0.httpStatus ?? 0) >= 500 } ?? false
        try await billing.writeOutcome("keep-refund") { tx in
            try Exchanges.add(exchanges, gateway: gateway.name, invoiceID: invoice.id, tx)
            if isSilence { try Circuit(gateway: gateway.name, billing: billing, now: now).noteUnknown(tx) }
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try Refunds.noteAsk(
                refund.id, note: Redaction.clean(note), emptyReadAt: emptyReadAt,
                serverFailedAt: isServerFault ? now : nil, tx)
            try raise(note, now: now, tx)
            try JobQueue.snooze(claimed.lease, at: max(askAgainAt(now), now.adding(seconds: waitSeconds)), tx)
        }
    }

    /// What nobody knows for an hour is told to a person, once.
    private func raise(_ note: String, now: Instant, _ tx: Transaction) throws {
        let stored = try Refunds.get(refund.id, tx)
        guard stored.state == .unknown, stored.raisedAt == nil, let sentAt = stored.sentAt,
            now >= sentAt.adding(hours: 1)
        else { return }
        try Refunds.noteRaised(refund.id, now: now, tx)
        try act("incident", "refund \(refund.number) is unknown: \(note)", now: now, tx)
    }

    private func askAgainAt(_ now: Instant) -> Instant {
        now.adding(seconds: billing.rules.dunning.settleDelay(asks: refund.asks))
    }

    /// The request had no effect: the same one leaves later.
    private func takeBack(
        _ note: String, _ exchanges: [Exchange], throttle: Throttle? = nil, stopping reason: String? = nil
    ) async throws {
        let now = billing.clock.now()
        let wait = throttle.map { $0.retryAfterSeconds ?? 2 } ?? 30
        try await billing.writeOutcome("take-refund-back") { tx in
            try Exchanges.add(exchanges, gateway: gateway.name, invoiceID: invoice.id, tx)
            if throttle?.isRateLimit == true { try Rate(gateway: gateway.name, now: now).fall(tx) }
            if let reason { try GatewayStates.stop(gateway.name, reason: reason, by: Activity.dunlin, now: now, tx) }
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try Refunds.takeBack(refund.id, note: Redaction.clean(note), tx)
            try JobQueue.snooze(
                claimed.lease,
                at: now.adding(seconds: reason == nil ? wait : RefundPayment.waitWhileStoppedSeconds), tx)
        }
    }

    private func end(_ state: Refund.State, _ note: String, exchanges: [Exchange] = []) async throws {
        let now = billing.clock.now()
        try await billing.writeOutcome("end-refund") { tx in
            try Exchanges.add(exchanges, gateway: gateway.name, invoiceID: invoice.id, tx)
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try GatewayStates.noteAnswer(gateway.name, tx)
            try end(state, note, now: now, tx)
        }
    }

    private func end(_ state: Refund.State, _ note: String, now: Instant, _ tx: Transaction) throws {
        try JobQueue.finish(claimed.lease, now: now, tx)
        let note = Redaction.clean(note)
        guard try Refunds.end(refund.id, as: state, note: note, now: now, tx) else { return }
        try act(state == .refused ? "refund_refused" : "refund_failed", note, now: now, tx)
    }

    private func act(_ kind: String, _ reason: String, now: Instant, _ tx: Transaction) throws {
        try Activity.add(
            kind, subscriptionID: invoice.subscriptionID, invoiceID: invoice.id, amountMinor: refund.amountMinor,
            currency: refund.currencyCode, reason: reason, now: now, tx)
    }

    func finish() async throws {
        let now = billing.clock.now()
        try await billing.database.write(step: "finish") { tx in
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try JobQueue.finish(claimed.lease, now: now, tx)
        }
    }
}
