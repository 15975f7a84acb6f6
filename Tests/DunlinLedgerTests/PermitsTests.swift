import DunlinCalendar
import DunlinDatabase
import DunlinLedger
import DunlinTesting
import Testing

@Suite struct PermitsTests {
    private static let start = Instant(seconds: 1_795_000_000)

    @Test(
        arguments: [(25, 1), (25, 2), (100, 4), (5, 1), (2, 1), (1, 1), (4, 3), (50, 3)] as [(Int64, Int64)],
        [1, 2, 3] as [UInt64])
    func inNoSecondAreMorePermitsTakenThanTheLimit(limit: (Int64, Int64), seed: UInt64) async throws {
        let database = try TemporaryDatabase.inMemory(Ledger.migrations)
        let want = Permits.Want(bucket: "charges", cost: limit.1, perSecond: Double(limit.0))
        let taken = try await database.write { tx in
            var chance = SeededGenerator(seed: seed)
            var now = Self.start
            var taken: [(at: Instant, permits: Int64)] = []
            for _ in 0..<600 {
                let (units, _) = try Permits.take(
                    Int.random(in: 1...40, using: &chance), gateway: "stripe", [want], now: now, tx)
                taken.append((now, Int64(units) * limit.1))
                now = now.adding(milliseconds: Int64.random(in: 0...120, using: &chance))
            }
            return taken
        }
        for (index, first) in taken.enumerated() {
            let second = taken[index...].prefix { $0.at.milliseconds(since: first.at) < 1000 }
            #expect(second.reduce(0) { $0 + $1.permits } <= limit.0)
        }
        #expect(taken.contains { $0.permits > 0 })
    }
}
