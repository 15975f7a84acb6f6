import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// Finds out what became of an attempt with the customer in session.
///
/// It is never confirmed while the customer is not there: what was not sent never happened, and what was sent and is not
/// seen waits for the customer. After its hour, or at once when the debt has ended, the intent is read and canceled; a
/// canceled intent proves that the attempt collected nothing (money.md 23).
struct SettleInSession {
    let billing: Billing
    let gateway: BillingGateway
    let claimed: ClaimedJob
    /// Where the bank sends the browser back to, when the customer is there and has pressed the button again: only then
    /// is the same confirm sent again.
    var returnURL: String?

    /// - Returns: where the customer's browser can go on; nil when there is no such place.
    func run(_ frozen: FrozenRequest) async throws -> String? {
        let (name, id, invoiceID) = (gateway.name, frozen.attempt.id, frozen.invoice.id)
        let (state, session, invoice) = try await billing.database.read { tx in
            (
                try GatewayStates.find(name, tx), try SessionAttempts.find(id, tx),
                try Invoices.get(invoiceID, tx)
            )
        }
        guard state?.account == frozen.attempt.account, state?.keyHash == gateway.driver.keyHash else {
            // Only a process that holds the key of that account can ask.
            try await wait(frozen, until: billing.clock.now().adding(minutes: 10))
            return nil
        }
        let endsAt = invoice.state == .open ? session?.endsAt ?? frozen.attempt.writtenAt : frozen.attempt.writtenAt
        let run = Run(
            frozen: frozen, isOver: billing.clock.now() >= endsAt, actionSeenAt: session?.actionSeenAt,
            isOpen: invoice.state == .open)
        guard let intentID = frozen.intent.gatewayID else {
            try await findIntent(run)
            return nil
        }
        let askedAt = billing.clock.now()
        let reply = await gateway.driver.retrieve(intentID)
        guard case .value(let snapshot) = reply.result else {
            try await record(noAnswer(reply.result), nil, frozen, askedAt: askedAt, reply.exchanges)
            return nil
        }
        return try await decide(snapshot, run, Observation(askedAt: askedAt, exchanges: reply.exchanges))
    }

    private struct Run {
        let frozen: FrozenRequest
        /// The customer's time is over.
        let isOver: Bool
        let actionSeenAt: Instant?
        /// The debt has not ended.
        let isOpen: Bool
    }

    private struct Observation {
        let askedAt: Instant
        let exchanges: [Exchange]
    }

    // MARK: - The intent is known

    private func decide(_ snapshot: IntentSnapshot, _ run: Run, _ seen: Observation) async throws -> String? {
        let frozen = run.frozen
        if let difference = frozen.expectation.difference(from: snapshot) {
            let text = "the intent \(snapshot.id) is not as sent: \(difference)"
            try await record(.unknown(text), nil, frozen, seen)
            return nil
        }
        if snapshot.status == .requiresAction {
            if run.isOver {
                try await cancel(snapshot, .needsCustomer(snapshot.lastDecline), frozen, seen)
                return nil
            }
            try await record(.processing, snapshot, frozen, seen)
            return snapshot.nextActionURL
        }
        if let outcome = frozen.baseline.outcome(read: snapshot) {
            try await record(outcome, snapshot, frozen, seen)
            return nil
        }
        if run.actionSeenAt != nil, snapshot.status == .requiresPaymentMethod {
            // It waited for the customer and does so no more: the challenge was not passed, and no charge was made.
            let decline = snapshot.lastDecline ?? Decline(code: "payment_intent_authentication_failure")
            try await record(.needsCustomer(decline), snapshot, frozen, seen)
            return nil
        }
        return try await notConfirmed(snapshot, run, seen)
    }

    /// The read shows that no confirm has arrived (yet).
    private func notConfirmed(_ snapshot: IntentSnapshot, _ run: Run, _ seen: Observation) async throws -> String? {
        let frozen = run.frozen
        let now = billing.clock.now()
        if frozen.attempt.sends == 0 {
            guard returnURL != nil || now > frozen.attempt.sendBy || !run.isOpen else {
                try await wait(frozen, until: frozen.attempt.sendBy.adding(seconds: 1))
                return nil
            }
            try await record(.neverHappened("the customer left before it was sent"), snapshot, frozen, seen)
            return nil
        }
        if run.isOver {
            try await cancel(snapshot, .neverHappened("it was not confirmed in time"), frozen, seen)
            return nil
        }
        let waitSeconds = gateway.driver.capabilities.confirmAgainAfterSeconds
        guard let returnURL, now >= frozen.attempt.writtenAt.adding(seconds: waitSeconds) else {
            try await record(.unknown("not confirmed yet, as far as the gateway shows"), snapshot, frozen, seen)
            return nil
        }
        return try await SendInSession(
            billing: billing, gateway: gateway, claimed: claimed, returnURL: returnURL
        ).run(try await reloaded(frozen))
    }

    /// Cancels the intent; only when the gateway says canceled is the attempt over.
    private func cancel(
        _ snapshot: IntentSnapshot, _ outcome: ChargeOutcome, _ frozen: FrozenRequest, _ seen: Observation
    ) async throws {
        try await billing.steps.reach("request-cancel")
        let reply = await gateway.driver.cancel(
            snapshot.id, idempotencyKey: frozen.idempotencyKey("cancel-\(frozen.attempt.asks / 4)"))
        let all = seen.exchanges + reply.exchanges
        if case .value(let canceled) = reply.result, canceled.status == .canceled {
            return try await record(outcome, canceled, frozen, askedAt: seen.askedAt, all)
        }
        try await record(
            .unknown("the intent could not be canceled yet"), nil, frozen, askedAt: seen.askedAt, all)
    }

    // MARK: - The answer to the create was lost

    /// Nothing was confirmed: the confirm names the stored id. What the create made is taken up, so that it can be used
    /// or canceled.
    private func findIntent(_ run: Run) async throws {
        let frozen = run.frozen
        let askedAt = billing.clock.now()
        guard returnURL != nil || askedAt > frozen.attempt.sendBy || !run.isOpen else {
            return try await wait(frozen, until: frozen.attempt.sendBy.adding(seconds: 1))
        }
        let reference = frozen.invoice.reference(intentNumber: frozen.intent.number, databaseID: billing.databaseID)
        let reply = await DebtSearch(billing: billing, gateway: gateway).candidates(
            frozen.invoice, reference: reference, customerID: frozen.attempt.gatewayCustomerID,
            from: frozen.attempt.gatewayDate ?? frozen.attempt.writtenAt)
        guard case .value(let found) = reply.result else {
            return try await record(noAnswer(reply.result), nil, frozen, askedAt: askedAt, reply.exchanges)
        }
        let isSearch = gateway.driver.capabilities.listing == .byReference
        let lag = SettleAttempt.searchLagSeconds
        let ours = found.filter { $0.metadata.reference == frozen.intent.reference && $0.status != .canceled }
        if ours.isEmpty, isSearch, askedAt < frozen.attempt.writtenAt.adding(seconds: lag) {
            let text = "the gateway's search may not show it yet"
            return try await record(.unknown(text), nil, frozen, askedAt: askedAt, reply.exchanges)
        }
        let best = ours.first { frozen.expectation.difference(from: $0) == nil }
        try await record(
            .neverHappened("the customer left before it was sent"), best, frozen, askedAt: askedAt, reply.exchanges)
        await DebtSearch(billing: billing, gateway: gateway).cancel(
            strays: ours.filter { $0.id != best?.id && $0.isUnconfirmed }.map(\.id))
    }

    // MARK: - Parts

    private func wait(_ frozen: FrozenRequest, until at: Instant) async throws {
        let now = billing.clock.now()
        let sending = SendAttempt(billing: billing, gateway: gateway, claimed: claimed)
        try await billing.database.write(step: "snooze") { tx in
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try sending.leave(frozen, to: at, now: now, tx)
        }
    }

    private func noAnswer<Value>(_ result: GatewayResult<Value>) -> ChargeOutcome {
        .unknown(GatewayUnavailable(result, about: "attempt in session").description)
    }

    private func reloaded(_ frozen: FrozenRequest) async throws -> FrozenRequest {
        let databaseID = billing.databaseID
        return try await billing.database.read { tx in
            try FrozenRequest(
                invoice: try Invoices.get(frozen.invoice.id, tx), intent: try Intents.get(frozen.intent.id, tx),
                attempt: try Attempts.get(frozen.attempt.id, tx), databaseID: databaseID)
        }
    }

    private func record(
        _ outcome: ChargeOutcome, _ snapshot: IntentSnapshot?, _ frozen: FrozenRequest, _ seen: Observation
    ) async throws {
        try await record(outcome, snapshot, frozen, askedAt: seen.askedAt, seen.exchanges)
    }

    private func record(
        _ outcome: ChargeOutcome, _ snapshot: IntentSnapshot?, _ frozen: FrozenRequest, askedAt: Instant,
        _ exchanges: [Exchange]
    ) async throws {
        try await SendAttempt(billing: billing, gateway: gateway, claimed: claimed).record(
            outcome, snapshot, askedAt: askedAt, exchanges: exchanges, frozen)
    }
}
