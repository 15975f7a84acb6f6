import DunlinCalendar
import DunlinCore
import DunlinDefaults
import Testing

@testable import dunlin

struct DunningFileTests {
    private let day: Int64 = 86_400

    private func problems(_ yaml: String) -> [String] {
        do {
            _ = try DunningFile.read(yaml, path: "dunning.yaml")
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func theFileThatTheProgramComesWithIsFreeOfProblems() throws {
        let policies = try DunningFile.read(Defaults.dunning, path: "dunning.yaml")
        #expect(policies.names == ["default", "patient", "plain-8-8-8"])
        #expect(policies.warnings == [])
        #expect(policies.default.finalAction == FinalAction(subscription: .cancelSubscription))
        #expect(policies.default.rule(.funds).delays == [.next(.payday)])
        #expect(policies["plain-8-8-8"]?.rule(.transient).delays == [.seconds(8 * 86_400)])
        #expect(policies["plain-8-8-8"]?.triesMax == 4)
        #expect(policies["plain-8-8-8"]?.rule(.funds).notices == [nil])
        #expect(policies["patient"]?.rule(.needsMethod).graceSeconds == 21 * day)
        #expect(policies["patient"]?.rule(.funds).notices == policies.default.rule(.funds).notices)
    }

    @Test func whatAPolicyLeavesOutComesFromTheFilesDefaultAndThenFromTheBuiltInOne() throws {
        let policies = try DunningFile.read(
            """
            version: 1
            policies:
              default: {tries_max: 3, classes: {funds: {delays: [2d]}}}
              short: {grace: none, classes: {funds: {tries: 2}}}
            """, path: "d")
        let short = try #require(policies["short"])
        #expect(short.triesMax == 3)
        #expect(short.rule(.funds).delays == [.seconds(2 * 86_400)])
        #expect(short.rule(.funds).triesMax == 2)
        #expect(short.rule(.funds).graceSeconds == nil)
        #expect(short.rule(.needsMethod).graceSeconds == nil)
        #expect(policies.default.rule(.needsMethod).graceSeconds == 14 * day)
        #expect(short.rule(.transient).delays.first == .seconds(4 * 3600))
        #expect(short.notices.lastNoticeSeconds == 3 * day)
        #expect(policies["plain-8-8-8"]?.rule(.funds).delays == [.seconds(8 * 86_400)])
    }

    @Test func rulesAndPaydaysAreRead() throws {
        let policies = try DunningFile.read(
            """
            version: 1
            paydays: {days: [25, friday], at: "06:30"}
            choose:
              - {policy: patient, plan: annual, country: de, currency: EUR}
              - {policy: patient, amount_at_least: 50.00 EUR, amount_below: 100 EUR}
            """, path: "d")
        let euro = try #require(Currency("EUR"))
        #expect(
            policies.rules == [
                .init(policy: "patient", plan: "annual", country: "DE", currency: euro),
                .init(
                    policy: "patient", amountAtLeast: Money(minorUnits: 5000, currency: euro),
                    amountBelow: Money(minorUnits: 10_000, currency: euro)),
            ])
        let time = try #require(LocalTime("06:30"))
        #expect(policies.default.paydays == Paydays(days: [.ofMonth(25), .weekday(.friday)], time: time))
    }

    @Test(arguments: [
        ("policies: {}", "dunning.yaml:1:1: version is missing: write version: 1"),
        (
            "version: 2",
            "dunning.yaml:1:10: version: “2” is not accepted; expects 1, the version that this program reads"
        ),
        (
            "version: 1\npolicies: {a: {tries: 2}}",
            "dunning.yaml:2:16: policies.a: unknown key tries; known here: tries_max, grace, final, notices, classes"
        ),
        (
            "version: 1\npolicies: {a: {tries_max: 99}}",
            "dunning.yaml:2:27: policies.a.tries_max: “99” is not accepted; expects a whole number from 1 to 15"
        ),
        (
            "version: 1\npolicies: {a: {classes: {never: {delays: [3d]}}}}",
            "dunning.yaml:2:42: policies.a.classes.never.delays: what is never is never retried by itself"
        ),
        (
            "version: 1\npolicies: {a: {classes: {fund: {}}}}",
            "dunning.yaml:2:26: policies.a.classes: unknown key fund; did you mean funds?"
        ),
        (
            "version: 1\npolicies: {a: {grace: 7}}",
            "dunning.yaml:2:23: policies.a.grace: “7” is not accepted; expects a length of time such as 7d, 12h or 30m, "
                + "or none"
        ),
        (
            "version: 1\npolicies: {a: {final: {subscription: cancel_subscription, invoice: open}}}",
            "dunning.yaml:2:68: policies.a.final.invoice: the debts of a canceled subscription end; write uncollectible"
        ),
        (
            "version: 1\nchoose: [{policy: gone, plan: x}]",
            "dunning.yaml:2:10: choose: there is no policy gone; known: default, patient, plain-8-8-8"
        ),
        (
            "version: 1\nchoose: [{policy: patient}]",
            "dunning.yaml:2:10: choose, rule 1: has no condition; what fits no rule gets the policy default"
        ),
        ("version: 1\npaydays: {days: []}", "dunning.yaml:2:17: paydays.days: expects at least one"),
        (
            "version: 1\npolicies: {a: {classes: {funds: {notices: [canceled]}}}}",
            "dunning.yaml:2:44: policies.a.classes.funds.notices: “canceled” is not accepted; expects one of: "
                + "payment_failed, action_needed, none"
        ),
    ]) func aMistakeIsNamedWithItsLineAndColumn(yaml: String, expected: String) {
        #expect(problems(yaml) == [expected])
    }

    @Test func everyMistakeIsReportedAtOnce() {
        let found = problems(
            "version: 1\npolicies:\n  a: {classes: {funds: {delays: [3d, soon]}, transient: {tries: 0}}}\npayday: {}")
        #expect(found.count == 3)
        #expect(found.contains { $0.hasPrefix("dunning.yaml:3:38: policies.a.classes.funds.delays: “soon”") })
    }
}
