import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// Sends a written attempt and stores what came of it. It may be cut off between any two lines and taken up again by
/// `SettleAttempt`: the attempt is on disk before the request leaves.
struct SendAttempt {
    let billing: Billing
    let gateway: BillingGateway
    let claimed: ClaimedJob

    func run(_ frozen: FrozenRequest) async throws {
        switch frozen.attempt.sending {
        case .twoPhase:
            guard let intentID = try await create(frozen) else { return }
            try await confirm(intentID, frozen)
        case .oneCall:
            try await createAndConfirm(frozen)
        }
    }

    /// Creates the intent unconfirmed and stores its id.
    ///
    /// - Returns: the id as read back from the database, if it may be confirmed; nil when the run is over.
    func create(_ frozen: FrozenRequest) async throws -> String? {
        if let id = frozen.intent.gatewayID {
            return try await mayConfirm(frozen) ? id : nil
        }
        try await billing.steps.reach("request-create")
        let askedAt = billing.clock.now()
        let reply = await gateway.driver.create(
            frozen.request, idempotencyKey: frozen.idempotencyKey("create"), deadline: deadline)
        guard case .value(let snapshot) = reply.result else {
            let outcome = createOutcome(reply.result)
            if case .throttled(let throttle) = reply.result {
                try await putOff(frozen, throttle, exchanges: reply.exchanges)
            } else {
                try await record(outcome, nil, askedAt: askedAt, exchanges: reply.exchanges, frozen)
            }
            return nil
        }
        return try await store(snapshot, askedAt: askedAt, exchanges: reply.exchanges, frozen)
    }

    /// Confirms the stored intent off session: the one request that moves money.
    func confirm(_ intentID: String, _ frozen: FrozenRequest) async throws {
        try await billing.steps.reach("request-confirm")
        let askedAt = billing.clock.now()
        let reply = await gateway.driver.confirm(
            intentID, request: frozen.request, idempotencyKey: frozen.idempotencyKey("confirm"), deadline: deadline)
        if case .throttled(let throttle) = reply.result {
            return try await putOff(frozen, throttle, exchanges: reply.exchanges)
        }
        try await record(
            checked(reply.result, frozen, namesIntent: declinesNameNoIntent), reply.snapshot, askedAt: askedAt,
            exchanges: reply.exchanges, frozen)
    }

    func createAndConfirm(_ frozen: FrozenRequest) async throws {
        guard try await mayConfirm(frozen) else { return }
        try await billing.steps.reach("request-one-call")
        let askedAt = billing.clock.now()
        let reply = await gateway.driver.createAndConfirm(
            frozen.request, idempotencyKey: frozen.idempotencyKey("one-call"), deadline: deadline)
        if case .throttled(let throttle) = reply.result {
            return try await putOff(frozen, throttle, exchanges: reply.exchanges)
        }
        try await record(
            checked(reply.result, frozen, namesIntent: false), reply.snapshot, askedAt: askedAt,
            exchanges: reply.exchanges, frozen)
    }

    // MARK: - Parts

    /// WooshPay's 402 never carries the intent (wooshpay.md 1.6), so that of a confirm is about the one it named.
    /// Stripe's always does: without it, it is read before it is believed.
    var declinesNameNoIntent: Bool { gateway.driver.kind == .wooshpay }

    var deadline: SendDeadline { claimed.deadline(requestSeconds: gateway.driver.totalTimeoutSeconds) }

    /// A create moves no money, so that a refusal ends the attempt at once and everything else is taken up again.
    private func createOutcome(_ result: GatewayResult<IntentSnapshot>) -> ChargeOutcome {
        switch result {
        case .refused(let refusal) where refusal.kind == .idempotency || refusal.kind == .wrongState:
            .unknown(refusal.message)
        case .refused(let refusal): .refused(refusal)
        case .declined(_, let decline): .unknown("the create was answered with a decline: \(decline.reason)")
        case .throttled: .unknown("throttled")
        case .notSent(let why): .unknown("not sent: \(why)")
        case .unknown(let why): .unknown(why)
        case .value: .unknown("")
        }
    }

    /// An answer about an intent that is not ours decides nothing (money.md 3).
    func checked(
        _ result: GatewayResult<IntentSnapshot>, _ frozen: FrozenRequest, namesIntent: Bool
    ) -> ChargeOutcome {
        if let snapshot = result.snapshot, let difference = frozen.expectation.difference(from: snapshot) {
            return .unknown("the intent \(snapshot.id) is not as sent: \(difference)")
        }
        return frozen.baseline.outcome(
            confirmed: result, namesIntent: namesIntent, isResumed: frozen.attempt.sends > 0)
    }

    private func store(
        _ snapshot: IntentSnapshot, askedAt: Instant, exchanges: [Exchange], _ frozen: FrozenRequest
    ) async throws -> String? {
        if let difference = frozen.expectation.difference(from: snapshot) {
            let refusal = Refusal(
                kind: .request, httpStatus: exchanges.last?.httpStatus ?? 200,
                message: "the gateway answered the create with an intent that is not as sent: \(difference)")
            try await record(.refused(refusal), nil, askedAt: askedAt, exchanges: exchanges, frozen)
            return nil
        }
        let (stored, mayConfirm) = try await billing.writeOutcome("store-intent-id") { tx in
            let stored = try Intents.store(gatewayID: snapshot.id, frozen.intent.id, tx)
            if stored == snapshot.id {
                try Intents.noteUnlessSucceeded(snapshot, of: frozen.intent.id, askedAt: askedAt, tx)
            }
            try Exchanges.add(
                exchanges, gateway: gateway.name, invoiceID: frozen.invoice.id, attemptNumber: frozen.attempt.number, tx
            )
            return (stored, try allow(frozen, tx))
        }
        if stored != snapshot.id {
            // Another run was first with its id; ours is unconfirmed and moves no money.
            _ = await gateway.driver.cancel(snapshot.id, idempotencyKey: "\(snapshot.id):cancel-stray")
        }
        return mayConfirm ? stored : nil
    }

    private func mayConfirm(_ frozen: FrozenRequest) async throws -> Bool {
        try await billing.database.write(step: "allow-confirm") { tx in try allow(frozen, tx) }
    }

    /// In the transaction right before a confirm: the debt is still open and wanted, charging is not stopped, the lease
    /// is ours, and the attempt has not ended. Otherwise nothing is sent and `SettleAttempt` ends it.
    private func allow(_ frozen: FrozenRequest, _ tx: Transaction) throws -> Bool {
        guard try JobQueue.holds(claimed.lease, tx) else { return false }
        let now = billing.clock.now()
        let attempt = try Attempts.get(frozen.attempt.id, tx)
        let state = try GatewayStates.find(gateway.name, tx)
        // A process that holds the key of another account sends nothing for this one.
        let isOurs = state?.keyHash == gateway.driver.keyHash && state?.account == attempt.account
        let isStopped = state?.isStopped != false || !isOurs
        guard attempt.state.isInFlight, try Invoices.isWanted(attempt.invoiceID, tx), !isStopped else {
            try leave(frozen, to: now.adding(seconds: isStopped ? 60 : 0), now: now, tx)
            return false
        }
        try Attempts.noteSend(attempt.id, sendBy: claimed.lease.until, tx)
        return true
    }

    func leave(_ frozen: FrozenRequest, to at: Instant, now: Instant, _ tx: Transaction) throws {
        if claimed.job.kind == SettleAttempt.kind {
            try JobQueue.snooze(claimed.lease, at: at, tx)
        } else {
            try JobQueue.finish(claimed.lease, now: now, tx)
            try FollowUps.settle(
                attemptID: frozen.attempt.id, gateway: gateway.name, of: frozen.invoice, at: at, now: now, tx)
        }
    }

    /// The gateway turned the request away before it ran: the same one is sent again later, and the rate falls.
    func putOff(_ frozen: FrozenRequest, _ throttle: Throttle, exchanges: [Exchange]) async throws {
        let now = billing.clock.now()
        try await billing.writeOutcome("put-off") { tx in
            try Exchanges.add(
                exchanges, gateway: gateway.name, invoiceID: frozen.invoice.id, attemptNumber: frozen.attempt.number, tx
            )
            if throttle.isRateLimit { try Rate(gateway: gateway.name, now: now).fall(tx) }
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try leave(frozen, to: now.adding(seconds: throttle.retryAfterSeconds ?? 2), now: now, tx)
        }
    }

    func record(
        _ outcome: ChargeOutcome, _ snapshot: IntentSnapshot?, askedAt: Instant, exchanges: [Exchange],
        _ frozen: FrozenRequest
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

extension GatewayResult<IntentSnapshot> {
    /// The intent that the answer shows, if it shows one.
    var snapshot: IntentSnapshot? {
        switch self {
        case .value(let snapshot): snapshot
        case .declined(let snapshot, _): snapshot
        case .refused, .throttled, .notSent, .unknown: nil
        }
    }
}

extension GatewayReply<IntentSnapshot> {
    var snapshot: IntentSnapshot? { result.snapshot }
}
