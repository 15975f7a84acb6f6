import DunlinCalendar
import DunlinCore
import DunlinDatabase
import Testing

@testable import DunlinReports

@Suite struct DunningReportTests {
    private static let berlin = Zone("Europe/Berlin") ?? .utc

    private static func report(_ date: String = "2026-11-21", zone: Zone = berlin) throws -> DunningReport {
        let day = AccountingDay(date: try #require(LocalDate(date)), zone: zone)
        return DunningReport(asOf: day)
    }

    @Test func theFileForFinanceIsTheStoredOne() async throws {
        let database = try await LedgerRows.database(FinanceLedger.write)
        let text = try await ReportText.of(
            Self.report(), as: .csv(isRaw: false, forExcel: false), in: database)
        #expect(try text == StoredFile.text("dunning.csv"))
    }

    @Test func theJSONIsTheStoredOne() async throws {
        let database = try await LedgerRows.database(FinanceLedger.write)
        #expect(
            try await ReportText.of(Self.report(), as: .json, in: database)
                == StoredFile.text("dunning.json"))
    }

    @Test func theTableIsTheStoredOne() async throws {
        let database = try await LedgerRows.database(FinanceLedger.write)
        #expect(
            try await ReportText.of(Self.report(), as: .table(isWide: false), in: database)
                == StoredFile.text("dunning.txt"))
    }

    @Test func theHeaderIsTheFrozenOneAlsoWithoutRows() async throws {
        let text = try await ReportText.of(
            Self.report(), as: .csv(isRaw: false, forExcel: false), in: LedgerRows.database())
        #expect(text == String(try StoredFile.text("dunning.csv").prefix { $0 != "\r\n" }) + "\r\n")
        #expect(DunningColumns.all.count == 49)
        #expect(DunningColumns.all[8].name == "invoice_id")
        #expect(try await ReportText.of(Self.report(), as: .json, in: LedgerRows.database()) == "[]\n")
    }

    @Test func theTotalsAreTheSumsOfTheRowsPerCurrency() async throws {
        let database = try await LedgerRows.database(FinanceLedger.write)
        let totals = try await ReportText.totals(of: Self.report(), in: database)
        #expect(totals.rows == 7)
        #expect(totals.totals.map(\.amount.description) == ["167.50 EUR", "1200 JPY", "2.468 KWD"])
        #expect(totals.totals.map(\.rows) == [4, 1, 2])
    }

    @Test(arguments: [
        ("2026-11-20T22:59:59Z", 1), ("2026-11-20T23:00:00Z", 0), ("2026-11-21T22:59:59Z", 0),
    ])
    func daysAreCountedInTheAccountingTimeZone(dueAt: String, days: Int) async throws {
        let database = try await LedgerRows.database { rows in
            try Self.oneDebt(rows, dueAt: LedgerRows.at(dueAt))
        }
        let found = try await ReportText.rows(of: Self.report(), in: database)
        #expect(found.map { $0["days_past_due"] } == [String(days)])
    }

    @Test func whatIsDueOnTheNextDayIsNotOnTheList() async throws {
        let database = try await LedgerRows.database { rows in
            try Self.oneDebt(rows, dueAt: LedgerRows.at("2026-11-21T23:00:00Z"))
        }
        #expect(try await ReportText.rows(of: Self.report(), in: database) == [])
        let next = try await ReportText.rows(of: Self.report("2026-11-22"), in: database)
        #expect(next.map { $0["aging_bucket"] } == ["current"])
    }

    @Test func rowsAreOrderedByCurrencyBucketCustomerAndDueDate() async throws {
        let database = try await LedgerRows.database { rows in try Self.manyDebts(rows) }
        var keys: [[String]] = []
        let report = try Self.report()
        let buckets = AgingBucket.allCases.map(\.text)
        for row in try await ReportText.rows(of: report, in: database) {
            let bucket = buckets.firstIndex(of: row["aging_bucket"] ?? "") ?? 9
            keys.append([row["currency"], String(bucket), row["customer_id"], row["due_date"]].map { $0 ?? "" })
        }
        #expect(keys.count == 200)
        #expect(keys == keys.sorted { $0.lexicographicallyPrecedes($1) })
        #expect(Set(keys.map { $0[1] }).count == 6)
    }

    @Test func theListOfADayThatIsOverHoldsWhatWasPaidVoidedOrGivenUpLater() async throws {
        let database = try await LedgerRows.database { rows in try Self.october(rows) }
        var report = try Self.report("2026-10-10", zone: .utc)
        report.now = LedgerRows.now
        let rows = try await ReportText.rows(of: report, in: database)
        let status = Dictionary(uniqueKeysWithValues: rows.map { ($0["invoice_id"] ?? "", $0["status"] ?? "") })
        #expect(
            status == [
                "1": "retrying", "2": "needs_method", "3": "unknown", "4": "scheduled", "5": "retrying",
                "6": "closing", "8": "uncollectible",
            ])
        let first = try #require(rows.first { $0["invoice_id"] == "1" })
        #expect(first["attempts"] == "1")
        #expect(first["stage"] == "1 of 5")
        #expect(first["amount_outstanding"] == "19.00")
        #expect(first["next_action_on"] == "2026-10-12")
        #expect(first["days_past_due"] == "9")
        #expect(first["lifetime_paid"] == "0.00")
        report.asOf = AccountingDay(of: LedgerRows.now, zone: .utc)
        let today = try await ReportText.rows(of: report, in: database).map { $0["invoice_id"] }
        #expect(today == ["2", "3", "4", "5", "8"])
    }

    /// Debts of 1 October, and what became of them after the 10th.
    private static func october(_ rows: LedgerRows) throws {
        let paidAt = LedgerRows.at("2026-10-12T00:00:10Z")
        try rows.customer()
        try rows.method()
        func debt(
            _ id: Int64, _ state: String, waitsFor: String? = nil, endedAt: Instant? = nil,
            start: String = "2026-10-01",
            closingTo: String? = nil
        ) throws {
            try rows.subscription("sub\(id)")
            try rows.invoice(
                id, of: "sub\(id)", from: start, to: "2026-11-01", state, waitsFor: waitsFor, closingTo: closingTo,
                endedAt: endedAt, paidReason: state == "paid" ? "charged" : nil,
                collectedMinor: state == "paid" ? 1900 : 0)
        }
        func declined(
            _ id: Int64, of invoice: Int64, number: Int = 1, at: String, endedAt: String? = nil,
            declineClass: String = "funds"
        ) throws {
            if number == 1 { try rows.intent(invoice, of: invoice, "requires_payment_method") }
            try rows.attempt(
                id, of: invoice, intent: invoice, "declined", number: number, writtenAt: LedgerRows.at(at),
                endedAt: endedAt.map(LedgerRows.at), declineClass: declineClass)
        }
        try debt(1, "paid", endedAt: paidAt)
        try declined(11, of: 1, at: "2026-10-01T00:01:00Z")
        try rows.attempt(
            12, of: 1, intent: 1, "succeeded", number: 2, writtenAt: LedgerRows.at("2026-10-12T00:00:05Z"))
        try debt(2, "open", waitsFor: "needs_method")
        try declined(21, of: 2, at: "2026-10-01T00:01:00Z", declineClass: "never")
        try debt(3, "open", waitsFor: "retrying")
        try declined(31, of: 3, at: "2026-10-10T23:00:00Z", endedAt: "2026-10-11T04:00:00Z")
        try debt(4, "open", waitsFor: "needs_customer")
        try declined(41, of: 4, at: "2026-10-11T00:01:00Z", declineClass: "needs_auth")
        try debt(5, "uncollectible", endedAt: LedgerRows.at("2026-11-01T00:00:00Z"))
        try declined(51, of: 5, at: "2026-10-01T00:01:00Z")
        try debt(6, "void", endedAt: LedgerRows.at("2026-10-11T09:00:00Z"))
        try rows.activity("debt_ended", invoice: 6, at: LedgerRows.at("2026-10-10T09:00:00Z"))
        try debt(7, "void", endedAt: LedgerRows.at("2026-10-09T00:00:00Z"))
        try debt(8, "uncollectible", endedAt: LedgerRows.at("2026-10-09T00:00:00Z"))
        try debt(9, "paid", endedAt: LedgerRows.at("2026-10-01T00:00:05Z"))
        try rows.tx.execute("UPDATE invoices SET collected_minor = 0 WHERE id = 9")
        try debt(10, "open", waitsFor: "scheduled", start: "2026-10-11")
        try rows.tx.execute("UPDATE invoices SET due_at = ?1 WHERE id = 10", LedgerRows.at("2026-12-11T00:00:00Z"))
    }

    @Test func linksAreShownOnlyOnRequest() async throws {
        let database = try await LedgerRows.database(FinanceLedger.write)
        var report = try Self.report()
        #expect(try await ReportText.rows(of: report, in: database).allSatisfy { $0["recovery_link"] == "" })
        report.link = { debt, _, _ in "https://pay.example.com/\(debt.invoiceID)" }
        let links = try await ReportText.rows(of: report, in: database).map { $0["recovery_link"] }
        #expect(links.contains("https://pay.example.com/11"))
    }

    @Test(arguments: [
        ("day", 1, 100, 3042), ("week", 1, 1000, 4345), ("month", 3, 1000, 333), ("year", 1, 1200, 100),
        ("year", 2, 2500, 104), ("month", 2, 3, 2),
    ])
    func whatIsAtRiskIsNormalizedToAMonth(interval: String, count: Int64, minorUnits: Int64, monthly: Int64) throws {
        let currency = try #require(Currency("EUR"))
        let rate = MonthlyRate.of(
            Money(minorUnits: minorUnits, currency: currency), interval: interval, count: count)
        #expect(rate?.minorUnits == monthly)
    }

    @Test func everyNumberOfDaysIsInExactlyOneBucketAndBucketsFollowEachOther() {
        let buckets = (-5...500).map { AgingBucket(daysPastDue: $0) }
        #expect(buckets == buckets.sorted())
        for (days, bucket) in zip(-5...500, buckets) {
            #expect(days <= bucket.daysMax ?? .max)
            let before = AgingBucket(rawValue: bucket.rawValue - 1)?.daysMax ?? Int.min
            #expect(days > before)
        }
    }

    private static func oneDebt(_ rows: LedgerRows, dueAt: Instant) throws {
        try rows.customer()
        try rows.method()
        try rows.subscription()
        try rows.invoice(11, from: "2026-11-01", to: "2026-12-01", waitsFor: "scheduled")
        try rows.tx.execute("UPDATE invoices SET due_at = ?1", dueAt)
    }

    private static func manyDebts(_ rows: LedgerRows) throws {
        var generator = SeededGenerator(seed: 7)
        let currencies = ["EUR", "JPY", "KWD"]
        for number in 1...200 {
            let customer = "cus\(number)"
            let currency = currencies.randomElement(using: &generator) ?? "EUR"
            try rows.customer(customer)
            try rows.subscription("sub\(number)", of: customer, method: nil, currency: currency)
            try rows.invoice(
                Int64(number), of: "sub\(number)", customer: customer, from: "2026-11-01", to: "2026-12-01",
                waitsFor: "scheduled", currency: currency)
            let days = number % 7 == 0 ? 0 : Int64.random(in: 0...150, using: &generator)
            let due = LedgerRows.now.adding(days: -days)
            try rows.tx.execute("UPDATE invoices SET due_at = ?1 WHERE id = ?2", due, Int64(number))
        }
    }
}
