import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import Logging

/// Events of customers and their cards: what was saved, changed or taken away, as the gateway shows it now.
struct ApplyCardEvent: Sendable {
    let application: EventApplication

    private var billing: Billing { application.billing }
    private var gateway: BillingGateway { application.gateway }

    // MARK: - Saving

    /// Only a SetupIntent that reads as succeeded saves a card.
    func setupIntent(_ id: String) async throws {
        if let stranger = application.events.last?.event.customerID, try await customer(stranger) == nil {
            return try await nobody()
        }
        let saving = SaveCard(database: billing.database, gateway: gateway.driver, now: billing.clock.now)
        switch try await saving.run(setupIntentID: id) {
        case .stored(.customerNotHere, _): try await nobody()
        case .stored: try await application.end(.applied("the card is saved"))
        case .nothingSaved(let intent): try await application.end(.applied("it is \(intent.status.text)"))
        case .wrongMode: try await application.end(.ignored("of the other mode", isForeign: false))
        case .notRead(let failure):
            throw GatewayUnavailable(
                description: "SetupIntent \(id) was not read: \(failure)", isSilence: failure.kind == .unknown)
        }
    }

    // MARK: - Cards that change

    func paymentMethod(_ id: String) async throws {
        guard let (row, customer) = try await card(id) else { return try await nobody() }
        let reply = await gateway.driver.paymentMethod(id, customerID: customer.gatewayCustomerID)
        switch reply.result {
        case .value(let method) where isAttached(method, to: customer):
            // A network may give the card a new number or date, and it is charged on. Under another brand it is not
            // charged before the customer has agreed anew (stripe.md 5.5); MethodChoice sees to that.
            try await application.end(.applied(nil), exchanges: reply.exchanges) { now, tx in
                _ = try SavedCards.store(
                    method, gateway: gateway.name, gatewayCustomerID: customer.gatewayCustomerID, now: now, tx)
            }
        case .value:
            try await close(row, .detached, "it was detached at the gateway", exchanges: reply.exchanges)
        case .refused(let refusal) where refusal.kind == .notFound:
            try await close(row, .detached, "it is not at the gateway any more", exchanges: reply.exchanges)
        default: throw GatewayUnavailable(reply.result, about: "payment method \(id)")
        }
    }

    /// WooshPay does not repeat whose a method is in all of its answers.
    private func isAttached(_ method: PaymentMethodSnapshot, to customer: Customer) -> Bool {
        guard let owner = method.customerID else { return gateway.driver.kind == .wooshpay }
        return owner == customer.gatewayCustomerID
    }

    // MARK: - Cards that go

    func mandate(_ id: String) async throws {
        let reply = await gateway.driver.mandate(id)
        guard case .value(let mandate) = reply.result else {
            if case .refused(let refusal) = reply.result, refusal.code == "not_supported" {
                return try await application.end(.ignored("the gateway has no mandates", isForeign: false))
            }
            throw GatewayUnavailable(reply.result, about: "mandate \(id)")
        }
        guard let methodID = mandate.paymentMethodID, let (row, _) = try await card(methodID) else {
            return try await nobody(reply.exchanges)
        }
        guard mandate.status == "inactive" else {
            return try await application.end(.applied("it is \(mandate.status)"), exchanges: reply.exchanges)
        }
        try await close(row, .mandate, "its mandate is inactive", exchanges: reply.exchanges)
    }

    /// A deleted customer has no cards any more; their subscriptions stay the owner's business.
    func customer(_ id: String) async throws {
        guard let customer = try await customer(id) else { return try await nobody() }
        let reply = await gateway.driver.standing(ofCustomer: id)
        let isDeleted: Bool
        switch reply.result {
        case .value(let standing): isDeleted = standing.isDeleted
        case .refused(let refusal) where refusal.kind == .notFound: isDeleted = true
        default: throw GatewayUnavailable(reply.result, about: "customer \(id)")
        }
        guard isDeleted else { return try await application.end(.applied(nil), exchanges: reply.exchanges) }
        let reason = "customer \(customer.id) was deleted at the gateway"
        try await application.end(.applied(reason), exchanges: reply.exchanges) { now, tx in
            for row in try PaymentMethods.ofCustomer(customer.id, tx) {
                try close(row, .customerDeleted, reason, now: now, tx)
            }
        }
        billing.logger.warning("a customer was deleted at the gateway", metadata: ["customer": "\(customer.id)"])
    }

    private func close(
        _ row: PaymentMethod, _ cause: RetryBudget.Cause, _ reason: String, exchanges: [Exchange]
    ) async throws {
        try await application.end(.applied(reason), exchanges: exchanges) { now, tx in
            try close(row, cause, reason, now: now, tx)
        }
    }

    /// By the method's own id: the same card may be saved anew, under another. What was to be tried on it is looked at
    /// again at once: another method takes its place, or one is asked for.
    private func close(
        _ row: PaymentMethod, _ cause: RetryBudget.Cause, _ reason: String, now: Instant, _ tx: Transaction
    ) throws {
        let key = row.gatewayPaymentMethodID
        let before = try RetryBudget.closing(gateway: gateway.name, cardKey: key, tx)
        guard before == nil || before?.cause == .needsMethod else { return }
        let closing = RetryBudget.Closing(
            cause: cause, reason: reason, fingerprint: row.fingerprint, cardExpiry: row.cardExpiry)
        try RetryBudget.close(gateway: gateway.name, cardKey: key, closing, now: now, tx)
        try Activity.add("payment_method_closed", reason: "\(row.id): \(reason)", now: now, tx)
        try ChangedRows.add(.paymentMethod, row.id, tx)
    }

    // MARK: - Parts

    private func customer(_ gatewayCustomerID: String) async throws -> Customer? {
        let name = gateway.name
        return try await billing.database.read { tx in
            try Customers.id(gateway: name, gatewayCustomerID: gatewayCustomerID, tx).flatMap {
                try Customers.find($0, tx)
            }
        }
    }

    private func card(_ gatewayPaymentMethodID: String) async throws -> (PaymentMethod, Customer)? {
        let name = gateway.name
        return try await billing.database.read { tx in
            for row in try PaymentMethods.of(gatewayPaymentMethodID: gatewayPaymentMethodID, tx) {
                if let customer = try Customers.find(row.customerID, tx), customer.gateway == name {
                    return (row, customer)
                }
            }
            return nil
        }
    }

    private func nobody(_ exchanges: [Exchange] = []) async throws {
        try await application.end(.ignored("nobody of this database", isForeign: true), exchanges: exchanges)
    }
}
