import DunlinCore
import DunlinDefaults
import DunlinLedger
import DunlinQueue
import DunlinSimulation
import DunlinTesting
import Logging
import Testing

@testable import dunlin

/// The policies that the program comes with, over a year of cards and customers as the published figures have them.
struct PolicyYearTests {
    private func year(
        _ name: String, subscriptions: Int, days: Int64, seed: UInt64 = 1
    ) async throws -> PolicyYear.Result {
        let policies = try DunningFile.read(Defaults.dunning, path: "dunning.yaml")
        let policy = try #require(policies[name])
        let year = PolicyYear(
            policy, declines: try DeclineTable(parsing: Defaults.declines), subscriptions: subscriptions, days: days,
            seed: seed, logger: Logger(label: "year") { _ in SwiftLogNoOpLogHandler() })
        let thread = OneThread()
        defer { thread.end() }
        let database = try TemporaryDatabase.inMemory(Ledger.migrations + QueueSchema.migrations)
        return try await withTaskExecutorPreference(thread) {
            try await year.run(in: database, from: SimulatedYear.start, userAgent: "dunlin/0.1.0")
        }
    }

    /// A small year, off by several points by chance: it finds a policy or a profile that has gone wrong. The figures
    /// themselves are in docs/dunning.md, from ten years of many more subscriptions each.
    @Test func theDefaultRecoversMostAndThePlainScheduleAboutHalf() async throws {
        var permille: [String: Int64] = [:]
        for name in ["default", "plain-8-8-8"] {
            var (recovered, lost): (Int64, Int64) = (0, 0)
            for seed in 1...2 as ClosedRange<UInt64> {
                let result = try await year(name, subscriptions: 240, days: 210, seed: seed)
                recovered += result.share.recoveredEuroCents
                lost += result.share.lostEuroCents
                #expect(result.isProven)
                #expect(result.retriesAfterFinal == 0)
                #expect(result.chargesOverLimit == 0)
                #expect(result.doubleCharges == 0)
            }
            permille[name] = recovered * 1000 / (recovered + lost)
        }
        let (chosen, plain) = (permille["default"] ?? 0, permille["plain-8-8-8"] ?? 0)
        #expect((600...750).contains(chosen), "the default recovers \(chosen) of a thousand")
        #expect((450...530).contains(plain), "the plain schedule recovers \(plain) of a thousand")
        #expect(chosen >= plain + 100)
    }

    @Test func theSameSeedGivesTheSameYearUnderEachPolicy() async throws {
        let first = try await year("default", subscriptions: 60, days: 60)
        let second = try await year("default", subscriptions: 60, days: 60)
        #expect(first.summary == second.summary)
        #expect(first.recoveries == second.recoveries)
        #expect(!first.recoveries.isEmpty)
    }
}
