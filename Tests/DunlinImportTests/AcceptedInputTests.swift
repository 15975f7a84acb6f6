import DunlinCalendar
import DunlinDatabase
import DunlinImport
import DunlinLedger
import DunlinTesting
import Foundation
import Testing

@Suite struct AcceptedInputTests {
    @Test func everyColumnArrivesInItsTable() async throws {
        let fixture = try ImportFixture()
        var texts = ImportFixture.basis
        texts[.customers] = ImportFixture.csv(.customers, [["name": "Ann \"A\", B.\nC", "locale": "de-DE"]])
        texts[.paymentMethods] = ImportFixture.csv(
            .paymentMethods, [["is_backup": "yes", "consent_at": "2025-05-01T10:00:00Z", "fingerprint": "fp_1"]])
        texts[.subscriptions] = ImportFixture.csv(
            .subscriptions,
            [
                [
                    "currency": "eur", "quantity": "3", "anchor": "2026-01-31T09:30", "trial_end": "2026-02-14",
                    "bill_on": "31", "ends_at": "2027-01-31 00:00:00", "cancel_at_period_end": "no",
                    "bill_from": "2026-04-01", "parallel": "true", "entity": "GmbH", "invoice_number": "R-1",
                ]
            ])
        texts[.adjustments] = ImportFixture.csv(.adjustments, [["apply_to_period": "2026-03-31"]])
        let result = try await fixture.apply(texts)
        #expect(result.isApplied)
        #expect(result.problems.lines == [])
        let stored = try await fixture.database.read { tx in
            (
                try Customers.find("c-1", tx), try PaymentMethods.find("m-1", tx), try Subscriptions.find("s-1", tx),
                try Adjustments.find("a-1", tx)
            )
        }
        #expect(
            stored.0
                == Customer(
                    id: "c-1", gateway: "stripe", gatewayCustomerID: "cus_1", email: "ann@example.com",
                    name: "Ann \"A\", B.\nC", country: "DE", timeZone: "Europe/Berlin", locale: "de-DE"))
        #expect(
            stored.1
                == PaymentMethod(
                    id: "m-1", customerID: "c-1", gatewayPaymentMethodID: "pm_1", type: "card", brand: "visa",
                    last4: "0042", expMonth: 8, expYear: 2031, isDefault: true, isBackup: true,
                    consentAt: "2025-05-01T10:00:00Z", fingerprint: "fp_1"))
        #expect(
            stored.2
                == Subscription(
                    id: "s-1", customerID: "c-1", paymentMethodID: "m-1", plan: "basic", amountMinor: 1200,
                    currency: "EUR", quantity: 3, interval: "month", intervalCount: 1, anchor: "2026-01-31T09:30",
                    timeZone: "Europe/Berlin", trialEnd: "2026-02-14", billOn: 31, endsAt: "2027-01-31 00:00:00",
                    billFrom: "2026-04-01", parallel: true, entity: "GmbH", invoiceNumber: "R-1"))
        #expect(
            stored.3
                == Adjustment(
                    id: "a-1", subscriptionID: "s-1", amountMinor: -200, currency: "EUR", reason: "sorry",
                    applyToPeriod: "2026-03-31"))
    }

    @Test func aByteOrderMarkWindowsLineEndsQuotesAndBlankLinesAreFine() async throws {
        let fixture = try ImportFixture()
        let text =
            "\u{FEFF}\r\n"
            + ImportFixture.csv(.customers).replacing("\n", with: "\r\n\r\n").replacing("Ann", with: "\"A,n\"")
        let result = try await fixture.apply([.customers: text + ",,,,,,,\r\n"])
        #expect(result.problems.lines == [])
        #expect(result.tables[.customers]?.rows == RowCounts(added: 1))
    }

    @Test func columnsMayComeInAnyOrderAndOptionalOnesMayBeLeftOut() async throws {
        let fixture = try ImportFixture()
        let text = "time_zone,name , id,gateway,gateway_customer_id,country,email\n,Ann,c-1,wooshpay,cus_1,,\n"
        let result = try await fixture.apply([.customers: text])
        #expect(result.problems.lines == [])
        let stored = try await fixture.database.read { tx in try Customers.find("c-1", tx) }
        #expect(stored == Customer(id: "c-1", gateway: "wooshpay", gatewayCustomerID: "cus_1", name: "Ann"))
    }

    @Test func jsonLinesSayTheSameAsCSV() async throws {
        let fixture = try ImportFixture()
        try await fixture.apply(ImportFixture.basis)
        let method =
            #"{"id":"m-1","customer_id":"c-1","gateway_payment_method_id":"pm_1","type":"card","brand":"visa","#
            + #""last4":"0042","exp_month":8,"exp_year":2031,"is_default":true,"is_backup":null}"#
        let subscription =
            #"{"id":"s-1","customer_id":"c-1","payment_method_id":"m-1","plan":"basic","amount_minor":1200,"#
            + #""currency":"EUR","quantity":1,"interval":"month","interval_count":1,"anchor":"2026-01-31","#
            + #""time_zone":"Europe/Berlin","cancel_at_period_end":false,"status":"active","trial_end":null}"#
        let texts: [ImportTable: String] = [
            .paymentMethods: "\n\(method)\r\n\n", .subscriptions: "\u{FEFF}" + subscription,
        ]
        let result = try await fixture.apply(texts, suffix: "jsonl")
        #expect(result.problems.lines == [])
        #expect(result.tables[.paymentMethods]?.rows == RowCounts(unchanged: 1))
        #expect(result.tables[.subscriptions]?.rows == RowCounts(unchanged: 1))
    }

    @Test(arguments: ["1", "true", "TRUE", "t", "yes", "0", "false", "f", "no", ""]) func flagsTakeTheUsualWords(
        word: String
    ) async throws {
        let fixture = try ImportFixture()
        var texts = ImportFixture.basis
        texts[.subscriptions] = ImportFixture.csv(.subscriptions, [["cancel_at_period_end": word]])
        let result = try await fixture.apply(texts)
        #expect(result.problems.lines == [])
        #expect(
            try await fixture.subscription()?.cancelAtPeriodEnd
                == ["1", "true", "TRUE", "t", "yes"].contains(word))
    }

    @Test func anAnchorInAGapOfTheZoneIsAccepted() async throws {
        let fixture = try ImportFixture()
        #expect(try await fixture.problems(.subscriptions, ["anchor": "2026-03-29T02:30:00"]) == [])
        #expect(try await fixture.subscription()?.anchor == "2026-03-29T02:30:00")
    }

    @Test func filesMayComeInAnyOrderAndSeveralForOneTable() async throws {
        let fixture = try ImportFixture()
        let second = ImportFixture.csv(.customers, [["id": "c-2", "gateway_customer_id": "cus_2"]])
        let sources = [
            try fixture.file("subscriptions.csv", ImportFixture.csv(.subscriptions)),
            try fixture.file("payment_methods.2.csv", ImportFixture.csv(.paymentMethods)),
            try fixture.file("customers.csv", ImportFixture.csv(.customers)),
            ImportSource.file(try fixture.save("more.txt", second), table: .customers),
        ]
        let result = try await fixture.importer.apply(sources, now: fixture.now)
        #expect(result.problems.lines == [])
        #expect(result.tables[.customers]?.rows == RowCounts(added: 2))
        #expect(result.tables[.subscriptions]?.rows == RowCounts(added: 1))
    }

    @Test func aStreamThatCanBeReadOnceIsImportedAndLeavesNoFileBehind() async throws {
        let fixture = try ImportFixture()
        let bytes = OneTimeBytes(Array(ImportFixture.csv(.customers).utf8))
        let result = try await fixture.importer.apply(
            [.stream(table: .customers) { bytes.next($0) }], now: fixture.now)
        #expect(result.problems.lines == [])
        #expect(result.tables[.customers]?.rows == RowCounts(added: 1))
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path) == [])
    }

    @Test func aNamedPipeIsImportedThoughItCanBeReadOnce() async throws {
        let fixture = try ImportFixture()
        let path = fixture.folder.file("customers.csv")
        try #require(mkfifo(path, 0o600) == 0)
        let writer = Thread {
            try? Data(ImportFixture.csv(.customers).utf8).write(to: URL(filePath: path), options: [])
        }
        writer.start()
        let result = try await fixture.importer.apply([.file(path)], now: fixture.now)
        #expect(result.problems.lines == [])
        #expect(result.tables[.customers]?.rows == RowCounts(added: 1))
    }

    @Test func aTypeOtherThanCardIsStoredWithANote() async throws {
        let fixture = try ImportFixture()
        var texts = ImportFixture.basis
        texts[.paymentMethods] = ImportFixture.csv(.paymentMethods, [["type": "sepa_debit", "last4": ""]])
        let result = try await fixture.apply(texts)
        #expect(result.isApplied)
        #expect(result.notes.listed.map(\.column) == ["type", nil])
        #expect(result.forecast?.parked == 1)
        #expect(result.forecast?.count == 0)
    }
}
