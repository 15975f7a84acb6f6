import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Sends the customer to the gateway's own page to save another card. No card data comes near this program.
struct VisitCard {
    let billing: Billing
    let begun: VisitJob.Begun
    let addresses: RecoveryVisit.Addresses

    private var gateway: BillingGateway { begun.gateway }

    /// - Returns: the gateway's page.
    /// - Throws: `VisitStop`, `GatewayUnavailable`.
    func run() async throws -> VisitTarget? {
        guard let session = gateway.session else { throw VisitStop(note: .noAnswer) }
        try await giveUpWhatIsAtTheBank()
        guard let customer = try await customer() else { return nil }
        // Each visit makes a page of its own: one that was left may have ended meanwhile.
        let key = "\(billing.databaseID):card:\(begun.invoice.id):\(billing.clock.now().milliseconds)"
        let reply = await session.createSetupSession(
            SetupSessionRequest(
                customerID: customer.gatewayCustomerID, successURL: addresses.cardSaved, cancelURL: addresses.cardLeft,
                metadata: MetadataChange([
                    "dunlin_invoice": String(begun.invoice.id), "dunlin_database": billing.databaseID,
                ])), idempotencyKey: key)
        let (name, invoiceID, now) = (gateway.name, begun.invoice.id, billing.clock.now())
        guard case .value(let page) = reply.result else {
            try await billing.database.write(step: "keep-exchanges") { tx in
                try Exchanges.add(reply.exchanges, gateway: name, invoiceID: invoiceID, tx)
            }
            throw GatewayUnavailable(reply.result, about: "a page for another card")
        }
        try await billing.writeOutcome("note-card-page") { tx in
            try Exchanges.add(reply.exchanges, gateway: name, invoiceID: invoiceID, tx)
            try RecoveryCards.insert(
                invoiceID: invoiceID, gateway: name, gatewayCustomerID: customer.gatewayCustomerID,
                sessionID: page.id, setupIntentID: page.setupIntentID, now: now, tx)
        }
        return VisitTarget(page.url)
    }

    /// Whoever takes another card does not go on with the old one: its intent is canceled now, not in an hour, unless
    /// it turns out to be paid.
    private func giveUpWhatIsAtTheBank() async throws {
        let (invoiceID, now, databaseID) = (begun.invoice.id, billing.clock.now(), billing.databaseID)
        let frozen = try await billing.database.write(step: "give-up-session") { tx -> FrozenRequest? in
            guard let attempt = try Attempts.of(invoiceID, tx).first(where: { $0.state.isInFlight }),
                attempt.isOnSession,
                try SessionAttempts.find(attempt.id, tx)?.actionSeenAt != nil
            else { return nil }
            try SessionAttempts.giveUp(attempt.id, now: now, tx)
            try FollowUps.settle(
                attemptID: attempt.id, gateway: attempt.gateway, of: try Invoices.get(invoiceID, tx), at: now, now: now,
                tx)
            return try FrozenRequest(
                invoice: try Invoices.get(invoiceID, tx), intent: try Intents.get(attempt.intentID, tx),
                attempt: attempt, databaseID: databaseID)
        }
        guard let frozen else { return }
        _ = try await SettleInSession(billing: billing, gateway: gateway, claimed: begun.claimed).run(frozen)
    }

    /// nil when the debt has ended meanwhile.
    private func customer() async throws -> Customer? {
        let (invoiceID, name) = (begun.invoice.id, gateway.name)
        return try await billing.database.read { tx in
            let invoice = try Invoices.get(invoiceID, tx)
            guard invoice.state == .open, let customer = try Customers.find(invoice.customerID, tx),
                customer.gateway == name
            else { return nil }
            return customer
        }
    }
}
