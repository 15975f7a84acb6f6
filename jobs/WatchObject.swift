import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// Reads an object that is still open at the gateway until it has ended, so that the ledger is right without any webhook:
/// a refund that somebody made there, a SetupIntent or a payment that waits for the customer, a dispute.
///
/// What a read says is stored as an event about the object would store it. Attempts and refunds of our own have jobs of
/// their own.
struct WatchObject {
    static let kind = "watch-object"
    /// Runs that got no answer before a person is told.
    static let runsMax = 40

    let billing: Billing

    func run(_ claimed: ClaimedJob) async throws {
        let arguments = try JobArguments(of: claimed.job)
        let since = Instant(milliseconds: try arguments.required(\.since, kind: Self.kind))
        guard let subject = EventSubject(key: try arguments.required(\.subject, kind: Self.kind)) else {
            throw BillingError.badArguments(kind: Self.kind)
        }
        let gateway = try billing.gateway(claimed.job.queue)
        let watch = Watch(subject: subject, gateway: gateway.name, since: since, policy: billing.rules.dunning)
        let application = EventApplication(
            billing: billing, gateway: gateway, claimed: claimed, events: [], watch: watch)
        let now = billing.clock.now()
        guard try await billing.database.read({ tx in try watch.isOpen(now: now, tx) }) else {
            return try await application.finish()
        }
        try await ApplyEvent(billing: billing).apply(subject, application)
    }
}

/// What is watched, and how long.
struct Watch: Sendable {
    /// A customer may leave a card unsaved for ever: after so long only events tell.
    static let setupDaysMax: Int64 = 30

    let subject: EventSubject
    let gateway: String
    let since: Instant
    let policy: DunningPolicy

    func isOpen(now: Instant, _ tx: Transaction) throws -> Bool {
        switch subject {
        case .refund(let id): return try GatewayRefunds.isOpenElsewhere(gatewayID: id, gateway: gateway, tx)
        case .dispute(let id): return try Disputes.isOpen(gatewayID: id, gateway: gateway, tx)
        case .setupIntent(let id):
            guard now < since.adding(days: Self.setupDaysMax) else { return false }
            let status = try SetupIntents.find(gateway: gateway, gatewayID: id, tx)?.status
            return status.map { SetupIntentStatus($0).waitsForSomebody } ?? false
        case .intent(let id):
            guard let intent = try Intents.find(gateway: gateway, gatewayID: id, tx) else { return false }
            let invoice = try Invoices.get(intent.invoiceID, tx)
            return intent.status == IntentStatus.requiresAction.text && invoice.state == .open
                && invoice.waitsFor == .needsCustomer
        case .refundsOfIntent, .paymentMethod, .customer, .mandate, .nothing: return false
        }
    }

    func nextAt(_ now: Instant) -> Instant {
        now.adding(seconds: policy.settleDelay(openSeconds: max(0, now.milliseconds(since: since) / 1000)))
    }
}

extension SetupIntentStatus {
    /// The customer or the bank is at it: the gateway goes on without a request of ours.
    var waitsForSomebody: Bool { self == .requiresAction || self == .processing }
}
