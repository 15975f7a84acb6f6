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
    private func year(_ name: String, subscriptions: Int, days: Int64) async throws -> PolicyYear.Result {
        let policies = try DunningFile.read(Defaults.dunning, path: "dunning.yaml")
        let policy = try #require(policies[name])
        let year = PolicyYear(
            policy, declines: try DeclineTable(parsing: Defaults.declines), subscriptions: subscriptions, days: days,
            seed: 1, logger: Logger(label: "year") { _ in SwiftLogNoOpLogHandler() })
        let thread = OneThread()
        defer { thread.end() }
        let database = try TemporaryDatabase.inMemory(Ledger.migrations + QueueSchema.migrations)
        return try await withTaskExecutorPreference(thread) {
            try await year.run(in: database, from: SimulatedYear.start, userAgent: "dunlin/0.1.0")
        }
    }

    @Test func theDefaultRecoversMostAndThePlainScheduleAboutHalf() async throws {
        let plain = try await year("plain-8-8-8", subscriptions: 500, days: 300)
        let ours = try await year("default", subscriptions: 500, days: 300)
        #expect(ours.share.permille >= 600, "\(ours.share)")
        #expect((450...530).contains(plain.share.permille), "\(plain.share)")
        for result in [ours, plain] {
            #expect(result.isProven)
            #expect(result.retriesAfterFinal == 0)
            #expect(result.chargesOverLimit == 0)
            #expect(result.doubleCharges == 0)
            #expect(result.retries > 100)
        }
    }

    @Test func theSameSeedGivesTheSameYearUnderEachPolicy() async throws {
        let first = try await year("default", subscriptions: 60, days: 60)
        let second = try await year("default", subscriptions: 60, days: 60)
        #expect(first.summary == second.summary)
        #expect(first.recoveries == second.recoveries)
        #expect(!first.recoveries.isEmpty)
    }
}
