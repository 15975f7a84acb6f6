import DunlinCalendar
import DunlinCore
import DunlinDatabase
import Testing

@testable import DunlinReports

@Suite struct ListTests {
    private static func rows(_ report: some Report) async throws -> [[String: String]] {
        try await ReportText.rows(of: report, in: LedgerRows.database(HealthyLedger.write))
    }

    @Test func subscriptionsAreFilteredByStateAndCustomer() async throws {
        let database = try await LedgerRows.database { rows in
            try HealthyLedger.write(rows)
            try rows.subscription("sub99", of: "cus1")
            try rows.tx.execute(
                "UPDATE billing_state SET state = 'parked', parked_reason = 'no zone' WHERE subscription_id = 'sub3'")
        }
        func ids(_ filter: ListFilter) async throws -> [String?] {
            try await ReportText.rows(of: ListReport.subscriptions(filter), in: database).map { $0["id"] }
        }
        #expect(try await ids(ListFilter(state: "parked")) == ["sub3"])
        #expect(try await ids(ListFilter(state: "new")) == ["sub99"])
        #expect(try await ids(ListFilter(customerID: "cus1")) == ["sub1", "sub99"])
        #expect(try await ids(ListFilter(state: "active", customerID: "cus3")) == [])
    }

    @Test func pagesFollowEachOtherWithoutAGapOrARepeat() async throws {
        var seen: [String] = []
        var after: String?
        repeat {
            let page = try await Self.rows(ListReport.invoices(ListFilter(after: after, limit: 4)))
            seen += page.compactMap { $0["id"] }
            after = page.last?["id"]
        } while after != nil
        #expect(seen == (1...9).flatMap { ["\($0)0", "\($0)1"] })
    }

    @Test func invoicesAreFoundByTheirStateAndByWhatTheyWaitFor() async throws {
        #expect(try await Self.rows(ListReport.invoices(ListFilter(state: "paid"))).count == 9)
        #expect(try await Self.rows(ListReport.invoices(ListFilter(state: "on_hold"))).map { $0["id"] } == ["71"])
        let ofOne = ListFilter(subscriptionID: "sub2")
        #expect(try await Self.rows(ListReport.invoices(ofOne)).map { $0["id"] } == ["20", "21"])
    }

    @Test func anAttemptSaysWhyInPlainWords() async throws {
        let found = try await Self.rows(ListReport.attempts(ListFilter(invoiceID: 31)))
        #expect(found.map { $0["reason"] } == ["This card will not work any more."])
        #expect(found.map { $0["method"] } == ["visa •4242"])
        #expect(found.map { $0["gateway_payment_id"] } == ["pi_31"])
    }

    @Test func aClosedCardIsShownAsClosed() async throws {
        let database = try await LedgerRows.database { rows in
            try rows.customer()
            try rows.method("pm1", fingerprint: "fp1")
            try rows.method("pm2", isBackup: true)
            try rows.tx.execute(
                "INSERT INTO retry_budget (gateway, card_key, closed_at, reason) VALUES ('stripe', 'fp1', 1, 'lost')")
        }
        let report = ListReport.paymentMethods(ListFilter(state: "closed"))
        #expect(try await ReportText.rows(of: report, in: database).map { $0["id"] } == ["pm1"])
        let usable = ListReport.paymentMethods(ListFilter(state: "usable"))
        #expect(try await ReportText.rows(of: usable, in: database).map { $0["id"] } == ["pm2"])
    }

    @Test func customersAreCountedWithWhatTheyHave() async throws {
        let found = try await Self.rows(ListReport.customers(ListFilter(customerID: "cus1")))
        #expect(found.map { $0["subscriptions"] } == ["1"])
        #expect(found.map { $0["open_invoices"] } == ["1"])
    }

    @Test func jobsAreFilteredAndAnUnknownStateIsRefused() async throws {
        let dead = try await Self.rows(JobList(ListFilter(state: "dead")))
        #expect(dead.map { $0["unique_key"] } == ["charge-invoice/81"])
        #expect(dead.map { $0["last_error"] } == ["the gateway never answered"])
        #expect(throws: ReportError.self) { try JobList(ListFilter(state: "asleep")) }
        #expect(throws: ReportError.self) { try ListReport.invoices(ListFilter(after: "sub1")) }
    }

    @Test func whatWaitsIsListedWithWhatItWouldComeTo() async throws {
        let database = try await LedgerRows.database { rows in
            try rows.customer(name: "Ada")
            try rows.subscription(method: nil)
            try rows.decision("skipped", "before_first_sight", from: "2026-08-01", to: "2026-09-01")
            try rows.decision("waiting", "missed", from: "2026-09-01", to: "2026-11-01", periods: 2)
        }
        let found = try await ReportText.rows(of: WaitingReport(), in: database)
        #expect(found.map { $0["run_start"] } == ["2026-09-01"])
        #expect(found.map { $0["reason"] } == ["missed"])
        #expect(found.map { $0["amount_at_price_now"] } == ["38.00"])
        #expect(
            try await ReportText.totals(of: WaitingReport(), in: database).totals.map(\.amount.minorUnits) == [3800])
    }
}
