import DunlinDatabase
import DunlinLedger
import DunlinTesting
import Testing

@testable import dunlin

struct CheckTests {
    @Test func activeSubscriptionsAreSummedPerCurrencyInMajorUnits() async throws {
        let database = try TemporaryDatabase.inMemory(LiveDatabase.migrations)
        try await database.write { tx in
            _ = try Customers.upsert(Customer(id: "c", gateway: "stripe", gatewayCustomerID: "cus_1"), tx)
            let rows: [(Int64, String, Int64, Subscription.Status)] = [
                (1_250, "EUR", 2, .active), (99, "EUR", 1, .active), (5_000, "EUR", 1, .canceled),
                (900, "JPY", 1, .active),
            ]
            for (index, row) in rows.enumerated() {
                _ = try Subscriptions.upsert(
                    Subscription(
                        id: "s\(index)", customerID: "c", plan: "p\(index)", amountMinor: row.0, currency: row.1,
                        quantity: row.2, interval: "month", anchor: "2026-01-31", timeZone: "UTC", status: row.3), tx)
            }
        }
        let totals = try await database.read(OwnedTotals.read)
        #expect(
            totals.lines == [
                "2 active subscriptions, one period of each: 25.99 EUR",
                "1 active subscription, one period of each: 900 JPY",
            ])
        #expect(totals.unreadable == 0)
    }

    @Test func aSumThatDoesNotFitIsSaidToBeTooLarge() async throws {
        let database = try TemporaryDatabase.inMemory(LiveDatabase.migrations)
        try await database.write { tx in
            _ = try Customers.upsert(Customer(id: "c", gateway: "stripe", gatewayCustomerID: "cus_1"), tx)
            for index in 0..<2 {
                _ = try Subscriptions.upsert(
                    Subscription(
                        id: "s\(index)", customerID: "c", plan: "p\(index)", amountMinor: .max, currency: "EUR",
                        interval: "month", anchor: "2026-01-31", timeZone: "UTC"), tx)
            }
        }
        let totals = try await database.read(OwnedTotals.read)
        #expect(totals.lines == ["2 active subscriptions, one period of each: too large a sum of EUR"])
    }

    @Test(arguments: [
        ("127.0.0.1:8450", "127.0.0.1", 8450, true), ("[::1]:1", "::1", 1, true), ("0.0.0.0:80", "0.0.0.0", 80, false),
        ("localhost:0", "localhost", 0, true),
    ])
    func anAddressToListenAtIsAHostAndAPort(text: String, host: String, port: Int, isLoopback: Bool) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.isLoopback == isLoopback)
        #expect(address.description == text)
    }

    @Test(arguments: ["", "8450", ":8450", "a:b", "host:70000", "http://host:1", "ho st:1"])
    func whatIsNoAddressIsRefused(text: String) {
        #expect(ListenAddress(text) == nil)
    }
}
