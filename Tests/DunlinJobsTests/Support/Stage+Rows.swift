import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinReports
import DunlinSandbox
import DunlinTesting
import Foundation
import Testing

@testable import DunlinJobs
@testable import DunlinLedger

/// The owner's rows, and what can be read on both sides.
extension Stage {
    // MARK: - The owner

    /// A customer at the gateway and in the ledger, with one saved card.
    @discardableResult
    func customer(
        _ id: String = "c1", card: String = "pm_card_visa", brand: String = "visa", fingerprint: String? = nil,
        gateway: String? = nil
    ) async throws -> String {
        let gatewayID = try post("/v1/customers", "email=\(id)%40example.com")
        let customer = Customer(id: id, gateway: gateway ?? name, gatewayCustomerID: gatewayID)
        try await database.write { tx in try Customers.upsert(customer, tx) }
        return try await self.card("\(id)-card", of: id, card, brand: brand, fingerprint: fingerprint)
    }

    /// Saves a card at the gateway and in the ledger, as the customer's default.
    ///
    /// - Returns: its id at the gateway.
    @discardableResult
    func card(
        _ id: String, of customerID: String, _ token: String = "pm_card_visa", brand: String = "visa",
        fingerprint: String? = nil, isDefault: Bool = true
    ) async throws -> String {
        let customer = try await database.read { tx in try Customers.find(customerID, tx) }
        let gatewayID = try post(
            "/v1/payment_methods/\(token)/attach", "customer=\(try #require(customer).gatewayCustomerID)")
        let method = PaymentMethod(
            id: id, customerID: customerID, gatewayPaymentMethodID: gatewayID, brand: brand, isDefault: isDefault,
            fingerprint: fingerprint)
        try await database.write { tx in try PaymentMethods.upsert(method, tx) }
        return gatewayID
    }

    /// A yearly subscription that begins today, unless `change` says otherwise.
    @discardableResult
    func subscribe(
        _ id: String = "s1", customer: String = "c1", amountMinor: Int64 = 1000,
        _ change: (inout Subscription) -> Void = { _ in }
    ) async throws -> Subscription {
        var subscription = Subscription(
            id: id, customerID: customer, plan: "plan-\(id)", amountMinor: amountMinor, currency: "USD",
            interval: "year", anchor: Zone.utc.local(of: clock.now).date.description, timeZone: "UTC")
        change(&subscription)
        let row = subscription
        try await database.write { tx in try Subscriptions.upsert(row, tx) }
        return row
    }

    func edit(_ id: String = "s1", _ change: @escaping @Sendable (inout Subscription) -> Void) async throws {
        try await database.write { tx in
            guard var row = try Subscriptions.find(id, tx) else { throw StageError("no subscription \(id)") }
            change(&row)
            try Subscriptions.upsert(row, tx)
        }
    }

    func cancel(_ id: String = "s1") async throws { try await edit(id) { $0.status = .canceled } }

    // MARK: - The ledger

    func invoices(_ subscriptionID: String = "s1") async throws -> [InvoiceRow] {
        try await database.read { tx in
            try tx.rows(
                "SELECT * FROM invoices WHERE subscription_id = ?1 ORDER BY period_start", subscriptionID,
                read: InvoiceRow.init)
        }
    }

    /// The only invoice of the subscription.
    func invoice(_ subscriptionID: String = "s1") async throws -> InvoiceRow {
        let found = try await invoices(subscriptionID)
        return try #require(found.count == 1 ? found[0] : nil, "\(found.count) invoices")
    }

    func attempts(_ invoiceID: Int64? = nil) async throws -> [Attempt] {
        try await database.read { tx in
            try tx.rows(
                "SELECT * FROM attempts WHERE ?1 IS NULL OR invoice_id = ?1 ORDER BY invoice_id, number", invoiceID,
                read: Attempt.init)
        }
    }

    func intents(_ invoiceID: Int64? = nil) async throws -> [Intent] {
        try await database.read { tx in
            try tx.rows(
                "SELECT * FROM intents WHERE ?1 IS NULL OR invoice_id = ?1 ORDER BY invoice_id, number", invoiceID,
                read: Intent.init)
        }
    }

    func text(_ sql: String) async throws -> [String] {
        try await database.read { tx in try tx.rows(sql) { try $0.get(0) } }
    }

    func activity(_ kind: String) async throws -> Int {
        try await database.read { tx in try tx.value("SELECT COUNT(*) FROM activity WHERE kind = ?1", kind) ?? 0 }
    }

    func gatewayState() async throws -> GatewayState {
        let found = try await database.read { [name] tx in try GatewayStates.find(name, tx) }
        return try #require(found)
    }

    func violations() async throws -> [String] {
        let now = clock.now
        return try await database.read { tx in
            try Prover.prove(ProofOptions(now: now), tx).promises.flatMap(\.violations).map { "\($0.rule) \($0.ids)" }
        }
    }

    // MARK: - The gateway

    struct GatewayIntent: Hashable, Sendable {
        var id: String
        var status: String
        var metadata: [String: String]

        var isOpen: Bool { status != "succeeded" && status != "canceled" }
    }

    /// All intents at the gateway, oldest first.
    func gatewayIntents() throws -> [GatewayIntent] {
        let response = sandbox.handle(SandboxRequest(method: "GET", path: "/_sandbox/state"))
        let object = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
        let intents = try #require(object?["latest_payment_intents"] as? [[String: Any]])
        return intents.map { intent in
            GatewayIntent(
                id: intent["id"] as? String ?? "", status: intent["status"] as? String ?? "",
                metadata: intent["metadata"] as? [String: String] ?? [:])
        }
    }

    /// Posts a form to the sandbox as its owner would, past every fault.
    ///
    /// - Returns: the id of what was made.
    @discardableResult
    func post(_ path: String, _ form: String) throws -> String {
        let response = sandbox.handle(
            SandboxRequest(
                method: "POST", path: path,
                headers: [
                    "authorization": "Bearer " + Self.key, "content-type": "application/x-www-form-urlencoded",
                ], body: Array(form.utf8), receivedAt: clock.now.milliseconds, dialect: .stripe))
        let object = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
        return try #require(object?["id"] as? String, "\(String(decoding: response.body, as: UTF8.self))")
    }

    /// Confirms an intent as its owner would, past every fault; the bank says no.
    func confirmInVain(_ id: String) {
        let response = sandbox.handle(
            SandboxRequest(
                method: "POST", path: "/v1/payment_intents/\(id)/confirm",
                headers: ["authorization": "Bearer " + Self.key], receivedAt: clock.now.milliseconds, dialect: .stripe))
        #expect(response.status == 402, "\(String(decoding: response.body, as: UTF8.self))")
    }

    /// What the card answers next: a decline code each, or nil for success.
    func script(_ cardID: String, _ answers: [String?]) {
        #expect(sandbox.script(paymentMethodID: cardID, answers))
    }
}

/// An invoice as stored, with what tests ask about.
struct InvoiceRow: Hashable, Sendable {
    var invoice: Invoice
    var collectedMinor: Int64
    var paidReason: String?
    var isLate: Bool
    var adjustmentsMinor: Int64

    var id: Int64 { invoice.id }
    var state: Invoice.State { invoice.state }
    var waitsFor: Invoice.Wait? { invoice.waitsFor }

    init(_ row: Row) throws {
        invoice = try Invoice(row)
        collectedMinor = try row.get("collected_minor")
        paidReason = try row.get("paid_reason")
        isLate = try row.get("is_late")
        adjustmentsMinor = try row.get("adjustments_minor")
    }
}

extension Stage {
    func stopCharging() async throws {
        let now = clock.now
        try await database.write { [name] tx in
            try GatewayStates.stop(name, reason: "a test", by: "somebody", now: now, tx)
        }
    }

    func startCharging() async throws {
        let now = clock.now
        try await database.write { [name] tx in try GatewayStates.start(name, now: now, tx) }
    }
}
