import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// Finds out what became of an attempt in flight: asks before it sends again, and never gives up (P4).
///
/// A read proves only what money.md 6 says. Where it shows that the confirm has not arrived, the very same one is sent
/// again, as long as the debt is still open; where the debt has ended, the intent is canceled instead.
struct SettleAttempt {
    static let kind = "settle-attempt"
    /// A search may not show a new intent for so long (wooshpay.md U13).
    static let searchLagSeconds: Int64 = 120
    /// While charging is stopped, an attempt whose intent is not there yet waits this long at a time.
    static let waitWhileStoppedSeconds: Int64 = 600

    let billing: Billing

    func run(_ claimed: ClaimedJob) async throws {
        let id: Int64 = try JobArguments(of: claimed.job).required(\.attempt, kind: Self.kind)
        if try await settle(id, claimed) { return }
        let now = billing.clock.now()
        try await billing.database.write(step: "finish") { tx in
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try JobQueue.finish(claimed.lease, now: now, tx)
        }
    }

    /// - Returns: false when the attempt is not in flight: nothing was done then, and the job has not ended.
    func settle(_ id: Int64, _ claimed: ClaimedJob) async throws -> Bool {
        let gateway = try billing.gateway(claimed.job.queue)
        let frozen = try await billing.database.read { tx in
            let attempt = try Attempts.get(id, tx)
            return try FrozenRequest(
                invoice: try Invoices.get(attempt.invoiceID, tx), intent: try Intents.get(attempt.intentID, tx),
                attempt: attempt, databaseID: billing.databaseID)
        }
        guard frozen.attempt.state.isInFlight else { return false }
        if frozen.attempt.isOnSession {
            _ = try await SettleInSession(billing: billing, gateway: gateway, claimed: claimed).run(frozen)
            return true
        }
        let settling = Settling(billing: billing, gateway: gateway, claimed: claimed, frozen: frozen)
        guard try await settling.isOfThisAccount() else {
            try await settling.leave("it was sent with the key of account \(frozen.attempt.account)")
            return true
        }
        if let intentID = frozen.intent.gatewayID {
            try await settling.byID(intentID)
        } else if frozen.attempt.sending == .oneCall {
            try await settling.oneCall()
        } else {
            try await settling.byReference()
        }
        return true
    }
}

/// One run of the above.
private struct Settling {
    let billing: Billing
    let gateway: BillingGateway
    let claimed: ClaimedJob
    let frozen: FrozenRequest

    private var sending: SendAttempt { SendAttempt(billing: billing, gateway: gateway, claimed: claimed) }

    /// The key of this process can ask about the attempt: it is of the account that the attempt was sent to.
    func isOfThisAccount() async throws -> Bool {
        let name = gateway.name
        let state = try await billing.database.read { tx in try GatewayStates.find(name, tx) }
        return state?.account == frozen.attempt.account && state?.keyHash == gateway.driver.keyHash
    }

    /// Nothing can be found out by itself: the attempt stays unknown, and somebody is told.
    func leave(_ why: String) async throws {
        let now = billing.clock.now()
        let delay = billing.rules.dunning.settleDelay(asks: frozen.attempt.asks)
        try await billing.writeOutcome("hold-attempt") { tx in
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try Attempts.keepInFlight(frozen.attempt.id, as: .unknown, tx)
            try Attempts.noteAsk(frozen.attempt.id, tx)
            let invoice = try Invoices.get(frozen.invoice.id, tx)
            if invoice.state == .open, invoice.waitsFor != .onHold {
                try InvoiceRest.onHold(invoice.id, reason: why, now: now, tx)
                try Activity.add(
                    "incident", subscriptionID: invoice.subscriptionID, invoiceID: invoice.id,
                    attemptNumber: frozen.attempt.number, reason: why, now: now, tx)
            }
            try JobQueue.snooze(claimed.lease, at: now.adding(seconds: max(delay, 600)), tx)
        }
    }

    // MARK: - The intent's id is known

    func byID(_ intentID: String) async throws {
        let askedAt = billing.clock.now()
        let reply = await gateway.driver.retrieve(intentID)
        try await decide(reply, askedAt: askedAt)
    }

    private func decide(_ reply: GatewayReply<IntentSnapshot>, askedAt: Instant) async throws {
        guard case .value(let snapshot) = reply.result else {
            return try await record(noAnswer(reply.result), nil, askedAt: askedAt, exchanges: reply.exchanges)
        }
        if let difference = frozen.expectation.difference(from: snapshot) {
            let text = "the intent \(snapshot.id) is not as sent: \(difference)"
            return try await record(.unknown(text), nil, askedAt: askedAt, exchanges: reply.exchanges)
        }
        if let outcome = frozen.baseline.outcome(read: snapshot) {
            return try await record(outcome, snapshot, askedAt: askedAt, exchanges: reply.exchanges)
        }
        try await goOn(snapshot, askedAt: askedAt, exchanges: reply.exchanges)
    }

    /// The read shows that the confirm has not arrived (yet).
    private func goOn(_ snapshot: IntentSnapshot, askedAt: Instant, exchanges: [Exchange]) async throws {
        guard try await isWanted() else {
            return try await cancel(snapshot, askedAt: askedAt, exchanges: exchanges)
        }
        let waitSeconds = gateway.driver.capabilities.confirmAgainAfterSeconds
        let sentAt = frozen.attempt.writtenAt
        if frozen.attempt.sends > 0, billing.clock.now() < sentAt.adding(seconds: waitSeconds) {
            let text = "not confirmed yet, as far as the gateway shows"
            return try await record(
                .unknown(text), snapshot, askedAt: askedAt, exchanges: exchanges)
        }
        try await note(snapshot, askedAt: askedAt, exchanges: exchanges)
        guard let id = try await sending.create(try await reloaded()) else { return }
        try await sending.confirm(id, frozen)
    }

    /// The debt has ended, or rests: a canceled intent proves that this attempt collected nothing and never will.
    private func cancel(_ snapshot: IntentSnapshot, askedAt: Instant, exchanges: [Exchange]) async throws {
        let reply = await gateway.driver.cancel(snapshot.id, idempotencyKey: frozen.idempotencyKey("cancel"))
        let all = exchanges + reply.exchanges
        if case .value(let canceled) = reply.result, canceled.status == .canceled {
            return try await record(
                .neverHappened("the debt ended, or rests, before it was confirmed"), canceled, askedAt: askedAt,
                exchanges: all)
        }
        try await record(.unknown("the intent could not be canceled yet"), nil, askedAt: askedAt, exchanges: all)
    }

    // MARK: - The reply to the create was lost

    /// For an unconfirmed create one empty read is enough: it is created again with the same key (money.md 8).
    func byReference() async throws {
        let askedAt = billing.clock.now()
        let reply = await candidates()
        guard case .value(let found) = reply.result else {
            return try await record(noAnswer(reply.result), nil, askedAt: askedAt, exchanges: reply.exchanges)
        }
        switch try await adopt(found, exchanges: reply.exchanges) {
        case .intent(let intent): return try await decide(GatewayReply(.value(intent), exchanges: []), askedAt: askedAt)
        case .foreign(let why): return try await leave(why)
        case .nothing: break
        }
        let isSearch = gateway.driver.capabilities.listing == .byReference
        if isSearch, askedAt < frozen.attempt.writtenAt.adding(seconds: SettleAttempt.searchLagSeconds) {
            return try await record(
                .unknown("the gateway's search may not show it yet"), nil, askedAt: askedAt,
                exchanges: reply.exchanges)
        }
        guard try await isWanted() else {
            return try await record(
                .neverHappened("the debt ended, or rests, before the intent was created"), nil, askedAt: askedAt,
                exchanges: reply.exchanges)
        }
        try await note(nil, askedAt: askedAt, exchanges: reply.exchanges)
        guard try await isOpen() else {
            return try await snooze(to: billing.clock.now().adding(seconds: SettleAttempt.waitWhileStoppedSeconds))
        }
        guard let id = try await sending.create(frozen) else { return }
        try await sending.confirm(id, frozen)
    }

    private enum Found {
        case nothing
        case intent(IntentSnapshot)
        /// An intent with this attempt's name that is not as it was sent: nothing more is sent for it.
        case foreign(String)
    }

    /// Stores the best intent with this attempt's reference, the others are strays: unconfirmed, and canceled.
    private func adopt(_ found: [IntentSnapshot], exchanges: [Exchange]) async throws -> Found {
        let ranked = found.filter { $0.metadata.reference == frozen.intent.reference }.sorted { $0.rank < $1.rank }
        guard let best = ranked.first else {
            // In another timeline of this file the intent of this attempt may have come to nothing, and the debt gone on with
            // the next one. What that collected ends the debt, so that nothing is created any more.
            let others = found.filter { $0.isOf(frozen.invoice) }
            if !others.isEmpty {
                try await DebtSearch(billing: billing, gateway: gateway).takeOver(others, of: frozen.invoice)
            }
            return .nothing
        }
        if let difference = frozen.expectation.difference(from: best) {
            return .foreign("intent \(best.id) has the name of this attempt and differs: \(difference)")
        }
        let stored = try await billing.database.write(step: "store-intent-id") { tx in
            try Exchanges.add(
                exchanges, gateway: gateway.name, invoiceID: frozen.invoice.id, attemptNumber: frozen.attempt.number, tx
            )
            return try Intents.store(gatewayID: best.id, frozen.intent.id, tx)
        }
        for stray in ranked where stray.id != stored && stray.isUnconfirmed {
            _ = await gateway.driver.cancel(stray.id, idempotencyKey: "\(stray.id):cancel-stray")
        }
        return ranked.first { $0.id == stored }.map { .intent($0) } ?? .nothing
    }

    // MARK: - One call

    /// Waits twice the time-out, looks the debt up, and only then sends the same call with the same key again. That it
    /// never happened needs two complete empty reads ten minutes apart, a day after a 5xx (money.md 1, 8).
    func oneCall() async throws {
        let now = billing.clock.now()
        let timeout = gateway.driver.totalTimeoutSeconds
        let readableAt = frozen.attempt.writtenAt.adding(seconds: 2 * timeout)
        guard now >= readableAt else { return try await snooze(to: readableAt) }
        let reply = await candidates()
        guard case .value(let found) = reply.result else {
            return try await record(noAnswer(reply.result), nil, askedAt: now, exchanges: reply.exchanges)
        }
        switch try await adopt(found, exchanges: reply.exchanges) {
        case .intent(let intent): return try await decide(GatewayReply(.value(intent), exchanges: []), askedAt: now)
        case .foreign(let why): return try await leave(why)
        case .nothing: break
        }
        if frozen.attempt.serverFailedAt == nil, now < frozen.attempt.writtenAt.adding(hours: 23),
            try await isOpen()
        {
            try await note(nil, askedAt: now, exchanges: reply.exchanges)
            return try await sending.createAndConfirm(frozen)
        }
        try await countEmptyRead(now: now, exchanges: reply.exchanges)
    }

    private func countEmptyRead(now: Instant, exchanges: [Exchange]) async throws {
        let timeout = gateway.driver.totalTimeoutSeconds
        let sentBy = frozen.attempt.sendBy.adding(seconds: timeout)
        let firstEmptyAt = frozen.attempt.emptyReadAt
        let settledAt = frozen.attempt.serverFailedAt.map { $0.adding(hours: 24) } ?? sentBy
        if let firstEmptyAt, firstEmptyAt > sentBy, now >= firstEmptyAt.adding(minutes: 10), now >= settledAt {
            return try await record(
                .neverHappened("the gateway does not know of it"), nil, askedAt: now, exchanges: exchanges)
        }
        let isAfterDeadline = now > sentBy
        try await billing.database.write(step: "note-empty-read") { tx in
            if isAfterDeadline { try Attempts.noteAsk(frozen.attempt.id, emptyReadAt: now, tx) }
        }
        try await record(
            .unknown("the gateway shows no such intent so far"), nil, askedAt: now, exchanges: exchanges)
    }

    private func isOpen() async throws -> Bool {
        let id = frozen.invoice.id
        let name = gateway.name
        return try await billing.database.read { tx in
            let isStopped = try GatewayStates.find(name, tx)?.isStopped ?? true
            return try !isStopped && Invoices.isWanted(id, tx)
        }
    }

    private func isWanted() async throws -> Bool {
        let id = frozen.invoice.id
        return try await billing.database.read { tx in try Invoices.isWanted(id, tx) }
    }

    // MARK: - Parts

    /// Look-up by the customer and account that the attempt was frozen with.
    private func candidates() async -> GatewayReply<[IntentSnapshot]> {
        let reference = frozen.invoice.reference(intentNumber: frozen.intent.number, databaseID: billing.databaseID)
        return await DebtSearch(billing: billing, gateway: gateway).candidates(
            frozen.invoice, reference: reference, customerID: frozen.attempt.gatewayCustomerID,
            from: frozen.attempt.gatewayDate ?? frozen.attempt.writtenAt)
    }

    /// An answer that is none leaves everything as it was. A 404 on a known id is unknown, never canceled; a refused
    /// key says nothing about the attempt.
    private func noAnswer<Value>(_ result: GatewayResult<Value>) -> ChargeOutcome {
        .unknown(GatewayUnavailable(result, about: "attempt \(frozen.attempt.id)").description)
    }

    private func reloaded() async throws -> FrozenRequest {
        let frozen = frozen
        let databaseID = billing.databaseID
        return try await billing.database.read { tx in
            try FrozenRequest(
                invoice: try Invoices.get(frozen.invoice.id, tx), intent: try Intents.get(frozen.intent.id, tx),
                attempt: try Attempts.get(frozen.attempt.id, tx), databaseID: databaseID)
        }
    }

    private func note(_ snapshot: IntentSnapshot?, askedAt: Instant, exchanges: [Exchange]) async throws {
        try await billing.database.write(step: "note-read") { tx in
            try Exchanges.add(
                exchanges, gateway: gateway.name, invoiceID: frozen.invoice.id, attemptNumber: frozen.attempt.number, tx
            )
            if let snapshot { try Intents.noteUnlessSucceeded(snapshot, of: frozen.intent.id, askedAt: askedAt, tx) }
            try GatewayStates.noteAnswer(gateway.name, tx)
        }
    }

    private func snooze(to at: Instant) async throws {
        try await billing.database.write(step: "snooze") { tx in
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try JobQueue.snooze(claimed.lease, at: at, tx)
        }
    }

    private func record(
        _ outcome: ChargeOutcome, _ snapshot: IntentSnapshot?, askedAt: Instant, exchanges: [Exchange]
    ) async throws {
        let now = billing.clock.now()
        let answer = RecordOutcome.Answer(
            outcome: outcome, snapshot: snapshot, askedAt: askedAt, exchanges: exchanges)
        try await billing.writeOutcome("record-outcome") { tx in
            try RecordOutcome(billing: billing, gateway: gateway, claimed: claimed, now: now).record(
                answer, of: frozen, tx)
        }
    }
}
