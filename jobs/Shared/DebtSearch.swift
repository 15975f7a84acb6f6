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

    /// Looks for an intent with this number of the debt; what else of the debt the answer shows is stored too, since a number
    /// that came to nothing may have been followed by another one.
    ///
    /// - Returns: true when the answer was complete and showed none; false when one was found and stored.
    /// - Throws: `GatewayUnavailable` when the answer was not complete.
    func search(_ invoice: Invoice, number: Int) async throws -> Bool {
        let reference = invoice.reference(intentNumber: number, databaseID: billing.databaseID)
        let reply = await candidates(invoice, reference: reference)
        guard case .value(let found) = reply.result else {
            throw GatewayUnavailable(reply.result, about: "invoice \(invoice.id)")
        }
        let ours = found.filter { $0.isOf(invoice) || $0.metadata.reference == reference.text }
        try await takeOver(ours, of: invoice, exchanges: reply.exchanges)
        return !ours.contains { $0.metadata.reference == reference.text }
    }

    /// Stores all that was found of the debt, and what it proves.
    func takeOver(_ found: [IntentSnapshot], of invoice: Invoice, exchanges: [Exchange] = []) async throws {
        let now = billing.clock.now()
        let taken = try await billing.database.write(step: "take-over") { tx in
            try Exchanges.add(exchanges, gateway: gateway.name, invoiceID: invoice.id, tx)
            return try TakeOver(billing: billing, gateway: gateway, now: now).take(found, of: invoice.id, tx)
        }
        await cancel(strays: taken.strays)
    }

    /// Unconfirmed duplicates move no money; one that cannot be canceled now is seen again at the next look-up.
    func cancel(strays: [String]) async {
        for id in strays { _ = await gateway.driver.cancel(id, idempotencyKey: "\(id):cancel-stray") }
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
