import DunlinCalendar
import DunlinCore
import DunlinGateways
import DunlinLedger
import DunlinSandbox
import DunlinSimulation
import Testing

struct SampleDataTests {
    private let firstDay: LocalDate
    private let sample: SampleData

    init() throws {
        firstDay = try #require(LocalDate("2026-01-01"))
        sample = SampleData(subscriptions: 1000, seed: 1, firstDay: firstDay)
    }

    @Test func theSameSeedGivesTheSameRowsAndAnotherSeedOthers() {
        let again = SampleData(subscriptions: 1000, seed: 1, firstDay: firstDay)
        let other = SampleData(subscriptions: 1000, seed: 2, firstDay: firstDay)
        #expect(again.customers == sample.customers)
        #expect(again.methods == sample.methods)
        #expect(again.cards.map(\.token) == sample.cards.map(\.token))
        #expect(again.subscriptions == sample.subscriptions)
        #expect(other.subscriptions != sample.subscriptions)
    }

    @Test func everyRowCanBeBilledAtItsGateway() throws {
        let currencies: [String: GatewayCurrencies] = ["stripe": .stripe, "wooshpay": .wooshpay]
        let customers = Dictionary(uniqueKeysWithValues: sample.customers.map { ($0.id, $0) })
        for row in sample.subscriptions {
            let terms = try SubscriptionTerms(
                .init(
                    amountMinor: row.amountMinor, currency: row.currency, quantity: row.quantity,
                    interval: row.interval, intervalCount: row.intervalCount, anchor: row.anchor,
                    timeZone: row.timeZone, trialEnd: row.trialEnd, billOn: row.billOn, endsAt: row.endsAt,
                    cancelAtPeriodEnd: row.cancelAtPeriodEnd, status: row.status.rawValue, billFrom: row.billFrom))
            let gateway = try #require(customers[row.customerID]?.gateway)
            let units = try #require(currencies[gateway]).units(of: terms.unitAmount)
            #expect(throws: Never.self, "\(row.id) at \(gateway)") { try units.get() }
        }
    }

    @Test func theSampleHasWhatCalendarsCurrenciesAndDunningFailOn() {
        #expect(sample.subscriptions.count == 1000)
        #expect(Set(sample.subscriptions.map(\.interval)) == ["day", "week", "month", "year"])
        #expect(Set(sample.subscriptions.map(\.currency)).isSuperset(of: ["EUR", "USD", "GBP", "JPY", "KWD"]))
        #expect(Set(sample.subscriptions.map(\.timeZone)).count > 20)
        for day in ["-31", "02-29", "-30"] {
            #expect(sample.subscriptions.contains { $0.anchor.prefix(10).hasSuffix(day) }, "no anchor on \(day)")
        }
        #expect(sample.subscriptions.contains { $0.trialEnd != nil })
        #expect(sample.subscriptions.contains { $0.billOn == 31 })
        #expect(sample.subscriptions.contains { $0.quantity > 1 })
        #expect(sample.subscriptions.contains { $0.anchor > "2026-01-01" })
        #expect(Set(sample.customers.map(\.gateway)) == ["stripe", "wooshpay"])
        #expect(sample.cards.contains { $0.method.isBackup })
    }

    @Test func theSandboxTakesEveryCustomerAndCard() async throws {
        var registered = sample
        try await SampleRegistration(Sandbox()).register(&registered)
        let ids = registered.customers.map(\.gatewayCustomerID) + registered.methods.map(\.gatewayPaymentMethodID)
        #expect(Set(ids).count == registered.customers.count + registered.cards.count)
        #expect(!ids.contains(""))
        #expect(registered.methods.allSatisfy { $0.last4?.count == 4 && $0.brand != nil })
    }

    @Test func aSandboxThatRefusesARowStopsTheRegistration() async {
        let firstDay = firstDay
        await #expect {
            var sample = SampleData(subscriptions: 1, seed: 1, firstDay: firstDay)
            try await SampleRegistration { _ in SandboxResponse(status: 500) }.register(&sample)
        } throws: { error in
            (error as? SimulationError)?.code == .sampleRefused
        }
    }
}
