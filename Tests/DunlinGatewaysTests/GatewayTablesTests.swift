import DunlinCalendar
import DunlinCore
import Testing

@testable import DunlinGateways

@Suite struct GatewayTablesTests {
    private func money(_ minorUnits: Int64, _ code: String) throws -> Money {
        Money(minorUnits: minorUnits, currency: try #require(Currency(code)))
    }

    private func units(_ table: GatewayCurrencies, _ minorUnits: Int64, _ code: String) throws -> Int64? {
        try? table.units(of: try money(minorUnits, code)).get()
    }

    @Test func everyZeroDecimalCurrencyOfStripeIsSentWhole() throws {
        for code in "BIF CLP DJF GNF JPY KMF KRW PYG RWF VND VUV XAF XOF XPF".split(separator: " ").map(String.init) {
            #expect(GatewayCurrencies.stripe.row(try #require(Currency(code)))?.digits == 0, "\(code)")
            #expect(try units(.stripe, 1234, code) == 1234, "\(code)")
        }
    }

    @Test func theAriaryHasTwoDigitsInISOAndNoneAtStripe() throws {
        #expect(try units(.stripe, 500_000, "MGA") == 5000)
        #expect(try units(.stripe, 500_001, "MGA") == nil)
        #expect(
            GatewayCurrencies.stripe.money(units: 5000, currency: try #require(Currency("MGA")))?.minorUnits == 500_000)
    }

    @Test func theKronaAndTheUgandanShillingAreSentWithTwoZeros() throws {
        for code in ["ISK", "UGX"] {
            #expect(try units(.stripe, 5, code) == 500)
            let currency = try #require(Currency(code))
            #expect(GatewayCurrencies.stripe.money(units: 500, currency: currency)?.minorUnits == 5)
            #expect(GatewayCurrencies.stripe.money(units: 501, currency: currency) == nil)
        }
        #expect(try units(.wooshpay, 5, "UGX") == 5)
    }

    @Test func threeDecimalCurrenciesEndInZero() throws {
        for code in ["BHD", "JOD", "KWD", "OMR", "TND"] {
            #expect(try units(.stripe, 5120, code) == 5120)
            #expect(try units(.stripe, 5124, code) == nil)
        }
    }

    @Test func theSmallestChargesAreStripes() throws {
        let minimums: [(String, Int64)] = [
            ("USD", 50), ("EUR", 50), ("GBP", 30), ("AED", 200), ("CZK", 1500), ("DKK", 250), ("HKD", 400),
            ("HUF", 17_500), ("JPY", 50), ("KRW", 50), ("MXN", 1000), ("MYR", 200), ("NOK", 300), ("PLN", 200),
            ("RON", 200), ("SEK", 300), ("THB", 1000),
        ]
        for (code, minimum) in minimums {
            #expect(try units(.stripe, minimum, code) == minimum, "\(code)")
            #expect(try units(.stripe, minimum - 1, code) == nil, "\(code)")
        }
    }

    @Test func theLargestChargesAreStripes() throws {
        for (code, maximum) in [
            ("USD", Int64(99_999_999)), ("INR", 999_999_999), ("IDR", 999_999_999_999), ("JPY", 9_999_999_999),
        ] {
            #expect(try units(.stripe, maximum, code) == maximum, "\(code)")
            #expect(try units(.stripe, maximum + 1, code) == nil, "\(code)")
        }
    }

    @Test func everyAmountThatIsSentComesBackAsItWas() throws {
        for table in [GatewayCurrencies.stripe, .wooshpay] {
            for currency in table.all {
                let amount = Money(minorUnits: 20_000, currency: currency)
                guard case .success(let units) = table.units(of: amount) else {
                    Issue.record("\(currency)")
                    continue
                }
                #expect(table.money(units: units, currency: currency) == amount)
            }
        }
    }

    @Test func wooshpayTakesOnlyWhatItsPagesConfirm() throws {
        let taken = "CNY EUR GBP GHS HKD JPY KES MYR NGN PHP RWF SGD THB TZS UGX USD XAF ZAR"
        #expect(GatewayCurrencies.wooshpay.all.map(\.code).joined(separator: " ") == taken)
        #expect(try units(.wooshpay, 1, "USD") == 1)
    }

    @Test func datesOfHeadersAreReadWithoutALocale() {
        #expect(HTTPDate.instant("Sun, 06 Nov 1994 08:49:37 GMT") == Instant(seconds: 784_111_777))
        #expect(HTTPDate.instant("Thu, 01 Jan 1970 00:00:00 GMT") == Instant(seconds: 0))
        #expect(HTTPDate.instant("Thu, 29 Feb 2024 23:59:59 GMT") == Instant(seconds: 1_709_251_199))
        #expect(HTTPDate.instant("Sun, 01 Mar 2026 00:00:00 GMT") == Instant(seconds: 1_772_323_200))
        for text in [
            "", "Sun, 06 Nov 1994 08:49:37 CET", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
            "Sun, 06 Nev 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 0a Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1969 08:49:37 GMT",
        ] {
            #expect(HTTPDate.instant(text) == nil, "\(text)")
        }
    }

    @Test func percentEncodingLeavesOnlyWhatNeedsNone() {
        #expect(PercentEncoding.encode("aZ09-._~") == "aZ09-._~")
        #expect(PercentEncoding.encode(" +&=%/?#[]'\"ü") == "%20%2B%26%3D%25%2F%3F%23%5B%5D%27%22%C3%BC")
        #expect(PercentEncoding.pairs([("a[0]", "b c"), ("d", "")], keepingInNames: "[]") == "a[0]=b%20c&d=")
    }

    @Test func anEndpointIsNamedByMethodAndPathWithoutIDs() {
        let call = Call(.confirmIntent, objectID: "pi_1")
        #expect(call.method == "POST" && call.path == "/v1/payment_intents/pi_1/confirm")
        #expect(Call(.listIntents, query: "limit=1").target == "/v1/payment_intents?limit=1")
        #expect(GatewayEndpoint.allCases.allSatisfy { Call($0, objectID: "x").path.hasPrefix("/v1/") })
    }
}
