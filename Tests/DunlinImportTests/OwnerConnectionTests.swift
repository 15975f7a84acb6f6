import DunlinCalendar
import DunlinDatabase
import DunlinLedger
import DunlinTesting
import Testing

/// What holds for an application that writes the owner's tables with SQL of its own (money.md 18).
@Suite struct OwnerConnectionTests {
    private let temporary: TemporaryDatabase
    private let bare: BareConnection

    init() async throws {
        temporary = try TemporaryDatabase.onDisk(Ledger.migrations)
        let rows = [Customer(id: "c-1", gateway: "stripe", gatewayCustomerID: "cus_1")]
        let methods = [PaymentMethod(id: "m-1", customerID: "c-1", gatewayPaymentMethodID: "pm_1")]
        let subscriptions = ["s-1", "s-2"].map { id in
            Subscription(
                id: id, customerID: "c-1", paymentMethodID: id == "s-1" ? "m-1" : nil, plan: "p", amountMinor: 100,
                currency: "EUR", interval: "month", anchor: "2026-01-01", timeZone: "UTC")
        }
        let adjustment = Adjustment(id: "a-1", subscriptionID: "s-1", amountMinor: -5, currency: "EUR", reason: "r")
        try await temporary.database.write { tx in
            try Customers.upsert(rows, tx)
            try PaymentMethods.upsert(methods, tx)
            try Subscriptions.upsert(subscriptions, tx)
            try Adjustments.upsert(adjustment, tx)
            try ChangedRows.clear(through: .max, tx)
        }
        let path = try #require(temporary.folder).file("dunlin.db")
        bare = try BareConnection(path: path)
        try bare.execute("PRAGMA foreign_keys = OFF")
    }

    private func changes() async throws -> [String] {
        try await temporary.database.write { tx in
            let changes = try ChangedRows.take(limit: 100, tx)
            try ChangedRows.clear(through: .max, tx)
            return changes.map { "\($0.kind.rawValue) \($0.rowID)" }
        }
    }

    @Test func everyChangeOnAnyConnectionIsOnTheListOfChangedRows() async throws {
        try bare.execute("UPDATE customers SET email = 'a@example.com' WHERE id = 'c-1'")
        try bare.execute("UPDATE payment_methods SET is_default = 1")
        try bare.execute("UPDATE subscriptions SET quantity = 2 WHERE id = 's-2'")
        try bare.execute("INSERT INTO adjustments VALUES ('a-2', 's-2', 7, 'EUR', 'r', NULL)")
        try bare.execute("DELETE FROM adjustments WHERE id = 'a-2'")
        #expect(
            try await changes() == [
                "customer c-1", "payment_method m-1", "subscription s-2", "adjustment a-2", "adjustment a-2",
            ])
        try bare.execute(
            "INSERT OR REPLACE INTO customers (id, gateway, gateway_customer_id) VALUES ('c-1', 'stripe', 'cus_1')")
        #expect(try await changes() == ["customer c-1"])
    }

    @Test func aReplacingInsertCannotTakeOverAnotherRowsKey() async throws {
        let customer =
            "INSERT OR REPLACE INTO customers (id, gateway, gateway_customer_id) VALUES ('c-2', 'stripe', 'cus_1')"
        #expect(bare.refusal(customer) == "gateway customer belongs to another row of customers")
        let method =
            "INSERT OR REPLACE INTO payment_methods (id, customer_id, gateway_payment_method_id, type) "
            + "VALUES ('m-2', 'c-1', 'pm_1', 'card')"
        #expect(bare.refusal(method) == "gateway payment method belongs to another row of payment_methods")
        try bare.execute("INSERT INTO customers (id, gateway, gateway_customer_id) VALUES ('c-2', 'stripe', 'cus_2')")
        let update = "UPDATE OR REPLACE customers SET gateway_customer_id = 'cus_1' WHERE id = 'c-2'"
        #expect(bare.refusal(update) == "gateway customer belongs to another row of customers")
        let customers = try await temporary.database.read { tx in try Customers.page(after: nil, limit: 10, tx) }
        #expect(customers.map(\.id) == ["c-1", "c-2"])
    }

    @Test func whatIsStillReferredToCannotBeDeletedThoughForeignKeysAreOff() async throws {
        try await temporary.database.write { tx in try BillingStates.save(.sample("s-2"), timeZoneData: "t", tx) }
        for table in ["customers", "payment_methods"] {
            #expect(bare.refusal("DELETE FROM \(table)")?.contains("is still referenced") == true, "\(table)")
        }
        #expect(bare.refusal("DELETE FROM subscriptions WHERE id = 's-1'")?.contains("canceled instead") == true)
        #expect(bare.refusal("DELETE FROM subscriptions WHERE id = 's-2'")?.contains("canceled instead") == true)
        #expect(bare.refusal("DELETE FROM adjustments") == nil)
        #expect(bare.refusal("DELETE FROM subscriptions WHERE id = 's-1'") == nil)
        #expect(bare.refusal("DELETE FROM payment_methods") == nil)
    }

    @Test func theIdOfARowNeverChanges() {
        for (table, id) in [
            ("customers", "c-1"), ("payment_methods", "m-1"), ("subscriptions", "s-1"), ("adjustments", "a-1"),
        ] {
            #expect(bare.refusal("UPDATE \(table) SET id = 'x' WHERE id = '\(id)'") != nil, "\(table)")
        }
    }

    @Test func whatCanNeverBeRightIsRefusedByTheTablesThemselves() {
        for change in [
            "amount_minor = 0", "amount_minor = 1.5", "quantity = 0", "interval = 'fortnight'", "currency = 'EURO'",
            "status = 'trialing'", "bill_on = 32", "cancel_at_period_end = 2", "plan = ''",
        ] {
            #expect(bare.refusal("UPDATE subscriptions SET \(change)") != nil, "\(change)")
        }
        #expect(bare.refusal("UPDATE payment_methods SET last4 = '42'") != nil)
        #expect(bare.refusal("UPDATE adjustments SET amount_minor = 0") != nil)
    }

    @Test func anAdjustmentThatIsOnAnInvoiceCannotChangeOrGo() async throws {
        try await temporary.database.write { tx in try putOnAnInvoice("a-1", tx) }
        let taken = "adjustment is on an invoice already"
        #expect(bare.refusal("UPDATE adjustments SET amount_minor = -6") == taken)
        #expect(bare.refusal("DELETE FROM adjustments") == taken)
        #expect(bare.refusal("INSERT OR REPLACE INTO adjustments VALUES ('a-1', 's-1', -6, 'EUR', 'r', NULL)") == taken)
        #expect(bare.refusal("UPDATE adjustments SET reason = 'better words'") == nil)
    }
}
