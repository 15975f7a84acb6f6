import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Pays a debt with the customer in session: goes on with what waits at the bank, else writes an attempt and sends it.
struct VisitPayment {
    /// Settle, look, replace, look up, send: each at most once or twice.
    private static let roundsMax = 8

    let billing: Billing
    let begun: VisitJob.Begun
    let addresses: RecoveryVisit.Addresses

    private var gateway: BillingGateway { begun.gateway }
    private var invoiceID: Int64 { begun.invoice.id }

    /// - Returns: where the browser goes on; nil when the page tells the rest.
    /// - Throws: `VisitStop`, `GatewayUnavailable`.
    func run() async throws -> VisitTarget? {
        var asked = BeginAttempt.Asked()
        for _ in 0..<Self.roundsMax {
            if let inFlight = try await attemptInFlight() {
                guard inFlight.attempt.isOnSession else { return nil }
                let url = try await SettleInSession(
                    billing: billing, gateway: gateway, claimed: begun.claimed, returnURL: addresses.back
                ).run(inFlight)
                if let url { return VisitTarget(url) }
                guard try await holdsLease(), try await attemptInFlight() == nil else {
                    try await stopIfAtBank()
                    return nil
                }
            }
            switch try await begin(asked) {
            case .finished: return nil
            case .mustRest: throw VisitStop(note: .cardMustRest)
            case .look(let intent):
                let snapshot = try await ChargeInvoice(billing: billing).look(intent, gateway)
                if let snapshot, try await waitsAtBank(snapshot) { return try target(of: snapshot) }
                asked.look = snapshot
            case .lookUp(let invoice, let number):
                let isMissing = try await DebtSearch(billing: billing, gateway: gateway).search(invoice, number: number)
                asked.missingNumber = isMissing ? number : nil
            case .replace(let intent):
                if let target = try await replace(intent) { return target }
            case .send(let frozen):
                let url = try await SendInSession(
                    billing: billing, gateway: gateway, claimed: begun.claimed, returnURL: addresses.back
                ).run(frozen)
                if url == nil { try await stopIfAtBank() }
                return url.map { VisitTarget($0) }
            }
        }
        throw GatewayUnavailable(description: "the intent of invoice \(invoiceID) changes too fast")
    }

    private func begin(_ asked: BeginAttempt.Asked) async throws -> BeginAttempt.Start {
        let now = billing.clock.now()
        let (billing, gateway, claimed, invoiceID) = (billing, gateway, begun.claimed, invoiceID)
        return try await billing.database.write(step: "begin-attempt-in-session") { tx in
            try BeginAttempt(billing: billing, gateway: gateway, claimed: claimed, now: now, isInSession: true).begin(
                invoiceID, asked: asked, tx)
        }
    }

    private func attemptInFlight() async throws -> FrozenRequest? {
        let (invoiceID, databaseID) = (invoiceID, billing.databaseID)
        return try await billing.database.read { tx in
            guard let attempt = try Attempts.of(invoiceID, tx).first(where: { $0.state.isInFlight }) else { return nil }
            return try FrozenRequest(
                invoice: try Invoices.get(invoiceID, tx), intent: try Intents.get(attempt.intentID, tx),
                attempt: attempt, databaseID: databaseID)
        }
    }

    private func holdsLease() async throws -> Bool {
        try await VisitJob.holds(begun, billing)
    }

    // MARK: - What waits at the bank already

    /// An intent that waits for the customer is never confirmed again: the browser is sent to its own challenge.
    private func waitsAtBank(_ snapshot: IntentSnapshot) async throws -> Bool {
        guard snapshot.status == .requiresAction else { return false }
        let invoiceID = invoiceID
        return try await billing.database.read { tx in
            // It may have turned out not to be ours.
            let invoice = try Invoices.get(invoiceID, tx)
            return invoice.state == .open && invoice.waitsFor != .onHold
        }
    }

    private func target(of snapshot: IntentSnapshot) throws -> VisitTarget {
        guard let url = snapshot.nextActionURL else { throw VisitStop(note: .cannotContinue) }
        return VisitTarget(url, comesBack: false)
    }

    /// The bank waits, and did not say where.
    private func stopIfAtBank() async throws {
        let (invoiceID, now) = (invoiceID, billing.clock.now())
        let page = try await billing.database.read { tx in try RecoveryPage.read(invoiceID, now: now, tx) }
        if page.state == .atBank { throw VisitStop(note: .cannotContinue) }
    }

    // MARK: - A spent intent

    /// Where each try has an intent of its own, the one before is canceled first, and that is made sure of (money.md 5).
    ///
    /// - Returns: where the browser goes on, when the intent waits for the customer.
    private func replace(_ intent: Intent) async throws -> VisitTarget? {
        guard intent.gatewayID != nil else {
            let isMissing = try await DebtSearch(billing: billing, gateway: gateway).search(
                begun.invoice, number: intent.number)
            if isMissing {
                try await billing.database.write(step: "intent-canceled") { tx in
                    try Intents.noteCanceled(intent.id, tx)
                }
            }
            return nil
        }
        let look = try await ChargeInvoice(billing: billing).look(intent, gateway)
        guard let look else { return nil }
        if try await waitsAtBank(look) { return try target(of: look) }
        guard look.status != .succeeded else { return nil }
        try await SpentIntent(billing: billing, gateway: gateway).cancel(look, intent)
        return nil
    }
}

/// Cancels an intent whose try is over, for another one to be made.
struct SpentIntent {
    let billing: Billing
    let gateway: BillingGateway

    /// - Parameter look: the intent as it was just read.
    /// - Throws: `GatewayUnavailable` when the gateway does not say that it is canceled.
    func cancel(_ look: IntentSnapshot, _ intent: Intent) async throws {
        var canceled = look
        var exchanges: [Exchange] = []
        if look.status != .canceled, look.status != .other("failed") {
            try await billing.steps.reach("request-cancel")
            let reply = await gateway.driver.cancel(look.id, idempotencyKey: "\(intent.reference):cancel:session")
            exchanges = reply.exchanges
            guard case .value(let snapshot) = reply.result, snapshot.status == .canceled else {
                throw GatewayUnavailable(reply.result, about: "intent \(look.id)")
            }
            canceled = snapshot
        }
        let (invoiceID, name, askedAt, seen) = (intent.invoiceID, gateway.name, billing.clock.now(), canceled)
        try await billing.writeOutcome("intent-canceled") { [exchanges] tx in
            try Exchanges.add(exchanges, gateway: name, invoiceID: invoiceID, tx)
            try Intents.note(seen, of: intent.id, askedAt: askedAt, tx)
            try Intents.noteCanceled(intent.id, tx)
        }
    }
}
