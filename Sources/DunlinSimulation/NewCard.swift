import DunlinDatabase
import DunlinJobs
import DunlinLedger
import DunlinSandbox

/// A customer's new card: saved at the gateway, and written by the owner's application as the one to charge.
struct NewCard {
    private let database: Database
    private let sandbox: Sandbox

    init(_ database: Database, _ sandbox: Sandbox) {
        self.database = database
        self.sandbox = sandbox
    }

    init(_ company: SimulatedCompany) { self.init(company.billing.database, company.sandbox) }

    func bring(to subscriptionID: String, isDebit: Bool = false) async throws {
        try await bring(isDebit ? "pm_card_statistical_debit" : "pm_card_statistical", to: subscriptionID)
    }

    /// - Parameters:
    ///   - token: one of the sandbox's cards.
    ///   - mark: what the id of its row ends with, where the number of the customer's cards may come again.
    /// - Throws: `SimulationError` when the sandbox refuses the card; `DatabaseError`.
    func bring(_ token: String, to subscriptionID: String, mark: String = "") async throws {
        let found = try await database.read { tx in
            try Subscriptions.find(subscriptionID, tx).flatMap { try Customers.find($0.customerID, tx) }.map {
                ($0, try PaymentMethods.ofCustomer($0.id, tx))
            }
        }
        guard let (customer, methods) = found else { return }
        var card = SampleData.Card(
            method: PaymentMethod(
                id: "m-\(customer.id.dropFirst(2))-\(methods.count + 1)\(mark)", customerID: customer.id,
                gatewayPaymentMethodID: "", isDefault: true), token: token)
        card = try await SampleRegistration(sandbox).attach(card, to: customer.gatewayCustomerID)
        let method = card.method
        try await database.write(step: "owner") { tx in
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
