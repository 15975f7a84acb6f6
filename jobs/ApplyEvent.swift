import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// Applies the events of one subject: reads the object at the gateway again and stores what that says (P5).
///
/// The order in which events come, how often, and what their payloads say changes nothing: only the read does. One run
/// answers all events of the subject that are there when it begins.
struct ApplyEvent {
    static let kind = "apply-event"
    static let runsMax = 20
    /// From this run on a person is told.
    static let runsBeforeFailed = 4

    let billing: Billing

    func run(_ claimed: ClaimedJob) async throws {
        let id: String = try JobArguments(of: claimed.job).required(\.event, kind: Self.kind)
        let gateway = try billing.gateway(claimed.job.queue)
        let name = gateway.name
        let (subject, events) = try await billing.database.read { tx in
            guard let stored = try Events.find(gateway: name, id: id, tx) else {
                return (EventSubject.nothing("pruned"), [StoredEvent]())
            }
            let subject = EventSubject(stored.event)
            return (subject, try Events.unapplied(gateway: name, subject: subject, tx))
        }
        var claimed = claimed
        claimed.eventIDs = events.map(\.event.id)
        let application = EventApplication(billing: billing, gateway: gateway, claimed: claimed, events: events)
        guard !events.isEmpty else { return try await application.finish() }
        do {
            try await apply(subject, application)
        } catch let error as GatewayUnavailable {
            try await application.noteUnavailable(error)
            throw error
        }
    }

    func apply(_ subject: EventSubject, _ application: EventApplication) async throws {
        switch subject {
        case .intent(let id): try await ApplyIntentEvent(application: application, intentID: id).run()
        case .refund(let id): try await ApplyMoneyEvent(application: application).refund(id)
        case .refundsOfIntent(let id): try await ApplyMoneyEvent(application: application).refunds(ofIntent: id)
        case .dispute(let id): try await ApplyMoneyEvent(application: application).dispute(id)
        case .setupIntent(let id): try await ApplyCardEvent(application: application).setupIntent(id)
        case .paymentMethod(let id): try await ApplyCardEvent(application: application).paymentMethod(id)
        case .customer(let id): try await ApplyCardEvent(application: application).customer(id)
        case .mandate(let id): try await ApplyCardEvent(application: application).mandate(id)
        case .nothing(let why): try await application.end(.ignored(why, isForeign: false))
        }
    }
}

/// What every kind of event needs: how it ends, in one transaction with what it changed.
struct EventApplication: Sendable {
    enum End: Sendable {
        case applied(String?)
        case ignored(String, isForeign: Bool)
    }

    let billing: Billing
    let gateway: BillingGateway
    let claimed: ClaimedJob
    let events: [StoredEvent]
    /// Set where no event told of the object: it is read again until it has ended.
    var watch: Watch?

    var eventIDs: [String] { claimed.eventIDs }

    /// - Parameter effect: what the read changes; a fact that is stored even when the lease was lost.
    func end(
        _ end: End, exchanges: [Exchange] = [], invoiceID: Int64? = nil,
        effect: @escaping @Sendable (Instant, Transaction) throws -> Void = { _, _ in }
    ) async throws {
        let now = billing.clock.now()
        try await billing.writeOutcome("apply-event") { tx in
            try Exchanges.add(exchanges, gateway: gateway.name, invoiceID: invoiceID, tx)
            try effect(now, tx)
            try note(end, now: now, tx)
            try finish(now: now, tx)
        }
    }

    func note(_ end: End, now: Instant, _ tx: Transaction) throws {
        switch end {
        case .applied(let reason):
            try Events.noteApplied(eventIDs, gateway: gateway.name, reason: reason, now: now, tx)
        case .ignored(let reason, let isForeign):
            try Events.noteIgnored(
                eventIDs, gateway: gateway.name, reason: reason, isForeign: isForeign, now: now, tx)
        }
    }

    func finish() async throws {
        let now = billing.clock.now()
        try await billing.database.write(step: "finish") { tx in try finish(now: now, tx) }
    }

    func finish(now: Instant, _ tx: Transaction) throws {
        guard try JobQueue.holds(claimed.lease, tx) else { return }
        if let watch, try watch.isOpen(now: now, tx) {
            return try JobQueue.snooze(claimed.lease, at: watch.nextAt(now), tx)
        }
        try JobQueue.finish(claimed.lease, now: now, tx)
    }

    func noteUnavailable(_ error: GatewayUnavailable) async throws {
        guard claimed.job.runCount >= ApplyEvent.runsBeforeFailed else { return }
        let reason = Redaction.clean(error.description)
        try await billing.writeOutcome("event-failed") { tx in
            try Events.noteFailed(eventIDs, gateway: gateway.name, reason: reason, tx)
        }
    }
}
