import DunlinCalendar
import DunlinDatabase
import DunlinLedger
import DunlinReports
import Testing

@testable import DunlinSimulation

struct CustomerLifeTests {
    @Test func mostWhoNeedAnotherCardBringOneWithinTwoWeeks() {
        var generator = SeededGenerator(seed: 1)
        let reactions = (0..<1000).map { _ in CustomerLife.reaction(waitsFor: "needs_method", using: &generator) }
        let bringers = reactions.count { if case .newCard(let days) = $0 { (1...14).contains(days) } else { false } }
        #expect((600...700).contains(bringers))
        #expect(reactions.contains(.nothing))
    }

    @Test func nobodyBringsACardWhereTheBankWantsTheCustomer() {
        var generator = SeededGenerator(seed: 1)
        let reactions = (0..<200).map { _ in CustomerLife.reaction(waitsFor: "needs_customer", using: &generator) }
        #expect(!reactions.contains { if case .newCard = $0 { true } else { false } })
    }

    @Test func aNewCardEndsTheWaitAndPaysTheDebt() async throws {
        var sample = SampleData(subscriptions: 40, seed: 2, firstDay: SimulatedYear.firstDay)
        sample.replaceAll(
            token: "pm_card_sandbox_expired_card", interval: "month", anchor: "2026-01-05")
        let without = try await SimulatedYear(sample, days: 30)
        let with = try await SimulatedYear(sample, days: 30, reacts: true)
        #expect(without.summary.succeeded == 0)
        #expect(with.summary.succeeded > 10)
        let proof = try await with.prove()
        #expect(proof.ok, "\(proof.promises.flatMap(\.violations))")
        let canceled: Int? = try await with.database.read { tx in
            try tx.value("SELECT COUNT(*) FROM subscriptions WHERE status = 'canceled'")
        }
        #expect((canceled ?? 0) > 0)
    }
}
