import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinTesting
import Testing

/// A ledger with one customer, one card and one subscription, and rows on them that a test names by what matters.
struct Desk: Sendable {
    static let now = Instant(seconds: 1_795_000_000)

    let database: Database

    init() async throws {
        database = try TemporaryDatabase.inMemory(Ledger.migrations)
        try await database.write { tx in
            try tx.executeScript(
                """
                INSERT INTO customers (id, gateway, gateway_customer_id) VALUES ('cus', 'stripe', 'cus_1');
                INSERT INTO payment_methods (id, customer_id, gateway_payment_method_id, type)
                    VALUES ('pm', 'cus', 'pm_1', 'card');
                INSERT INTO subscriptions (id, customer_id, payment_method_id, plan, amount_minor, currency, interval,
                    anchor, time_zone) VALUES ('sub', 'cus', 'pm', 'basic', 1900, 'EUR', 'month', '2026-01-01', 'UTC');
                """)
        }
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T {
        try await database.write { try body($0) }
    }

    /// Expects that the schema refuses what `body` writes, with these words when a trigger of ours says so.
    func expectRefused(
        _ words: String? = nil, _ location: SourceLocation = #_sourceLocation,
        _ body: @escaping @Sendable (Transaction) throws -> Void
    ) async {
        let error = await #expect(throws: DatabaseError.self, sourceLocation: location) {
            try await database.write { try body($0) }
        }
        #expect(error?.isRefusedRow == true, sourceLocation: location)
        if let words { #expect(error?.message.contains(words) == true, sourceLocation: location) }
    }

    static func invoice(
        _ tx: Transaction, from start: String = "2026-11-01", to end: String = "2026-12-01", minor: Int64 = 1900
    ) throws -> Int64 {
        let subscription = try #require(try Subscriptions.find("sub", tx))
        let euro = try #require(Currency("EUR"))
        let amount = try InvoiceAmount(
            unitAmount: Money(minorUnits: 1900, currency: euro), quantity: 1, adjustmentsMinor: minor - 1900,
            currencies: GatewayCurrencies([euro: .init(digits: 2)]))
        return try Invoices.insert(
            NewInvoice(
                subscription: subscription, gateway: "stripe", periodStart: start, periodEnd: end, dueAt: now,
                amount: amount, asksFirst: false), now: now, tx)
    }

    static func intent(_ tx: Transaction, of invoice: Int64, number: Int = 1, gatewayID: String? = nil) throws -> Int64
    {
        try Intents.insert(
            NewIntent(
                invoiceID: invoice, number: number, gateway: "stripe", account: "acct_1", mode: .test,
                gatewayCustomerID: "cus_1",
                amount: Money(minorUnits: 1900, currency: try #require(Currency("EUR"))),
                reference: "dl-\(invoice)-\(number)", gatewayID: gatewayID), now: now, tx)
    }

    static func attempt(_ tx: Transaction, of invoice: Int64, intent: Int64, number: Int = 1) throws -> Int64 {
        try Attempts.insert(
            NewAttempt(
                invoiceID: invoice, intentID: intent, number: number, sending: .twoPhase, gateway: "stripe",
                account: "acct_1", gatewayCustomerID: "cus_1",
                method: PaymentMethod(id: "pm", customerID: "cus", gatewayPaymentMethodID: "pm_1"),
                amount: Money(minorUnits: 1900, currency: try #require(Currency("EUR"))), description: nil,
                statementSuffix: nil, bodyHash: "hash", baselineCharge: nil, sendBy: now.adding(seconds: 60),
                gatewayDate: nil), now: now, tx)
    }
}
