import DunlinCore
import DunlinDefaults
import Testing

@testable import dunlin

@Suite struct CatchUpSettingsTests {
    private func settings(_ yaml: String) throws -> Settings {
        try Settings.load(
            SettingsSources(file: ("dunlin.yaml", yaml), defaults: Defaults.settings, readFile: { _ in nil }))
    }

    @Test func theDefaultIsToAskAndNoCeilingIsSet() throws {
        let settings = try settings("mode: test")
        #expect(settings.catchUp == CatchUpRules())
        #expect(settings.renewalSpreadMinutes == 0)
    }

    @Test func policiesByPlanAndCeilingsAreRead() throws {
        let rules = try settings(
            """
            catch_up:
              policy: latest
              plans: {gold.v2: all, "plan with blanks": none}
              missed_after_hours: 24
              periods_per_subscription: 3
              amount_per_customer: {EUR: 20.50}
              total_per_run: {JPY: 5000}
            """
        ).catchUp
        #expect(rules.policy == .latest && rules.plans == ["gold.v2": .all, "plan with blanks": .none])
        #expect(rules.missedAfterSeconds == 86_400 && rules.periodsMax == 3)
        let (eur, jpy) = (try #require(Currency("EUR")), try #require(Currency("JPY")))
        #expect(rules.customerMax == [eur: 2050] && rules.runMax == [jpy: 5000])
    }

    @Test(arguments: [
        ("catch_up: {policy: some}", "catch_up.policy: “some” is not accepted; expects one of: all, latest, none, ask"),
        (
            "catch_up: {plans: {gold: some}}",
            "catch_up.plans.gold: “some” is not accepted; expects one of: all, latest, "
        ),
        ("catch_up: {plans: {gold: [all]}}", "catch_up.plans.gold: expects one of: all, latest, none, ask"),
        ("catch_up: {plans: all}", "catch_up.plans: expects a group of keys"),
        ("catch_up: {total_per_run: {ABC: 1}}", "catch_up.total_per_run.ABC: ABC is no currency of ISO 4217"),
        ("catch_up: {periods_per_subscription: 0}", "expects a whole number from 1 to 1000"),
        ("renewal_spread_minutes: 721", "expects a whole number from 0 to 720"),
        ("catch_up: {polizy: all}", "unknown key catch_up.polizy; did you mean policy?"),
    ]) func whatIsNotAcceptedIsSaidInOneLine(yaml: String, text: String) {
        let error = #expect(throws: SettingsError.self) { try settings(yaml) }
        #expect(error?.problems.count == 1)
        #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
    }

    @Test func inLiveModeCatchingUpWithoutACeilingIsWarnedOf() throws {
        let all = try settings("mode: live\ncatch_up: {plans: {gold: all}}")
        #expect(all.warnings.contains { $0.contains("catch_up.total_per_run") })
        let limited = try settings("mode: live\ncatch_up: {policy: all, total_per_run: {EUR: 100.00}}")
        #expect(!limited.warnings.contains { $0.contains("catch_up.total_per_run") })
    }
}
