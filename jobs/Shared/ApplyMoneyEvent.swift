import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import Logging

/// Events of money that went back or is contested: amounts and flags on a paid invoice, which stays paid.
struct ApplyMoneyEvent: Sendable {
    let application: EventApplication

    private var billing: Billing { application.billing }
    private var gateway: BillingGateway { application.gateway }

    // MARK: - Refunds

    func refund(_ refundID: String) async throws {
        let askedAt = billing.clock.now()
        let reply = await gateway.driver.refund(refundID)
        guard case .value(let refund) = reply.result else {
            throw GatewayUnavailable(reply.result, about: "refund \(refundID)")
        }
        try await store([refund], intentID: refund.intentID, askedAt: askedAt, exchanges: reply.exchanges)
    }

    /// The event names only the charge: all refunds of its intent are read, where the gateway can list them.
    func refunds(ofIntent intentID: String) async throws {
        guard try await intent(intentID) != nil else { return try await nobody() }
        let askedAt = billing.clock.now()
        let reply = await gateway.driver.refunds(ofIntent: intentID)
        if case .refused(let refusal) = reply.result, refusal.code == "not_supported" {
            return try await application.end(
                .ignored("the gateway cannot list refunds; charge.refund.updated tells of each", isForeign: false))
        }
        guard case .value(let refunds) = reply.result else {
            throw GatewayUnavailable(reply.result, about: "refunds of intent \(intentID)")
        }
        try await store(refunds, intentID: intentID, askedAt: askedAt, exchanges: reply.exchanges)
    }

    private func store(
        _ refunds: [RefundSnapshot], intentID: String?, askedAt: Instant, exchanges: [Exchange]
    ) async throws {
        guard let intent = try await intent(intentID) else { return try await nobody(exchanges) }
        let (success, more) = try await success(of: intent)
        try await application.end(.applied(nil), exchanges: exchanges + more, invoiceID: intent.invoiceID) { now, tx in
            try collect(success, intent, now: now, tx)
            try NotedRefunds(gateway: gateway, askedAt: askedAt, now: now).note(refunds, of: intent, tx)
        }
    }

    // MARK: - Disputes

    func dispute(_ disputeID: String) async throws {
        let askedAt = billing.clock.now()
        let eventID = application.eventIDs.last ?? ""
        let reply = await gateway.driver.dispute(disputeID, eventID: eventID)
        guard case .value(let dispute) = reply.result else {
            throw GatewayUnavailable(reply.result, about: "dispute \(disputeID)")
        }
        guard let intent = try await intent(dispute.intentID) else { return try await nobody(reply.exchanges) }
        let (success, more) = try await success(of: intent)
        let exchanges = reply.exchanges + more
        try await application.end(.applied(nil), exchanges: exchanges, invoiceID: intent.invoiceID) { now, tx in
            try collect(success, intent, now: now, tx)
            try note(dispute, intent, askedAt: askedAt, now: now, tx)
        }
    }

    private func note(
        _ dispute: DisputeSnapshot, _ intent: Intent, askedAt: Instant, now: Instant, _ tx: Transaction
    ) throws {
        let invoice = try Invoices.get(intent.invoiceID, tx)
        let change = try Disputes.note(
            dispute, of: intent, customerID: invoice.customerID, askedAt: askedAt, now: now, tx)
        try NotedRefunds.count(invoice.id, tx)
        let kind: String
        switch change {
        case .none, .noted: return
        case .opened:
            kind = "dispute_opened"
            try watch(dispute, of: invoice, now: now, tx)
            try DisputeHold(now: now).begin(invoice.customerID, disputeID: dispute.id, tx)
        case .closed(let how):
            kind = "dispute_closed"
            try DisputeHold(now: now).end(invoice.customerID, disputeID: dispute.id, isLost: how == "lost", tx)
        }
        try Activity.add(
            kind, subscriptionID: invoice.subscriptionID, invoiceID: invoice.id,
            amountMinor: dispute.amount?.minorUnits,
            currency: dispute.amount?.currency.code,
            reason: "\(dispute.id) \(dispute.status): \(dispute.reason ?? "no reason given")", now: now, tx)
        billing.logger.warning(
            "a charge is disputed",
            metadata: ["invoice": "\(invoice.id)", "dispute": "\(dispute.id)", "status": "\(dispute.status)"])
    }

    /// A dispute takes weeks: it is read once a day, where the gateway shows it.
    private func watch(_ dispute: DisputeSnapshot, of invoice: Invoice, now: Instant, _ tx: Transaction) throws {
        guard gateway.driver.capabilities.showsDisputes else { return }
        try FollowUps.watch(
            .dispute(dispute.id), gateway: gateway.name, customerID: invoice.customerID, since: now.adding(days: -2),
            firstAt: now.adding(days: 1), now: now, tx)
    }

    // MARK: - Parts

    private func intent(_ gatewayID: String?) async throws -> Intent? {
        guard let gatewayID else { return nil }
        let name = gateway.name
        return try await billing.database.read { tx in
            try Intents.find(gateway: name, gatewayID: gatewayID, tx)
        }
    }

    /// Money that went back was collected before: a success that the ledger has not heard of is read first.
    private func success(of intent: Intent) async throws -> (IntentSnapshot?, [Exchange]) {
        guard !intent.hasSucceeded, let gatewayID = intent.gatewayID else { return (nil, []) }
        let reply = await gateway.driver.retrieve(gatewayID)
        guard case .value(let snapshot) = reply.result else {
            throw GatewayUnavailable(reply.result, about: "intent \(gatewayID)")
        }
        let isOurs = snapshot.amount.map { $0.minorUnits == intent.amountMinor } ?? false
        return (isOurs && snapshot.status == .succeeded ? snapshot : nil, reply.exchanges)
    }

    private func collect(_ success: IntentSnapshot?, _ intent: Intent, now: Instant, _ tx: Transaction) throws {
        guard success != nil else { return }
        let invoice = try Invoices.get(intent.invoiceID, tx)
        let inFlight = try Attempts.of(invoice.id, tx).first { $0.intentID == intent.id && $0.state.isInFlight }
        try Collected(billing: billing, now: now).record(invoice, intentID: intent.id, attempt: inFlight, tx)
    }

    private func nobody(_ exchanges: [Exchange] = []) async throws {
        try await application.end(.ignored("no debt of this database", isForeign: true), exchanges: exchanges)
    }
}
