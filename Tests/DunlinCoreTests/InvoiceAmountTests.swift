import DunlinCore
import Testing

@Suite struct InvoiceAmountTests {
    private static func currencies() throws -> GatewayCurrencies {
        GatewayCurrencies([
            try #require(Currency("EUR")): .init(digits: 2, minimum: 50),
            try #require(Currency("JPY")): .init(digits: 0, minimum: 50, maximum: 9_999_999_999),
            try #require(Currency("ISK")): .init(digits: 2, step: 100),
            try #require(Currency("KWD")): .init(digits: 3, step: 10),
            try #require(Currency("MGA")): .init(digits: 0),
        ])
    }

    private func money(_ minorUnits: Int64, _ code: String) throws -> Money {
        Money(minorUnits: minorUnits, currency: try #require(Currency(code)))
    }

    static let amounts: [(unit: Int64, quantity: Int64, adjustments: Int64, amount: Int64, carried: Int64)] = [
        (1900, 1, 0, 1900, 0), (1900, 3, 0, 5700, 0), (1900, 1, -400, 1500, 0), (1900, 1, 100, 2000, 0),
        (1900, 1, -1900, 0, 0), (1900, 1, -2500, 0, -600), (1900, 1, -1851, 0, 49), (1900, 1, -1850, 50, 0),
        (1900, 1, -1899, 0, 1), (50, 1, 0, 50, 0), (1900, 2, -3801, 0, -1), (10, 1, 45, 55, 0), (10, 1, 5, 0, 15),
    ]

    @Test(arguments: amounts) func anInvoiceTakesThePriceAndLeavesWhatItCannotCharge(
        unit: Int64, quantity: Int64, adjustments: Int64, amount: Int64, carried: Int64
    ) throws {
        let invoice = try InvoiceAmount(
            unitAmount: money(unit, "EUR"), quantity: quantity, adjustmentsMinor: adjustments,
            currencies: Self.currencies())
        #expect(invoice.amount.minorUnits == amount)
        #expect(invoice.carriedOutMinor == carried)
        #expect(invoice.amount.minorUnits == unit * quantity + invoice.adjustmentsMinor)
        #expect(invoice.amount.minorUnits + invoice.carriedOutMinor == unit * quantity + adjustments)
    }

    static let refusals: [(unit: Int64, code: String, quantity: Int64, adjustments: Int64, says: String)] = [
        (49, "EUR", 1, 0, "below the gateway's minimum"), (1_000_000, "EUR", 100, 0, "above the gateway's maximum"),
        (1900, "USD", 1, 0, "does not take USD"), (1900, "USD", 1, -1900, "does not take USD"),
        (1234, "KWD", 1, 0, "finer than the gateway charges"), (12_345, "MGA", 1, 0, "finer than the gateway charges"),
        (.max, "EUR", 2, 0, "does not fit"), (.max, "EUR", 1, 1, "does not fit"),
        (99_999_999, "EUR", 1, 1, "above the gateway's maximum"), (1900, "KWD", 1, 5, "finer than the gateway charges"),
    ]

    @Test(arguments: refusals) func whatTheGatewayCannotChargeIsRefusedWithTheReason(
        unit: Int64, code: String, quantity: Int64, adjustments: Int64, says: String
    ) throws {
        let price = try money(unit, code)
        let currencies = try Self.currencies()
        let problem = #expect(throws: SubscriptionTerms.Problem.self) {
            try InvoiceAmount(
                unitAmount: price, quantity: quantity, adjustmentsMinor: adjustments, currencies: currencies)
        }
        #expect(problem?.description.contains(says) == true, "\(problem?.description ?? "no problem")")
    }

    // MARK: The gateway's own units

    static let units: [(minor: Int64, code: String, units: Int64)] = [
        (1900, "EUR", 1900), (50, "EUR", 50), (99_999_999, "EUR", 99_999_999), (500, "ISK", 50_000),
        (1230, "KWD", 1230), (9_999_999_999, "JPY", 9_999_999_999), (12_300, "MGA", 123),
    ]

    @Test(arguments: units) func anAmountInTheGatewaysUnitsComesBackTheSame(
        minor: Int64, code: String, units: Int64
    ) throws {
        let (currencies, amount) = (try Self.currencies(), try money(minor, code))
        #expect(currencies.units(of: amount) == .success(units))
        #expect(currencies.money(units: units, currency: amount.currency) == amount)
    }

    static let problems: [(minor: Int64, code: String, problem: GatewayCurrencies.Problem)] = [
        (49, "EUR", .belowMinimum), (100_000_000, "EUR", .aboveMaximum), (49, "JPY", .belowMinimum),
        (10_000_000_000, "JPY", .aboveMaximum), (1231, "KWD", .notDivisible), (12_301, "MGA", .notDivisible),
        (1900, "USD", .currencyNotTaken), (1_000_000, "ISK", .aboveMaximum),
    ]

    @Test(arguments: problems) func whatCannotBeChargedHasItsProblem(
        minor: Int64, code: String, problem: GatewayCurrencies.Problem
    ) throws {
        #expect(try Self.currencies().units(of: money(minor, code)) == .failure(.init(problem)))
    }

    @Test func unitsThatAreNoWholeAmountAreNoMoney() throws {
        let currencies = try Self.currencies()
        #expect(currencies.money(units: 50_050, currency: try #require(Currency("ISK"))) == nil)
        #expect(currencies.money(units: .max, currency: try #require(Currency("MGA"))) == nil)
        #expect(currencies.money(units: 1900, currency: try #require(Currency("USD")))?.minorUnits == 1900)
    }

    @Test func aGatewayListsWhatItTakesByCode() throws {
        #expect(try Self.currencies().all.map(\.code) == ["EUR", "ISK", "JPY", "KWD", "MGA"])
    }
}
