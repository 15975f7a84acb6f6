import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import Logging

/// Events of a PaymentIntent. An attempt in flight is settled the way it always is; else the intent is read, and what
/// it says counts only towards money that moved.
struct ApplyIntentEvent: Sendable {
    let application: EventApplication
    let intentID: String

    private var billing: Billing { application.billing }
    private var gateway: BillingGateway { application.gateway }

    func run() async throws {
        let match = try await find()
        if let invoice = match.invoice, let intent = match.intent {
            try await known(intent, invoice)
        } else if let invoice = match.invoice {
            try await unknown(of: invoice, reply: await gateway.driver.retrieve(intentID))
        } else {
            try await nobody()
        }
    }

    /// The newest event knows most.
    private func find() async throws -> EventMatch {
        let (events, name, intentID) = (application.events, gateway.name, intentID)
        return try await billing.database.read { tx in
            for stored in events.reversed() {
                let match = try EventMatch.find(stored.event, .intent(intentID), gateway: name, tx)
                if match.invoice != nil { return match }
            }
            guard events.isEmpty, let intent = try Intents.find(gateway: name, gatewayID: intentID, tx) else {
                return EventMatch()
            }
            return EventMatch(intent: intent, invoice: try Invoices.get(intent.invoiceID, tx))
        }
    }

    // MARK: - An intent of the ledger

    private func known(_ intent: Intent, _ invoice: Invoice) async throws {
        guard let storedID = intent.gatewayID else { return try await overtaken(intent, invoice) }
        // A second intent with the same name: a create that was sent twice.
        guard storedID == intentID else {
            return try await unknown(of: invoice, reply: await gateway.driver.retrieve(intentID))
        }
        let events = application.events
        if !events.isEmpty, events.allSatisfy({ EventMatch(intent: intent).hasNothingToTell($0.event) }) {
            return try await application.end(.applied("the ledger knew it already"))
        }
        let inFlight = try await attemptInFlight(intent)
        if let inFlight, try await SettleAttempt(billing: billing).settle(inFlight, application.claimed) { return }
        try await read(intent, invoice)
    }

    /// The event came before the answer to our own create: its id is what that answer would have said, if it is ours. One
    /// that was never confirmed, or is canceled, may be a second one, beside that which another timeline of this file went on
    /// with.
    private func overtaken(_ intent: Intent, _ invoice: Invoice) async throws {
        let reply = await gateway.driver.retrieve(intentID)
        let snapshot = try value(reply)
        let isNamedSo = snapshot.metadata.reference == intent.reference
        if let difference = isNamedSo ? difference(snapshot, intent, invoice) : "dunlin_reference" {
            return try await foreign(difference, invoice, snapshot, reply.exchanges)
        }
        if snapshot.saysNothingOfOthers, try await isSecond(snapshot, intent, invoice) {
            let strays = snapshot.isUnconfirmed ? [intentID] : []
            await DebtSearch(billing: billing, gateway: gateway).cancel(strays: strays)
            return try await application.end(.applied(nil), exchanges: reply.exchanges, invoiceID: invoice.id)
        }
        let (exchanges, intentID) = (reply.exchanges, intentID)
        let stored = try await billing.database.write(step: "store-intent-id") { tx in
            try Exchanges.add(exchanges, gateway: gateway.name, invoiceID: invoice.id, tx)
            _ = try Intents.store(gatewayID: intentID, intent.id, tx)
            return try Intents.get(intent.id, tx)
        }
        try await known(stored, invoice)
    }

    private func isSecond(_ snapshot: IntentSnapshot, _ intent: Intent, _ invoice: Invoice) async throws -> Bool {
        let reply = await DebtSearch(billing: billing, gateway: gateway).candidates(
            invoice, reference: invoice.reference(intentNumber: intent.number, databaseID: billing.databaseID),
            customerID: intent.gatewayCustomerID, from: intent.createdAt)
        guard case .value(let found) = reply.result else {
            throw GatewayUnavailable(reply.result, about: "intent \(intent.reference)")
        }
        return found.contains { $0.metadata.reference == intent.reference && $0.rank < snapshot.rank }
    }

    private func read(_ intent: Intent, _ invoice: Invoice) async throws {
        let askedAt = billing.clock.now()
        let reply = await gateway.driver.retrieve(intentID)
        let snapshot = try value(reply)
        if let difference = difference(snapshot, intent, invoice) {
            return try await foreign(difference, invoice, snapshot, reply.exchanges)
        }
        try await application.end(.applied(nil), exchanges: reply.exchanges, invoiceID: invoice.id) { now, tx in
            try ObservedIntent(billing: billing, now: now).apply(snapshot, intent.id, askedAt: askedAt, tx)
        }
    }

    // MARK: - An intent that the ledger does not have

    /// It names a debt of ours: made in another timeline of this file, or twice. Adopted only if it matches.
    private func unknown(of invoice: Invoice, reply: GatewayReply<IntentSnapshot>) async throws {
        let snapshot = try value(reply)
        let (exchanges, now) = (reply.exchanges, billing.clock.now())
        let strays = try await billing.writeOutcome("apply-event") { tx in
            try Exchanges.add(exchanges, gateway: gateway.name, invoiceID: invoice.id, tx)
            let taken = try TakeOver(billing: billing, gateway: gateway, now: now).take(
                [snapshot], of: invoice.id, view: .oneEvent, tx)
            let isKnown = try Intents.find(gateway: gateway.name, gatewayID: snapshot.id, tx) != nil
            let end: EventApplication.End =
                isKnown || !taken.strays.isEmpty
                ? .applied(nil)
                : .ignored("it is not the intent of invoice \(invoice.id)", isForeign: true)
            try application.note(end, now: now, tx)
            try application.finish(now: now, tx)
            return taken.strays
        }
        await DebtSearch(billing: billing, gateway: gateway).cancel(strays: strays)
    }

    /// No debt of this database: kept, listed as foreign, never charged, and not read either, since an account may do
    /// much other business.
    private func nobody() async throws {
        let metadata = application.events.last?.event.metadata
        let why: String
        switch (metadata?.databaseID, metadata?.subscriptionID) {
        case (billing.databaseID, let subscription?):
            let period = metadata?.period ?? "?"
            why = "period \(period) of subscription \(subscription) has no invoice in this data file"
        case (_?, _): why = "an intent of another database"
        default: why = "no debt of this database"
        }
        try await application.end(.ignored(why, isForeign: true))
    }

    // MARK: - Parts

    private func attemptInFlight(_ intent: Intent) async throws -> Int64? {
        try await billing.database.read { tx in
            try Attempts.of(intent.invoiceID, tx).first { $0.intentID == intent.id && $0.state.isInFlight }?.id
        }
    }

    /// - Throws: `GatewayUnavailable` for everything that is no read of the intent. A 404 on a known id says nothing.
    private func value(_ reply: GatewayReply<IntentSnapshot>) throws -> IntentSnapshot {
        guard case .value(let snapshot) = reply.result else {
            throw GatewayUnavailable(reply.result, about: "intent \(intentID)")
        }
        return snapshot
    }

    private func difference(_ snapshot: IntentSnapshot, _ intent: Intent, _ invoice: Invoice) -> String? {
        intent.difference(from: snapshot, of: invoice, databaseID: billing.databaseID)
    }

    /// It has our name and is not as it was sent: somebody must look.
    private func foreign(
        _ difference: String, _ invoice: Invoice, _ snapshot: IntentSnapshot, _ exchanges: [Exchange]
    ) async throws {
        let reason = "intent \(snapshot.id) has the name of this debt and differs: \(difference)"
        try await application.end(.ignored(reason, isForeign: true), exchanges: exchanges, invoiceID: invoice.id) {
            now, tx in
            let isInFlight = try Attempts.of(invoice.id, tx).contains { $0.state.isInFlight }
            if !isInFlight { try InvoiceRest.onHold(invoice.id, reason: reason, now: now, tx) }
            try Activity.add(
                "incident", subscriptionID: invoice.subscriptionID, invoiceID: invoice.id, reason: reason, now: now, tx)
        }
    }
}
