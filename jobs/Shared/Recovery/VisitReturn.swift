import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// A browser that came back: reads at the gateway what became of the payment or of the card. Sends nothing that moves
/// money.
struct VisitReturn {
    let billing: Billing
    let begun: VisitJob.Begun

    private var gateway: BillingGateway { begun.gateway }
    private var invoiceID: Int64 { begun.invoice.id }

    /// - Throws: `GatewayUnavailable`.
    func run() async throws {
        let (invoiceID, databaseID) = (invoiceID, billing.databaseID)
        let (frozen, open) = try await billing.database.read { tx in
            let invoice = try Invoices.get(invoiceID, tx)
            let open = try Intents.of(invoiceID, tx).first { $0.isOpen && $0.gatewayID != nil }
            let frozen = try Attempts.of(invoiceID, tx).first { $0.state.isInFlight }.map {
                try FrozenRequest(
                    invoice: invoice, intent: try Intents.get($0.intentID, tx), attempt: $0, databaseID: databaseID)
            }
            return (frozen, open)
        }
        if let frozen {
            // One that was sent without the customer is settled by its own job, which may send again.
            guard frozen.attempt.isOnSession else { return }
            _ = try await SettleInSession(billing: billing, gateway: gateway, claimed: begun.claimed).run(frozen)
        } else if let open {
            try await ReadIntent(billing: billing, gateway: gateway).read(open)
        }
    }

    /// The card that was saved on a page of the gateway's, if one was.
    ///
    /// - Throws: `GatewayUnavailable`.
    func runForCard() async throws {
        let invoiceID = invoiceID
        let pages = try await billing.database.read { tx in try RecoveryCards.awaited(ofInvoice: invoiceID, tx) }
        let saving = SaveCard(database: billing.database, gateway: gateway.driver, now: billing.clock.now)
        for page in pages {
            if let setupIntentID = page.setupIntentID {
                if case .stored = try await saving.run(setupIntentID: setupIntentID) { return }
            } else if try await findCard(page, saving) {
                return
            }
        }
    }

    /// The gateway did not say which SetupIntent the page would make: the customer's newest are looked at.
    private func findCard(_ page: RecoveryCard, _ saving: SaveCard) async throws -> Bool {
        guard let session = gateway.session else { return false }
        let askedAt = billing.clock.now()
        let reply = await session.setupIntents(
            SetupIntentQuery(
                customerID: page.gatewayCustomerID, createdFrom: page.startedAt.adding(minutes: -5), limit: 10))
        guard case .value(let list) = reply.result else {
            throw GatewayUnavailable(reply.result, about: "the cards of customer \(page.gatewayCustomerID)")
        }
        for intent in list.items where intent.savedCard?.customerID == page.gatewayCustomerID {
            if case .stored = try await saving.store(intent, askedAt: askedAt) { return true }
        }
        return false
    }
}

/// Reads an intent that no attempt in flight is about, and stores what counts: money that moved, and an end.
struct ReadIntent {
    let billing: Billing
    let gateway: BillingGateway

    /// - Throws: `GatewayUnavailable`.
    func read(_ intent: Intent) async throws {
        guard let id = intent.gatewayID else { return }
        let askedAt = billing.clock.now()
        let reply = await gateway.driver.retrieve(id)
        guard case .value(let snapshot) = reply.result else {
            throw GatewayUnavailable(reply.result, about: "intent \(id)")
        }
        let (name, now, exchanges, billing) = (gateway.name, billing.clock.now(), reply.exchanges, billing)
        try await billing.writeOutcome("note-read") { tx in
            try Exchanges.add(exchanges, gateway: name, invoiceID: intent.invoiceID, tx)
            let invoice = try Invoices.get(intent.invoiceID, tx)
            guard Self.isOurs(snapshot, intent, invoice, databaseID: billing.databaseID) else { return }
            try ObservedIntent(billing: billing, now: now).apply(snapshot, intent.id, askedAt: askedAt, tx)
        }
    }

    private static func isOurs(
        _ snapshot: IntentSnapshot, _ intent: Intent, _ invoice: Invoice, databaseID: String
    ) -> Bool {
        guard let currency = Currency(intent.currencyCode) else { return false }
        var metadata = invoice.metadata(reference: intent.reference, databaseID: databaseID)
        // A second intent of a name has a row name of its own.
        metadata.reference = snapshot.metadata.reference
        return IntentExpectation(
            amount: Money(minorUnits: intent.amountMinor, currency: currency), customerID: intent.gatewayCustomerID,
            mode: intent.mode, metadata: metadata
        ).difference(from: snapshot) == nil
    }
}
