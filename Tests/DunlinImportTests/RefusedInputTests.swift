import DunlinCalendar
import DunlinDatabase
import DunlinImport
import DunlinLedger
import Testing

@Suite struct RefusedInputTests {
    @Test(arguments: [
        ("id", "", "is empty"), ("id", " c-1", "blank"),
        ("gateway", "paypal", "is not a gateway of the settings (stripe, wooshpay)"),
        ("gateway", "", "is empty"), ("gateway_customer_id", "", "is empty"),
        ("gateway_customer_id", "cus 1", "not an id"),
        ("gateway_customer_id", "cus/../1", "not an id"), ("time_zone", "Berlin", "is not a time zone"),
        ("time_zone", "GMT+5", "is not a time zone"), ("name", "a\u{1}b", "control character"),
        ("name", String(repeating: "x", count: 501), "longer than 500"),
    ])
    func aWrongCustomerIsRefused(column: String, value: String, reason: String) async throws {
        let problems = try await ImportFixture().problems(.customers, [column: value])
        #expect(problems.count == 1)
        #expect(
            problems.first?.hasPrefix("\(column): ") == true && problems.first?.contains(reason) == true, "\(problems)")
    }

    @Test(arguments: [
        ("customer_id", "c-9", "customer \"c-9\" is neither stored nor in these files"), ("type", "", "is empty"),
        ("last4", "42", "is not four digits"), ("last4", "42x2", "is not four digits"),
        ("exp_month", "13", "must be at most 12, not 13"), ("exp_month", "0", "must be at least 1"),
        ("exp_year", "31", "must be at least 2000"), ("is_default", "maybe", "neither true"),
        ("consent_at", "yesterday", "does not begin with a date"), ("gateway_payment_method_id", "", "is empty"),
    ])
    func aWrongPaymentMethodIsRefused(column: String, value: String, reason: String) async throws {
        let problems = try await ImportFixture().problems(.paymentMethods, [column: value])
        #expect(problems.count == 1)
        #expect(
            problems.first?.hasPrefix("\(column): ") == true && problems.first?.contains(reason) == true, "\(problems)")
    }

    @Test(arguments: [
        ("customer_id", "c-9", "neither stored nor in these files"), ("payment_method_id", "m-9", "neither stored"),
        ("plan", "", "is empty"), ("amount_minor", "0", "must be at least 1, not 0"),
        ("amount_minor", "-5", "must be at least 1"), ("amount_minor", "12.00", "minor units without a point"),
        ("amount_minor", "1,200", "is not a whole number"), ("amount_minor", "", "is empty"),
        ("amount_minor", "9223372036854775808", "does not fit"), ("currency", "EURO", "is not a currency"),
        ("currency", "XXX", "is not a currency"), ("quantity", "0", "must be at least 1"),
        ("interval", "fortnight", "is not one of day, week, month, year"),
        ("interval_count", "0", "must be at least 1"),
        ("interval_count", "5000", "1 to 1200"), ("anchor", "31.01.2026", "is not a local date"),
        ("anchor", "2026-02-30", "is not a local date"), ("anchor", "2026-01-31T09:00:00Z", "is not a local date"),
        ("time_zone", "Mars/Olympus", "is not a time zone"), ("time_zone", "", "is empty"),
        ("trial_end", "soon", "is not a local date"), ("ends_at", "2026-13-01", "is not a local date"),
        ("bill_on", "32", "must be at most 31"), ("status", "trialing", "is not one of active, paused, canceled"),
        ("cancel_at_period_end", "2", "neither true"),
        ("bill_from", "yesterday", "is neither anchor, current nor a date"),
        ("replaces", "s-9", "neither stored nor in these files"), ("replaces", "s-1", "cannot replace itself"),
    ])
    func aWrongSubscriptionIsRefused(column: String, value: String, reason: String) async throws {
        let fixture = try ImportFixture()
        let problems = try await fixture.problems(.subscriptions, [column: value])
        #expect(problems.count == 1)
        #expect(
            problems.first?.hasPrefix("\(column): ") == true && problems.first?.contains(reason) == true, "\(problems)")
        #expect(try await fixture.subscription()?.amountMinor == 1200)
    }

    @Test func anAmountTimesQuantityThatOverflowsIsRefused() async throws {
        let values = ["amount_minor": "4611686018427387904", "quantity": "2"]
        let problems = try await ImportFixture().problems(.subscriptions, values)
        #expect(problems == ["amount_minor: 4611686018427387904 times the quantity 2 does not fit into 64 bits"])
    }

    @Test func aDayToBillOnGoesWithMonthsAndYearsOnly() async throws {
        let problems = try await ImportFixture().problems(.subscriptions, ["bill_on": "5", "interval": "week"])
        #expect(problems.map { $0.prefix(8) } == ["bill_on:"])
    }

    @Test func aMethodOfAnotherCustomerIsRefused() async throws {
        let fixture = try ImportFixture()
        try await fixture.apply(ImportFixture.basis)
        let other = ["id": "c-2", "gateway_customer_id": "cus_2"]
        let result = try await fixture.apply([
            .customers: ImportFixture.csv(.customers, [other]),
            .subscriptions: ImportFixture.csv(.subscriptions, [["id": "s-2", "customer_id": "c-2"]]),
        ])
        #expect(!result.isApplied)
        let expected =
            "subscriptions.csv:2:68: payment_method_id: payment method \"m-1\" belongs to another customer"
        #expect(result.problems.lines.first?.hasSuffix(expected) == true, "\(result.problems.lines)")
        #expect(result.problems.listed.map(\.column) == ["payment_method_id"])
        #expect(try await fixture.rowCount() == 3)
    }

    @Test func aMethodMayNotMoveAwayFromASubscriptionThatNamesIt() async throws {
        let fixture = try ImportFixture()
        try await fixture.apply(ImportFixture.basis)
        let customer = ImportFixture.csv(.customers, [["id": "c-2", "gateway_customer_id": "cus_2"]])
        let method = ImportFixture.csv(.paymentMethods, [["customer_id": "c-2"]])
        let refused = try await fixture.apply([.customers: customer, .paymentMethods: method])
        #expect(
            refused.problems.listed.map(\.reason) == [
                "subscription \"s-1\" of customer \"c-1\" still names this payment method"
            ])
        let moved = ImportFixture.csv(.subscriptions, [["customer_id": "c-2"]])
        let together = try await fixture.apply([.customers: customer, .paymentMethods: method, .subscriptions: moved])
        #expect(together.problems.lines == [])
    }

    @Test func anotherRowsGatewayIDIsRefused() async throws {
        #expect(
            try await ImportFixture().problems(.customers, ["id": "c-2"])
                == ["gateway_customer_id: belongs to customer \"c-1\" already"])
        #expect(
            try await ImportFixture().problems(.paymentMethods, ["id": "m-2"])
                == ["gateway_payment_method_id: belongs to payment method \"m-1\" of the same customer already"])
    }

    @Test(arguments: [
        ("subscription_id", "s-9", "neither stored nor in these files"), ("amount_minor", "0", "must not be 0"),
        ("amount_minor", "1.5", "is not a whole number"),
        ("currency", "USD", "is not the currency of the subscription"),
        ("reason", "", "is empty"), ("apply_to_period", "March", "is not a date"),
    ])
    func aWrongAdjustmentIsRefused(column: String, value: String, reason: String) async throws {
        let problems = try await ImportFixture().problems(.adjustments, [column: value])
        #expect(problems.count == 1)
        #expect(
            problems.first?.hasPrefix("\(column): ") == true && problems.first?.contains(reason) == true, "\(problems)")
    }

    @Test func anIdThatIsThereTwiceIsRefusedWithBothLines() async throws {
        let fixture = try ImportFixture()
        let result = try await fixture.apply([.customers: ImportFixture.csv(.customers, [[:], [:]])])
        #expect(result.problems.listed.map(\.line) == [3])
        #expect(result.problems.listed.map(\.reason) == ["\"c-1\" is there twice, first on line 2"])
    }

    @Test func missingAndSurplusColumnsAreNamedAndNoRowIsRead() async throws {
        let fixture = try ImportFixture()
        let result = try await fixture.apply([
            .customers: "id,gateway,gateway_customer_id,email,nick,time_zone,id\n,,,\n"
        ])
        #expect(
            result.problems.listed.map { "\($0.line):\($0.position ?? 0) \($0.reason.prefix(34))" } == [
                "1:38 customers has no column \"nick\"; it",
                "1:53 column id is there twice",
                "1:0 column name is missing; it may be ",
                "1:0 column country is missing; it may ",
            ])
    }

    @Test func aRowWithAnotherNumberOfColumnsIsRefused() async throws {
        let fixture = try ImportFixture()
        let text = ImportFixture.csv(.customers) + "c-2,stripe\n"
        let result = try await fixture.apply([.customers: text])
        #expect(result.problems.listed.map(\.line) == [3])
        #expect(result.problems.listed.map(\.reason) == ["the row has 2 columns, the header 8"])
        #expect(try await fixture.rowCount() == 0)
    }

    @Test(arguments: [
        ("id;gateway;email", "separated by semicolons"), ("id\tgateway\temail", "separated by tabs"), ("", "is empty"),
        ("\n \n", "is empty"), ("[{\"id\":\"c-1\"}]", "JSON list"), ("<html><body>", "has no column"),
    ])
    func aFileOfAnotherKindIsRefused(text: String, reason: String) async throws {
        let result = try await ImportFixture().apply([.customers: text])
        #expect(result.problems.listed.first?.reason.contains(reason) == true, "\(result.problems.lines)")
    }

    @Test func aFileInUTF16IsRefusedWithAdvice() async throws {
        let fixture = try ImportFixture()
        let source = try fixture.file("customers.csv", bytes: [0xFF, 0xFE, 0x69, 0x00])
        let result = try await fixture.importer.apply([source], now: fixture.now)
        #expect(result.problems.listed.map(\.reason) == ["the file is UTF-16; save it as UTF-8"])
    }

    @Test func aCellThatIsNotUTF8IsRefused() async throws {
        let fixture = try ImportFixture()
        let bytes = Array(ImportFixture.csv(.customers).utf8).flatMap { $0 == UInt8(ascii: "A") ? [0xC4, 0x6E] : [$0] }
        let result = try await fixture.importer.apply(
            [try fixture.file("customers.csv", bytes: bytes)], now: fixture.now)
        #expect(result.problems.listed.map(\.column) == ["name"])
    }

    @Test func aJSONNumberWhereTextIsDueIsRefused() async throws {
        let fixture = try ImportFixture()
        let text =
            #"{"id":7,"gateway":"stripe","gateway_customer_id":true,"email":null,"name":"x","country":"","zip":1}"#
        let result = try await fixture.apply([.customers: text], suffix: "jsonl")
        #expect(
            result.problems.listed.map { "\($0.column ?? "-") \($0.reason.prefix(30))" } == [
                "- customers has no column \"zip\";",
                "id is the number \"7\"; write it as",
                "gateway_customer_id is true or false, which does n",
                "time_zone is missing; it may be null whe",
            ])
    }

    @Test func aBrokenLineOfJSONIsNamedAndTheOthersAreJudged() async throws {
        let fixture = try ImportFixture()
        let result = try await fixture.apply([.customers: "{\"id\":\n{\"id\":\"c-1\"}\n"], suffix: "jsonl")
        #expect(result.problems.listed.first?.line == 1)
        #expect(result.problems.listed.first?.position == 7)
        #expect(result.problems.listed.dropFirst().allSatisfy { $0.line == 2 && $0.reason.hasPrefix("is missing") })
    }

    @Test func everyBadLineOfEveryFileIsNamedAndNothingIsStored() async throws {
        let fixture = try ImportFixture()
        let rows = [
            ["id": "s-1", "currency": "ABC"], ["id": "s-2", "payment_method_id": "m-9"],
            ["id": "s-3", "interval": "eon"],
        ]
        let result = try await fixture.apply([
            .customers: ImportFixture.csv(.customers, [[:], ["id": "c-2", "gateway": "none"]]),
            .paymentMethods: ImportFixture.csv(.paymentMethods),
            .subscriptions: ImportFixture.csv(.subscriptions, rows),
        ])
        #expect(
            result.problems.listed.map { "\($0.file.split(separator: "/").last ?? ""):\($0.line) \($0.column ?? "")" }
                == [
                    "customers.csv:3 gateway", "subscriptions.csv:2 currency", "subscriptions.csv:3 payment_method_id",
                    "subscriptions.csv:4 interval",
                ])
        #expect(try await fixture.rowCount() == 0)
        #expect(try await fixture.database.read { tx in try ChangedRows.count(tx) } == 0)
    }

    @Test func whatRefersToARefusedRowIsNotReportedAsWell() async throws {
        let fixture = try ImportFixture()
        var texts = ImportFixture.basis
        texts[.customers] = ImportFixture.csv(.customers, [["gateway": "none"]])
        texts[.adjustments] = ImportFixture.csv(.adjustments)
        let result = try await fixture.apply(texts)
        #expect(result.problems.listed.map(\.column).first == "gateway")
        #expect(result.problems.count == 1)
    }
}
