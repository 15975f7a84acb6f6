import DunlinCore
import Testing

@Suite struct MoneyTests {
    private func money(_ minorUnits: Int64, _ code: String = "EUR") throws -> Money {
        Money(minorUnits: minorUnits, currency: try #require(Currency(code)))
    }

    static let written: [(minor: Int64, code: String, text: String)] = [
        (1205, "EUR", "12.05"), (0, "EUR", "0.00"), (5, "EUR", "0.05"), (50, "USD", "0.50"), (-1205, "EUR", "-12.05"),
        (-5, "EUR", "-0.05"), (1200, "JPY", "1200"), (0, "JPY", "0"), (-7, "JPY", "-7"), (1234, "KWD", "1.234"),
        (7, "KWD", "0.007"), (12345, "CLF", "1.2345"), (.max, "JPY", "9223372036854775807"),
        (.max, "EUR", "92233720368547758.07"),
    ]

    @Test(arguments: written) func anAmountReadsTheSameBothWays(minor: Int64, code: String, text: String) throws {
        let amount = try money(minor, code)
        #expect(amount.majorUnits == text)
        #expect(amount.description == "\(text) \(code)")
        #expect(Money(majorUnits: text, currency: amount.currency) == amount)
    }

    @Test func theSmallestIntegerIsWrittenWithoutTrapping() throws {
        #expect(try money(.min).majorUnits == "-92233720368547758.08")
    }

    @Test func fewerDecimalsThanTheCurrencyHasAreFilledUp() throws {
        let euro = try #require(Currency("EUR"))
        let dinar = try #require(Currency("KWD"))
        #expect(Money(majorUnits: "12", currency: euro)?.minorUnits == 1200)
        #expect(Money(majorUnits: "12.5", currency: euro)?.minorUnits == 1250)
        #expect(Money(majorUnits: "1.2", currency: dinar)?.minorUnits == 1200)
        #expect(Money(majorUnits: "-0.5", currency: euro)?.minorUnits == -50)
        #expect(Money(majorUnits: "007.10", currency: euro)?.minorUnits == 710)
    }

    @Test(arguments: [
        ("12.345", "EUR"), ("1.0", "JPY"), ("1.2345", "KWD"), ("", "EUR"), ("-", "EUR"), (".50", "EUR"), ("12.", "EUR"),
        ("1.2.3", "EUR"), ("1,50", "EUR"), (" 1", "EUR"), ("1 ", "EUR"), ("+1", "EUR"), ("--1", "EUR"), ("1e3", "EUR"),
        ("0x10", "EUR"), ("1-", "EUR"), ("1.-5", "EUR"), ("١٢", "EUR"), ("92233720368547758.08", "EUR"),
        ("9223372036854775808", "JPY"), ("€1", "EUR"),
    ])
    func aTextThatIsNoAmountIsRefused(text: String, code: String) throws {
        #expect(Money(majorUnits: text, currency: try #require(Currency(code))) == nil)
    }

    @Test func amountsOfTwoCurrenciesAreNeverAdded() throws {
        #expect(try money(1, "EUR").adding(money(1, "USD")) == nil)
        #expect(try money(0, "EUR").adding(money(0, "USD")) == nil)
        #expect(try money(1, "EUR") != money(1, "USD"))
    }

    @Test func whatDoesNotFitIsNoAmount() throws {
        #expect(try money(.max).adding(money(1)) == nil)
        #expect(try money(.min).adding(money(-1)) == nil)
        #expect(try money(.max).adding(money(0)) == money(.max))
        #expect(try money(.max / 2 + 1).multiplied(by: 2) == nil)
        #expect(try money(.min).multiplied(by: -1) == nil)
        #expect(try money(.max / 2).multiplied(by: 2) == money(.max - 1))
        #expect(try money(1900).adding(money(-2000)) == money(-100))
        #expect(try money(1900).multiplied(by: 3) == money(5700))
    }
}

@Suite struct CurrencyTests {
    @Test(arguments: [
        ("USD", 2), ("EUR", 2), ("GBP", 2), ("CNY", 2), ("HKD", 2), ("MGA", 2), ("HUF", 2), ("TWD", 2), ("IDR", 2),
        ("JPY", 0), ("KRW", 0), ("ISK", 0), ("UGX", 0), ("VND", 0), ("CLP", 0), ("XAF", 0), ("KWD", 3), ("BHD", 3),
        ("JOD", 3), ("OMR", 3), ("TND", 3), ("IQD", 3), ("LYD", 3), ("CLF", 4), ("UYW", 4),
    ])
    func aCurrencyHasTheDigitsOfISO4217(code: String, digits: Int) {
        #expect(Currency(code)?.minorUnitDigits == digits)
    }

    @Test func aCodeIsReadInAnyCaseAndKeptInUpperCase() {
        #expect(Currency("eur")?.code == "EUR")
        #expect(Currency("eUr") == Currency("EUR"))
        #expect(Currency("jpy")?.description == "JPY")
    }

    @Test(arguments: ["", "EU", "EURO", "XXX", "XAU", "XTS", "DEM", "BTC", " EUR", "EUR ", "ＥＵＲ", "€"])
    func whatISO4217DoesNotHaveIsNoCurrency(code: String) {
        #expect(Currency(code) == nil)
    }

    @Test func currenciesAreOrderedByTheirCode() {
        let sorted = ["USD", "AED", "JPY", "EUR"].compactMap(Currency.init).sorted()
        #expect(sorted.map(\.code) == ["AED", "EUR", "JPY", "USD"])
    }
}
