import DunlinCore
import Testing

@Suite struct DunningPoliciesTests {
    private let euro = Currency("EUR")

    private func debt(
        plan: String = "reader", country: String? = "DE", minor: Int64 = 1000, currency: String = "EUR"
    ) throws -> DunningPolicies.Debt {
        let currency = try #require(Currency(currency))
        return DunningPolicies.Debt(
            plan: plan, country: country, amount: Money(minorUnits: minor, currency: currency))
    }

    @Test func theFirstRuleThatFitsWinsAndElseTheDefault() throws {
        let euro = try #require(euro)
        let policies = DunningPolicies(
            [],
            rules: [
                .init(policy: "a", plan: "annual"), .init(policy: "b", country: "DE", currency: euro),
                .init(policy: "c", amountAtLeast: Money(minorUnits: 5000, currency: euro)),
                .init(policy: "d", amountBelow: Money(minorUnits: 100, currency: euro)),
            ])
        #expect(try policies.choose(for: debt(plan: "annual")) == "a")
        #expect(try policies.choose(for: debt(minor: 9000)) == "b")
        #expect(try policies.choose(for: debt(country: "de")) == "b")
        #expect(try policies.choose(for: debt(country: "FR", minor: 5000)) == "c")
        #expect(try policies.choose(for: debt(country: "FR", minor: 4999)) == "default")
        #expect(try policies.choose(for: debt(country: nil, minor: 99)) == "d")
        #expect(try policies.choose(for: debt(country: "FR", minor: 100)) == "default")
        #expect(try policies.choose(for: debt(minor: 9000, currency: "USD")) == "default", "amounts of euros")
    }

    @Test func anInvoiceWhosePolicyIsGoneGoesOnUnderTheDefault() {
        var other = DunningPolicy(triesMax: 2)
        other.name = "other"
        let policies = DunningPolicies([DunningPolicy(triesMax: 7), other])
        #expect(policies.policy(named: "other").triesMax == 2)
        #expect(policies.policy(named: "gone").triesMax == 7)
        #expect(policies.policy(named: nil).triesMax == 7)
        #expect(policies.names == ["default", "other"])
    }
}
