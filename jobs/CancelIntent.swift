import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// Cancels the open intent of a debt that has ended, or of a try that is spent, and makes sure that it is canceled.
///
/// Reads first: a success that was already on the wire is recorded, not lost (P7). An attempt in flight is settled
/// before its intent is touched.
struct CancelIntent {
    static let kind = "cancel-intent"
    /// A resend keeps its key, but not for ever: a gateway repeats a stored error for as long as it keeps the key.
    static let runsPerKey = 4

    let billing: Billing

    func run(_ claimed: ClaimedJob) async throws {
        let id: Int64 = try JobArguments(of: claimed.job).required(\.intent, kind: Self.kind)
        let gateway = try billing.gateway(claimed.job.queue)
        let (intent, invoice, isInFlight) = try await billing.database.read { tx in
            let intent = try Intents.get(id, tx)
            let isInFlight = try Attempts.of(intent.invoiceID, tx).contains {
                $0.intentID == id && $0.state.isInFlight
            }
            return (intent, try Invoices.get(intent.invoiceID, tx), isInFlight)
        }
        if !intent.isOpen {
            return try await end(nil, intent, gateway, claimed, exchanges: [])
        }
        // Its settling enqueues this job again when it ends without a success.
        if isInFlight { return try await settleFirst(intent, invoice, claimed) }
        if let gatewayID = intent.gatewayID {
            try await cancel(gatewayID, intent, invoice, gateway, claimed)
        } else {
            try await find(intent, invoice, gateway, claimed)
        }
    }

    private func cancel(
        _ gatewayID: String, _ intent: Intent, _ invoice: Invoice, _ gateway: BillingGateway, _ claimed: ClaimedJob
    ) async throws {
        let read = await gateway.driver.retrieve(gatewayID)
        guard case .value(let snapshot) = read.result else {
            throw GatewayUnavailable(read.result, about: "intent \(gatewayID)")
        }
        // Money of somebody else pays no debt of ours.
        if snapshot.status == .succeeded,
            let difference = intent.difference(from: snapshot, of: invoice, databaseID: billing.databaseID)
        {
            throw GatewayUnavailable(
                description: "intent \(gatewayID) is not as sent: \(difference)", retryAfterSeconds: 3600)
        }
        if snapshot.status == .canceled || snapshot.status == .succeeded || snapshot.status == .other("failed") {
            return try await end(snapshot, intent, gateway, claimed, exchanges: read.exchanges)
        }
        try await billing.steps.reach("request-cancel")
        let reply = await gateway.driver.cancel(
            gatewayID, idempotencyKey: "\(intent.reference):cancel:\(claimed.job.runCount / Self.runsPerKey)")
        guard case .value(let canceled) = reply.result, canceled.status == .canceled else {
            throw GatewayUnavailable(reply.result, about: "intent \(gatewayID)")
        }
        try await end(canceled, intent, gateway, claimed, exchanges: read.exchanges + reply.exchanges)
    }

    /// The create was never answered: look once; what is not there was never confirmed and cannot collect.
    private func find(
        _ intent: Intent, _ invoice: Invoice, _ gateway: BillingGateway, _ claimed: ClaimedJob
    ) async throws {
        let reference = invoice.reference(intentNumber: intent.number, databaseID: billing.databaseID)
        let reply = await DebtSearch(billing: billing, gateway: gateway).candidates(
            invoice, reference: reference, customerID: intent.gatewayCustomerID, from: intent.createdAt)
        guard case .value(let found) = reply.result else {
            throw GatewayUnavailable(reply.result, about: "intent \(intent.reference)")
        }
        guard let ours = found.first(where: { $0.metadata.reference == intent.reference && $0.status != .canceled })
        else { return try await end(nil, intent, gateway, claimed, exchanges: reply.exchanges) }
        let stored = try await billing.database.write(step: "store-intent-id") { tx in
            try Intents.store(gatewayID: ours.id, intent.id, tx)
        }
        try await cancel(stored, intent, invoice, gateway, claimed)
    }

    /// - Parameter snapshot: what the gateway shows; nil when it knows of no such intent.
    private func end(
        _ snapshot: IntentSnapshot?, _ intent: Intent, _ gateway: BillingGateway, _ claimed: ClaimedJob,
        exchanges: [Exchange]
    ) async throws {
        let now = billing.clock.now()
        try await billing.writeOutcome("intent-canceled") { tx in
            try Exchanges.add(exchanges, gateway: gateway.name, invoiceID: intent.invoiceID, tx)
            let invoice = try Invoices.get(intent.invoiceID, tx)
            if snapshot?.status == .succeeded {
                try Collected(billing: billing, now: now).record(invoice, intentID: intent.id, attempt: nil, tx)
            } else if !intent.hasSucceeded {
                try Intents.noteCanceled(intent.id, tx)
            }
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try JobQueue.finish(claimed.lease, now: now, tx)
            try EndingDebts.finishIfNothingIsOpen(invoice.id, now: now, tx)
            try chargeAgain(invoice.id, now: now, tx)
        }
    }

    /// A debt whose try waited for this cancellation goes on.
    private func chargeAgain(_ invoiceID: Int64, now: Instant, _ tx: Transaction) throws {
        let invoice = try Invoices.get(invoiceID, tx)
        guard invoice.state == .open, invoice.waitsFor == .scheduled || invoice.waitsFor == .retrying else { return }
        try FollowUps.charge(invoice, at: invoice.nextAttemptAt ?? now, now: now, tx)
    }

    /// A customer may take an hour: what is in their hands is looked at now.
    private func settleFirst(_ intent: Intent, _ invoice: Invoice, _ claimed: ClaimedJob) async throws {
        let now = billing.clock.now()
        try await billing.database.write(step: "finish") { tx in
            guard try JobQueue.holds(claimed.lease, tx) else { return }
            try JobQueue.finish(claimed.lease, now: now, tx)
            for attempt in try Attempts.of(invoice.id, tx) where attempt.state.isInFlight && attempt.isOnSession {
                try FollowUps.settle(
                    attemptID: attempt.id, gateway: intent.gateway, of: invoice, at: now, now: now, tx)
            }
        }
    }
}
