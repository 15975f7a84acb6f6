import DunlinDatabase
import DunlinJobs
import DunlinLedger

/// A customer's new card: saved at the gateway, and written by the owner's application as the one to charge.
struct NewCard {
    private let company: SimulatedCompany

    init(_ company: SimulatedCompany) { self.company = company }

    /// - Throws: `SimulationError` when the sandbox refuses the card; `DatabaseError`.
    func bring(to subscriptionID: String, isDebit: Bool = false) async throws {
        let found = try await company.billing.database.read { tx in
            try Subscriptions.find(subscriptionID, tx).flatMap { try Customers.find($0.customerID, tx) }.map {
                ($0, try PaymentMethods.ofCustomer($0.id, tx))
            }
        }
        guard let (customer, methods) = found else { return }
        var card = SampleData.Card(
            method: PaymentMethod(
                id: "m-\(customer.id.dropFirst(2))-\(methods.count + 1)", customerID: customer.id,
                gatewayPaymentMethodID: "", isDefault: true),
            token: isDebit ? "pm_card_statistical_debit" : "pm_card_statistical")
        card = try await SampleRegistration(company.sandbox).attach(card, to: customer.gatewayCustomerID)
        let method = card.method
        try await company.billing.database.write(step: "owner") { tx in
            for var old in methods where old.isDefault {
                old.isDefault = false
                _ = try PaymentMethods.upsert(old, tx)
            }
            _ = try PaymentMethods.upsert(method, tx)
            for var subscription in try Subscriptions.ofCustomer(customer.id, tx)
            where subscription.paymentMethodID != nil {
                subscription.paymentMethodID = method.id
                _ = try Subscriptions.upsert(subscription, tx)
            }
        }
    }
}
