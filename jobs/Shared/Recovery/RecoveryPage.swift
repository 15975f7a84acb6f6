public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase
import DunlinLedger

/// What a customer is shown of a debt: read from the ledger alone, without a word to the gateway.
public struct RecoveryPage: Hashable, Sendable {
    public enum State: Hashable, Sendable {
        /// It can be paid now.
        case due
        /// The bank waits for the customer.
        case atBank
        /// The outcome of the last payment is not known yet, or somebody is at work on it.
        case checking
        /// The customer has saved another card, which is charged in a moment.
        case charging
        case paid
        /// Nothing is owed any more.
        case canceled
        /// Not now: somebody has to look first, or the gateway does not answer.
        case notNow
        /// Pressed too often; again then.
        case tooMany(until: Instant)
    }

    /// What happened last, in words that say nothing of why a bank says no.
    public enum Note: String, Hashable, Sendable {
        /// The last payment did not go through.
        case notPaid
        /// The bank did not get the confirmation that it wanted.
        case notConfirmed
        /// This card cannot be tried again yet.
        case cardMustRest
        /// The gateway did not answer.
        case noAnswer
        /// The bank wants something that cannot be done here.
        case cannotContinue
    }

    /// The card that the button charges.
    public struct Card: Hashable, Sendable {
        public var brand: String?
        public var last4: String?
    }

    public var state: State
    public var note: Note?
    public var plan: String
    /// nil only for a row in a currency that does not exist.
    public var amount: Money?
    /// Local dates, start included, end excluded.
    public var periodStart: String
    public var periodEnd: String
    /// nil when only another card can pay.
    public var card: Card?
    /// When the card is tried again if the customer does nothing.
    public var nextAttemptAt: Instant?
    /// The zone of the subscription, for the line above.
    public var timeZone: String
}

extension RecoveryPage {
    /// How long what came of a payment is told.
    private static let newsSeconds: Int64 = 2 * 3600

    /// The page of a debt as the ledger has it now.
    ///
    /// - Throws: `LedgerError` when there is no such invoice, `DatabaseError`.
    public static func read(_ invoiceID: Int64, now: Instant, _ tx: Transaction) throws -> RecoveryPage {
        let invoice = try Invoices.get(invoiceID, tx)
        let attempts = try Attempts.of(invoiceID, tx)
        let subscription = try Subscriptions.find(invoice.subscriptionID, tx)
        var page = RecoveryPage(
            state: .due, plan: try Invoices.plan(of: invoiceID, tx), amount: invoice.amount,
            periodStart: invoice.periodStart, periodEnd: invoice.periodEnd, timeZone: subscription?.timeZone ?? "UTC")
        page.state = try state(invoice, attempts, now: now, tx)
        guard page.state == .due else { return page }
        page.note = try note(attempts, now: now, tx)
        page.card = try card(invoice, subscription, attempts, now: now, tx)
        if let next = invoice.nextAttemptAt, next > now { page.nextAttemptAt = next }
        return page
    }

    private static func state(
        _ invoice: Invoice, _ attempts: [Attempt], now: Instant, _ tx: Transaction
    ) throws -> State {
        switch invoice.state {
        case .paid: return .paid
        case .void, .uncollectible: return .canceled
        case .closing: return invoice.closingTo == .paid ? .paid : .canceled
        case .open: break
        }
        if let inFlight = attempts.first(where: { $0.state.isInFlight }) {
            guard inFlight.isOnSession, let session = try SessionAttempts.find(inFlight.id, tx) else {
                return .checking
            }
            let intent = try Intents.get(inFlight.intentID, tx)
            let isAtBank = session.actionSeenAt != nil && intent.status == IntentStatus.requiresAction.text
            return isAtBank && now < session.endsAt ? .atBank : .checking
        }
        switch invoice.waitsFor {
        case .onHold: return .notNow
        case .processing, .unknown: return .checking
        case .scheduled, .retrying:
            if invoice.asksFirst { return .checking }
            let isAboutToBe = invoice.nextAttemptAt.map { $0 <= now } ?? (invoice.dueAt <= now)
            return try isAboutToBe && RecoveryCards.saved(ofInvoice: invoice.id, tx) != nil ? .charging : .due
        case .needsCustomer, .needsMethod, nil: break
        }
        return .due
    }

    private static func note(_ attempts: [Attempt], now: Instant, _ tx: Transaction) throws -> Note? {
        guard let last = attempts.last, last.isOnSession else { return nil }
        guard let endedAt = last.endedAt, now < endedAt.adding(seconds: newsSeconds) else { return nil }
        switch last.state {
        case .declined, .refused: return .notPaid
        case .needsCustomer: return .notConfirmed
        case .neverHappened: return last.sends > 0 ? .notPaid : nil
        case .sending, .processing, .unknown, .succeeded: return nil
        }
    }

    private static func card(
        _ invoice: Invoice, _ subscription: Subscription?, _ attempts: [Attempt], now: Instant, _ tx: Transaction
    ) throws -> Card? {
        let saved = try RecoveryCards.saved(ofInvoice: invoice.id, tx).flatMap { method in
            try MethodChoice.isOpen(method, gateway: invoice.gateway, tx) ? method : nil
        }
        let method =
            try saved
            ?? subscription.flatMap {
                try MethodChoice.choose(
                    for: $0, gateway: invoice.gateway, on: $0.localDate(of: now), after: attempts, tx
                ).method
            }
        return method.map { Card(brand: $0.brand, last4: $0.last4) }
    }
}
