import DunlinCalendar
import DunlinCore
import DunlinImport
import DunlinLedger
import Testing

/// Now is 2026-03-10; the days of the forecast end on 2026-04-14.
@Suite struct ForecastTests {
    private func forecast(_ rows: [[String: String]]) async throws -> ImportForecast {
        let fixture = try ImportFixture()
        let texts = ImportFixture.basis.merging([.subscriptions: ImportFixture.csv(.subscriptions, rows)]) { $1 }
        let result = try await fixture.plan(texts)
        #expect(result.problems.lines == [])
        return try #require(result.forecast)
    }

    private func words(_ forecast: ImportForecast) -> [String] {
        forecast.charges.map { "\($0.total.count) \($0.total.sum?.description ?? "-") from \($0.firstOn)" }
    }

    @Test func aMonthlySubscriptionIsChargedAtItsNextBoundary() async throws {
        #expect(words(try await forecast([[:]])) == ["1 12.00 EUR from 2026-03-31"])
    }

    @Test func everyCurrencyHasItsTotalAndItsFirstDate() async throws {
        let rows = [
            ["quantity": "2", "anchor": "2026-01-15"],
            ["id": "s-2", "interval": "week", "anchor": "2026-03-02", "currency": "USD", "amount_minor": "500"],
            ["id": "s-3", "anchor": "2026-03-20", "amount_minor": "99"],
        ]
        let forecast = try await forecast(rows)
        #expect(words(forecast) == ["2 24.99 EUR from 2026-03-15", "5 25.00 USD from 2026-03-16"])
        #expect(forecast.firstChargeOn?.description == "2026-03-15")
        #expect(forecast.count == 7)
    }

    @Test func billingFromTheAnchorChargesTheNewestDuePeriodAndLeavesTheOthersWaiting() async throws {
        let forecast = try await forecast([["anchor": "2025-12-31", "bill_from": "anchor"]])
        #expect(words(forecast) == ["2 24.00 EUR from 2026-02-28"])
        #expect(forecast.waiting == 2)
    }

    @Test(arguments: [
        ["status": "paused"], ["status": "canceled"], ["trial_end": "2026-06-01"], ["ends_at": "2026-03-01"],
        ["anchor": "2026-05-01"], ["cancel_at_period_end": "1"],
    ])
    func whatIsNotChargedIsNotCounted(values: [String: String]) async throws {
        let forecast = try await forecast([values])
        #expect(forecast.count == 0)
        #expect(forecast.firstChargeOn == nil)
        #expect(forecast.parked == 0)
    }

    @Test(arguments: [["currency": "JPY"], ["amount_minor": "49"], ["replaces": "s-2"]])
    func whatWillBeParkedIsCountedAndNamed(values: [String: String]) async throws {
        let fixture = try ImportFixture()
        let other = ["id": "s-2", "plan": "other", "status": "paused"]
        let texts = ImportFixture.basis.merging([.subscriptions: ImportFixture.csv(.subscriptions, [values, other])]) {
            $1
        }
        let result = try await fixture.plan(texts)
        #expect(result.forecast?.parked == 1)
        #expect(result.notes.listed.map(\.line) == [2])
        #expect(result.notes.listed.first?.reason.hasPrefix("will be parked: ") == true)
    }

    @Test func adjustmentsAreTakenInByThePeriodTheyAreFor() async throws {
        let fixture = try ImportFixture()
        let adjustments = [[:], ["id": "a-2", "amount_minor": "-900", "apply_to_period": "2026-04-30"]]
        var texts = ImportFixture.basis
        texts[.adjustments] = ImportFixture.csv(.adjustments, adjustments)
        let first = try await fixture.plan(texts)
        #expect(words(try #require(first.forecast)) == ["1 10.00 EUR from 2026-03-31"])
        texts[.adjustments] = ImportFixture.csv(.adjustments, [[:], ["id": "a-2", "amount_minor": "-1100"]])
        let carried = try await fixture.plan(texts)
        #expect(try #require(carried.forecast).count == 0)
    }

    @Test func aSumThatDoesNotFitIsSaidToBeUnknown() async throws {
        let fixture = try ImportFixture()
        let most = String(Int64.max)
        let rows = [["amount_minor": most], ["id": "s-2", "plan": "other", "amount_minor": most]]
        let texts = ImportFixture.basis.merging([.subscriptions: ImportFixture.csv(.subscriptions, rows)]) { $1 }
        let result = try await fixture.plan(texts)
        #expect(result.prices.map(\.count) == [2])
        #expect(result.prices.map(\.sum) == [nil])
    }
}
