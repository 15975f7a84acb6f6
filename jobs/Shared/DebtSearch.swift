import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import Logging

/// Finds the intents of a debt at the gateway, in whatever timeline they were made, and takes over those that are ours
/// (money.md 2, 3, 9).
struct DebtSearch {
    /// Margin below the lower bound of a listing, in hours.
    static let marginHours: Int64 = 24

    let billing: Billing
    let gateway: BillingGateway

    /// Looks for an intent with this number of the debt.
    ///
    /// - Returns: true when the answer was complete and showed none; false when one was found and stored.
    /// - Throws: `GatewayUnavailable` when the answer was not complete.
    func search(_ invoice: Invoice, number: Int) async throws -> Bool {
        let reference = invoice.reference(intentNumber: number, databaseID: billing.databaseID)
        let reply = await candidates(invoice, reference: reference)
        let now = billing.clock.now()
        guard case .value(let found) = reply.result else {
            throw GatewayUnavailable(reply.result, about: "invoice \(invoice.id)")
        }
        let ours = found.filter { $0.metadata.reference == reference.text }
        return try await billing.database.write(step: "take-over") { tx in
            try Exchanges.add(reply.exchanges, gateway: gateway.name, invoiceID: invoice.id, tx)
            guard !ours.isEmpty else { return true }
            try TakeOver(billing: billing, gateway: gateway, now: now).take(ours, of: invoice.id, tx)
            return false
        }
    }

    /// Every intent that might be one of this attempt's or debt's.
    func candidates(
        _ invoice: Invoice, reference: DebtReference, customerID: String? = nil, from: Instant? = nil
    ) async -> GatewayReply<[IntentSnapshot]> {
        switch gateway.driver.capabilities.listing {
        case .byReference: return await gateway.driver.intents(reference: reference.text)
        case .byCreation:
            let customer: String?
            if let customerID {
                customer = customerID
            } else {
                let id = invoice.customerID
                customer = try? await billing.database.read { tx in try Customers.find(id, tx)?.gatewayCustomerID }
            }
            let oldest = [from, invoice.dueAt, invoice.invoicedAt].compactMap { $0 }.min() ?? invoice.dueAt
            let bound = min(oldest, await gatewayDate() ?? oldest)
            return await gateway.driver.intents(
                IntentQuery(customerID: customer, createdFrom: bound.adding(hours: -Self.marginHours)))
        case .none: return GatewayReply(.unknown("the gateway cannot list intents"), exchanges: [])
        }
    }

    private func gatewayDate() async -> Instant? {
        let name = gateway.name
        return try? await billing.database.read { tx in try GatewayStates.find(name, tx)?.gatewayDate }
    }
}

/// Stores intents that were found at the gateway for a debt, and what they prove. Adopts only what matches; anything
/// else is foreign, and the invoice is held for a person (money.md 3).
struct TakeOver {
    static let numbersMax = 50

    let billing: Billing
    let gateway: BillingGateway
    let now: Instant

    /// - Returns: true when the debt may still be charged.
    @discardableResult
    func take(_ found: [IntentSnapshot], of invoiceID: Int64, _ tx: Transaction) throws -> Bool {
        let invoice = try Invoices.get(invoiceID, tx)
        guard invoice.state == .open, let amount = invoice.amount else { return false }
        var succeeded: [Int64] = []
        for snapshot in found.sorted(by: { ($0.createdAt?.milliseconds ?? 0) < ($1.createdAt?.milliseconds ?? 0) }) {
            switch try judge(snapshot, invoice, amount, tx) {
            case .foreign(let reason): return try hold(invoice, reason, tx)
            case .ignored: continue
            case .ours(let number):
                guard let id = try store(snapshot, number: number, invoice, amount, tx) else { continue }
                if snapshot.status == .succeeded { succeeded.append(id) }
            }
        }
        if succeeded.count > 1 {
            try Activity.add(
                "double_charge_found", subscriptionID: invoice.subscriptionID, invoiceID: invoice.id,
                reason: "\(succeeded.count) intents of this debt succeeded at the gateway", now: now, tx)
        }
        for id in succeeded {
            try Collected(billing: billing, now: now).record(
                try Invoices.get(invoiceID, tx), intentID: id, attempt: nil, tx)
        }
        return succeeded.isEmpty
    }

    private enum Judgement {
        case ours(number: Int)
        case foreign(String)
        case ignored
    }

    private func judge(
        _ snapshot: IntentSnapshot, _ invoice: Invoice, _ amount: Money, _ tx: Transaction
    ) throws -> Judgement {
        let isOfOurDatabase = (snapshot.metadata.databaseID ?? billing.databaseID) == billing.databaseID
        let movesMoney =
            snapshot.status == .succeeded || snapshot.status == .processing || snapshot.status == .requiresCapture
        guard isOfOurDatabase else {
            return movesMoney
                ? .foreign("intent \(snapshot.id) of another database collected this period already") : .ignored
        }
        let number = (1...Self.numbersMax).first {
            invoice.reference(intentNumber: $0, databaseID: billing.databaseID).text == snapshot.metadata.reference
        }
        guard let number else {
            return snapshot.status == .canceled ? .ignored : .foreign("intent \(snapshot.id) has no name of ours")
        }
        guard let customer = try Customers.find(invoice.customerID, tx) else { return .ignored }
        var metadata = invoice.metadata(reference: snapshot.metadata.reference, databaseID: billing.databaseID)
        metadata.invoiceID = nil
        let expectation = IntentExpectation(
            amount: amount, customerID: customer.gatewayCustomerID, mode: gateway.driver.mode, metadata: metadata)
        if let difference = expectation.difference(from: snapshot), snapshot.status != .canceled {
            return .foreign("intent \(snapshot.id) at the gateway differs from this debt: \(difference)")
        }
        return .ours(number: number)
    }

    /// - Returns: nil when a better intent of the debt is stored already; this one is a stray then.
    private func store(
        _ snapshot: IntentSnapshot, number: Int, _ invoice: Invoice, _ amount: Money, _ tx: Transaction
    ) throws -> Int64? {
        let known = try Intents.of(invoice.id, tx)
        if let same = known.first(where: { $0.gatewayID == snapshot.id }) {
            try Intents.noteUnlessSucceeded(snapshot, of: same.id, askedAt: now, tx)
            return same.id
        }
        if let same = known.first(where: { $0.number == number }) {
            guard same.gatewayID == nil else { return nil }
            _ = try Intents.store(gatewayID: snapshot.id, same.id, tx)
            try Intents.noteUnlessSucceeded(snapshot, of: same.id, askedAt: now, tx)
            return same.id
        }
        if snapshot.status != .canceled, known.contains(where: { !$0.isCanceled }) { return nil }
        let account = try GatewayStates.find(gateway.name, tx)?.account ?? gateway.driver.keyHash
        let status = snapshot.status == .succeeded ? Intent.created : snapshot.status.text
        return try Intents.insert(
            NewIntent(
                invoiceID: invoice.id, number: number, gateway: gateway.name, account: account,
                mode: gateway.driver.mode, gatewayCustomerID: snapshot.customerID ?? "", amount: amount,
                reference: invoice.reference(intentNumber: number, databaseID: billing.databaseID),
                gatewayID: snapshot.id, status: status), now: now, tx)
    }

    private func hold(_ invoice: Invoice, _ reason: String, _ tx: Transaction) throws -> Bool {
        try Invoices.wait(invoice.id, for: .onHold, holdReason: reason, tx)
        try Activity.add(
            "incident", subscriptionID: invoice.subscriptionID, invoiceID: invoice.id, reason: reason, now: now, tx)
        billing.logger.error("an invoice is held", metadata: ["invoice": "\(invoice.id)", "reason": "\(reason)"])
        return false
    }
}
