import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinReports
import DunlinSandbox
import DunlinSimulation
import Testing

struct YearOfBillingTests {
    @Test func everyPromiseIsKeptAndTheGatewaySawNoPeriodTwice() async throws {
        let year = try await SimulatedYear()
        let proof = try await year.prove()
        #expect(proof.ok, "\(proof.promises.flatMap(\.violations))")
        #expect(proof.unknown == 0)
        let audit = year.company.sandbox.audit
        #expect(audit.doubles.isEmpty)
        #expect(audit.doubledReferences.isEmpty)
        #expect(audit.successes == year.summary.succeeded)
        #expect(year.summary.succeeded > 60)
        #expect(year.summary.declined > 0)
        #expect(year.company.time.now == SimulatedYear.start.adding(days: 40))
    }

    @Test func theSameSeedGivesTheSameYear() async throws {
        let first = try await SimulatedYear(subscriptions: 40, seed: 5)
        let second = try await SimulatedYear(subscriptions: 40, seed: 5)
        #expect(first.summary == second.summary)
        #expect(first.company.sandbox.audit == second.company.sandbox.audit)
        #expect(try await first.attempts() == second.attempts())
        #expect(try await !first.attempts().isEmpty)
    }

    @Test func ledgerAndGatewayAgreeOnWhatWasCollectedInEveryCurrency() async throws {
        let year = try await SimulatedYear(subscriptions: 100)
        let totals = try await year.database.read { tx in try CollectedTotal.all(tx) }
        let audit = year.company.sandbox.audit
        #expect(totals.reduce(0) { $0 + $1.paid } == audit.successes)
        for total in totals {
            let seen = audit.totalsByCurrency[total.currency.code.lowercased()]
            #expect(total.paid == seen?.successes ?? 0, "\(total.currency.code)")
        }
        let euro = try #require(totals.first { $0.currency.code == "EUR" })
        #expect(euro.collected.minorUnits == audit.totalsByCurrency["eur"]?.collected)
        #expect(totals.reduce(0) { $0 + $1.declines } == audit.declines)
    }

    @Test func repliesThatAreLostChargeNobodyTwice() async throws {
        let year = try await SimulatedYear(subscriptions: 40) { options in
            var rule = FaultRule(.dropAfter, method: "POST", path: "/confirm")
            rule.frequency = .perMillion(100_000)
            options.faults = [rule]
            options.ignoresIdempotencyKeys = true
        }
        let audit = year.company.sandbox.audit
        #expect(audit.doubles.isEmpty)
        #expect(audit.successes > 40)
        let proof = try await year.prove()
        #expect(proof.ok, "\(proof.promises.flatMap(\.violations))")
    }

    @Test func aCardThatIsDeclinedEveryDayKeepsWithinItsNetworksBudget() async throws {
        var sample = SampleData(subscriptions: 1, seed: 3, firstDay: SimulatedYear.firstDay)
        sample.replaceAll(token: "pm_card_sandbox_insufficient_funds", interval: "day")
        let year = try await SimulatedYear(sample, days: 45, pastDue: PastDueRule(openInvoicesMax: 100))
        let declines = year.company.sandbox.audit.declines
        // 20 of one amount in the first 30 days, then as many as fall out of the window.
        #expect((20...40).contains(declines), "\(declines) declines")
        let proof = try await year.prove()
        #expect(proof.ok, "\(proof.promises.flatMap(\.violations))")
    }

    @Test func aGatewayThatRefusesTheKeyStopsTheSimulation() async throws {
        await #expect {
            _ = try await SimulatedYear(subscriptions: 5) { $0.keys = [SampleRegistration.key, "sk_test_other01"] }
            _ = try await SimulatedYear(subscriptions: 5) { $0.keys = ["sk_test_other01"] }
        } throws: { error in
            (error as? SimulationError)?.code == .sampleRefused
        }
    }
}
