import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// Collects one open invoice: note the attempt, ask the gateway, decide, note the answer.
///
/// Where an intent exists already it is read first, and where a new one might exist it is looked up first; the attempt
/// is written only with that answer at hand.
struct ChargeInvoice {
    static let kind = "charge-invoice"

    let billing: Billing

    func run(_ claimed: ClaimedJob) async throws {
        let invoiceID: Int64 = try JobArguments(of: claimed.job).required(\.invoice, kind: Self.kind)
        let gateway = try billing.gateway(claimed.job.queue)
        var asked = BeginAttempt.Asked()
        // Look, look up, send: each at most once.
        for _ in 0..<4 {
            let now = billing.clock.now()
            let known = asked
            let start = try await billing.database.write(step: "begin-attempt") { tx in
                try BeginAttempt(billing: billing, gateway: gateway, claimed: claimed, now: now).begin(
                    invoiceID, asked: known, tx)
            }
            switch start {
            case .finished: return
            case .send(let frozen):
                return try await SendAttempt(billing: billing, gateway: gateway, claimed: claimed).run(frozen)
            case .look(let intent):
                asked.look = try await look(intent, gateway)
            case .lookUp(let invoice, let number):
                let isMissing = try await DebtSearch(billing: billing, gateway: gateway).search(invoice, number: number)
                asked.missingNumber = isMissing ? number : nil
            // Asked for with the customer in session only.
            case .replace, .mustRest: return
            }
        }
        throw GatewayUnavailable(
            description: "the intent of invoice \(invoiceID) changes too fast", retryAfterSeconds: nil)
    }

    /// Reads the open intent and stores what the read proves. Only an intent that waits for a confirm is returned.
    func look(_ intent: Intent, _ gateway: BillingGateway) async throws -> IntentSnapshot? {
        guard let id = intent.gatewayID else { return nil }
        let askedAt = billing.clock.now()
        let reply = await gateway.driver.retrieve(id)
        let now = billing.clock.now()
        guard case .value(let snapshot) = reply.result else {
            try await billing.database.write(step: "note-look") { tx in
                try Exchanges.add(reply.exchanges, gateway: gateway.name, invoiceID: intent.invoiceID, tx)
            }
            throw GatewayUnavailable(reply.result, about: "intent \(id)")
        }
        try await billing.database.write(step: "note-look") { tx in
            try Exchanges.add(reply.exchanges, gateway: gateway.name, invoiceID: intent.invoiceID, tx)
            let invoice = try Invoices.get(intent.invoiceID, tx)
            if let difference = try difference(of: snapshot, from: intent, invoice) {
                return try hold(invoice, "intent \(id) was changed at the gateway: \(difference)", now: now, tx)
            }
            try Intents.noteUnlessSucceeded(snapshot, of: intent.id, askedAt: askedAt, tx)
            switch snapshot.status {
            case .succeeded:
                try Collected(billing: billing, now: now).record(invoice, intentID: intent.id, attempt: nil, tx)
            case .requiresAction:
                // A customer in session looks too, while the schedule's own try still waits.
                try InvoiceRest.needsCustomer(invoice.id, now: now, tx)
            case .requiresCapture:
                try InvoiceRest.onHold(
                    invoice.id, reason: "the gateway holds the money of intent \(id): capture or cancel it", now: now,
                    tx)
            case .requiresPaymentMethod, .requiresConfirmation, .processing, .canceled, .other: break
            }
        }
        switch snapshot.status {
        case .requiresPaymentMethod, .requiresConfirmation, .requiresAction, .requiresCapture, .succeeded, .canceled:
            return snapshot
        case .processing, .other:
            throw GatewayUnavailable(
                description: "intent \(id) is \(snapshot.status.text): not tried now", retryAfterSeconds: 3600)
        }
    }

    /// What the open intent was created with must still be there before it is confirmed again (money.md 1, 5).
    private func difference(of snapshot: IntentSnapshot, from intent: Intent, _ invoice: Invoice) throws -> String? {
        guard snapshot.status != .canceled, let amount = invoice.amount else { return nil }
        return IntentExpectation(
            amount: amount, customerID: intent.gatewayCustomerID, mode: intent.mode,
            metadata: invoice.metadata(reference: intent.reference, databaseID: billing.databaseID)
        ).difference(from: snapshot)
    }

    private func hold(_ invoice: Invoice, _ reason: String, now: Instant, _ tx: Transaction) throws {
        try InvoiceRest.onHold(invoice.id, reason: reason, now: now, tx)
        try Activity.add(
            "incident", subscriptionID: invoice.subscriptionID, invoiceID: invoice.id, reason: reason, now: now, tx)
    }
}

extension GatewayUnavailable {
    /// - Parameter about: what was asked for.
    init<Value>(_ result: GatewayResult<Value>, about subject: String) {
        switch result {
        case .throttled(let throttle):
            self.init(
                description: "throttled while asking about \(subject)",
                retryAfterSeconds: throttle.retryAfterSeconds ?? 2)
        case .refused(let refusal):
            self.init(description: "\(subject): \(refusal.message)", isNotFound: refusal.kind == .notFound)
        case .notSent(let why), .unknown(let why):
            self.init(description: "no answer about \(subject): \(why)", isSilence: true)
        case .value, .declined: self.init(description: "an unexpected answer about \(subject)")
        }
    }
}
