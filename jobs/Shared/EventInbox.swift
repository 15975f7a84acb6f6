public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase
public import DunlinLedger
import DunlinQueue

/// Takes events in: stores each once, with the job that applies it, in one transaction.
public enum EventInbox {
    /// - Parameters:
    ///   - mode: of this installation; an event of the other mode is kept and ignored.
    /// - Returns: the state that the event has now.
    public static func store(
        _ new: NewEvent, mode: GatewayMode, now: Instant, _ tx: Transaction
    ) throws -> StoredEvent.State {
        let subject = EventSubject(new.event)
        if let reason = try ignoredFor(new, subject, mode: mode, tx) {
            return try Events.store(new, subject: subject, state: .ignored, reason: reason, now: now, tx)
        }
        let match = try EventMatch.find(new.event, subject, gateway: new.gateway, tx)
        if match.hasNothingToTell(new.event) {
            return try Events.store(
                new, subject: subject, state: .applied, reason: "the ledger knew it already", now: now, tx)
        }
        let state = try Events.store(new, subject: subject, state: .received, now: now, tx)
        if state.isOpen { try enqueue(new.event, subject, new.gateway, match, now: now, tx) }
        return state
    }

    /// Takes in an event that the gateway lists: kept only where nobody has told of it, it is about what this ledger
    /// knows, and reading its object may show something new. An account's list is full of everything else.
    ///
    /// - Returns: true when it was missing.
    static func storeListed(
        _ event: GatewayEvent, gateway: String, mode: GatewayMode, now: Instant, _ tx: Transaction
    ) throws -> Bool {
        // Its bytes are not a delivery's: the hash names the event.
        let new = NewEvent(gateway: gateway, event: event, source: .listed, bodyHash: HexDigest.sha256(event.id))
        let subject = EventSubject(event)
        guard try Events.find(gateway: gateway, id: event.id, tx) == nil,
            try ignoredFor(new, subject, mode: mode, tx) == nil
        else { return false }
        let match = try EventMatch.find(event, subject, gateway: gateway, tx)
        guard !match.hasNothingToTell(event), try match.isOfThisLedger(event, subject, gateway: gateway, tx) else {
            return false
        }
        let state = try Events.store(new, subject: subject, state: .received, now: now, tx)
        if state.isOpen { try enqueue(event, subject, gateway, match, priority: .poll, now: now, tx) }
        return true
    }

    /// Applies a stored event once more, whatever became of it.
    ///
    /// - Returns: false when there is nothing to read again for it.
    public static func replay(gateway: String, id: String, now: Instant, _ tx: Transaction) throws -> Bool {
        guard let stored = try Events.find(gateway: gateway, id: id, tx) else { return false }
        let subject = EventSubject(stored.event)
        guard subject.key != nil else { return false }
        try Events.reopen(gateway: gateway, id: id, tx)
        let match = try EventMatch.find(stored.event, subject, gateway: gateway, tx)
        try enqueue(stored.event, subject, gateway, match, now: now, tx)
        return true
    }

    private static func enqueue(
        _ event: GatewayEvent, _ subject: EventSubject, _ gateway: String, _ match: EventMatch,
        priority: JobPriority = .settle, now: Instant, _ tx: Transaction
    ) throws {
        try FollowUps.apply(
            event.id, subject, gateway: gateway, customerID: try match.customerID(event, gateway: gateway, tx),
            priority: priority, now: now, tx)
    }

    private static func ignoredFor(
        _ new: NewEvent, _ subject: EventSubject, mode: GatewayMode, _ tx: Transaction
    ) throws -> String? {
        if let isLive = new.event.isLive, isLive != (mode == .live) {
            return "of \(isLive ? "live" : "test") mode, and mode is \(mode.rawValue)"
        }
        if let account = new.event.account, let bound = try GatewayStates.find(new.gateway, tx)?.account,
            bound.hasPrefix("acct_"), account != bound
        {
            return "of account \(account), and the data file is bound to \(bound)"
        }
        if case .nothing(let why) = subject { return why }
        return nil
    }
}

/// The debt that an event is about: found by the intent's id, then by its reference, then by subscription and period,
/// so that an event that overtakes our own reply is not foreign (money.md 32).
struct EventMatch: Sendable {
    var intent: Intent?
    var invoice: Invoice?

    static func find(
        _ event: GatewayEvent, _ subject: EventSubject, gateway: String, _ tx: Transaction
    ) throws -> EventMatch {
        let known = try event.intentID.flatMap { try Intents.find(gateway: gateway, gatewayID: $0, tx) }
        if let intent = known {
            return EventMatch(intent: intent, invoice: try Invoices.get(intent.invoiceID, tx))
        }
        guard case .intent = subject else { return EventMatch() }
        let metadata = event.metadata
        if let intent = try metadata.reference.flatMap({ try Intents.find(reference: $0, tx) }),
            intent.gateway == gateway
        {
            return EventMatch(intent: intent, invoice: try Invoices.get(intent.invoiceID, tx))
        }
        guard let subscriptionID = metadata.subscriptionID, let period = metadata.period,
            let invoice = try Invoices.find(subscriptionID: subscriptionID, periodStart: period, tx),
            invoice.gateway == gateway
        else { return EventMatch() }
        return EventMatch(invoice: invoice)
    }

    /// Reading the intent could show nothing that the ledger does not know: it is at its end, or was only created.
    func hasNothingToTell(_ event: GatewayEvent) -> Bool {
        guard let intent, event.type.hasPrefix("payment_intent."), intent.gatewayID == event.objectID else {
            return false
        }
        if intent.hasSucceeded { return true }
        if event.type == "payment_intent.created" { return true }
        return intent.isCanceled && event.type == "payment_intent.canceled"
    }

    /// Whose money it is about, so that it waits for what is being done for that customer.
    func customerID(_ event: GatewayEvent, gateway: String, _ tx: Transaction) throws -> String? {
        if let invoice { return invoice.customerID }
        return try event.customerID.flatMap { try Customers.id(gateway: gateway, gatewayCustomerID: $0, tx) }
    }

    /// The ledger has the debt, the customer or the card that the event is about.
    func isOfThisLedger(
        _ event: GatewayEvent, _ subject: EventSubject, gateway: String, _ tx: Transaction
    ) throws -> Bool {
        switch subject {
        case .intent: return invoice != nil || event.metadata.databaseID != nil
        case .refund, .refundsOfIntent, .dispute: return intent != nil
        case .setupIntent: return try isKnown(event.customerID, gateway: gateway, tx)
        case .customer(let id): return try isKnown(id, gateway: gateway, tx)
        case .paymentMethod(let id): return try !PaymentMethods.of(gatewayPaymentMethodID: id, tx).isEmpty
        case .mandate: return true
        case .nothing: return false
        }
    }

    private func isKnown(_ gatewayCustomerID: String?, gateway: String, _ tx: Transaction) throws -> Bool {
        try gatewayCustomerID.flatMap { try Customers.id(gateway: gateway, gatewayCustomerID: $0, tx) } != nil
    }
}
