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

    private static let want = Permits.Want(bucket: "charges", cost: 1, perSecond: 25)

    /// Runs `body` on a ledger of its own with a way to take permits.
    private func withPermits(
        _ body:
            @escaping @Sendable (_ take: (Int, Instant) throws -> (taken: Int, nextAt: Instant), Transaction) throws
            -> Void
    ) async throws {
        let database = try TemporaryDatabase.inMemory(Ledger.migrations)
        try await database.write { tx in
            try body({ try Permits.take($0, gateway: "stripe", [Self.want], now: $1, tx) }, tx)
        }
    }

    @Test func aPermitIsThereWhenTheBucketSaidItWouldBe() async throws {
        try await withPermits { take, _ in
            #expect(try take(100, Self.start).taken == 5)
            let none = try take(1, Self.start)
            #expect(none.taken == 0 && none.nextAt > Self.start)
            #expect(try take(1, none.nextAt).taken == 1)
        }
    }

    @Test func whatIsGivenBackMayBeTakenAgainButNeverMoreThanTheBucketHolds() async throws {
        try await withPermits { take, tx in
            #expect(try take(5, Self.start).taken == 5)
            try Permits.giveBack(2, gateway: "stripe", [Self.want], now: Self.start, tx)
            #expect(try take(5, Self.start).taken == 2)
            try Permits.giveBack(1000, gateway: "stripe", [Self.want], now: Self.start, tx)
            #expect(try take(1000, Self.start).taken == 5)
        }
    }

    @Test func theScarcestBucketDecides() async throws {
        try await withPermits { _, tx in
            let scarce = Permits.Want(bucket: "account", cost: 1, perSecond: 10)
            let (taken, _) = try Permits.take(9, gateway: "stripe", [Self.want, scarce], now: Self.start, tx)
            #expect(taken == 2)
            let (left, _) = try Permits.take(9, gateway: "stripe", [Self.want], now: Self.start, tx)
            #expect(left == 3)
            let (elsewhere, _) = try Permits.take(9, gateway: "wooshpay", [Self.want], now: Self.start, tx)
            #expect(elsewhere == 5)
        }
    }

    @Test func aClockThatGoesBackRefillsNothingAndDoesNotLockTheBucket() async throws {
        try await withPermits { take, _ in
            #expect(try take(5, Self.start).taken == 5)
            let back = Self.start.adding(hours: -3)
            let none = try take(5, back)
            #expect(none.taken == 0 && none.nextAt <= back.adding(seconds: 1))
            #expect(try take(5, back.adding(seconds: 1)).taken == 5)
        }
    }

    @Test func processesWhoseClocksDifferALittleRefillNoInstantTwice() async throws {
        try await withPermits { take, _ in
            var taken = 0
            for round in 0..<100 {
                let now = Self.start.adding(milliseconds: round.isMultiple(of: 2) ? 50 : 0)
                taken += try take(5, now).taken
            }
            #expect(taken <= 6)
        }
    }

    @Test func whatNobodyWaitsForTakesOnlyWhatIsPlenty() async throws {
        let database = try TemporaryDatabase.inMemory(Ledger.migrations)
        try await database.write { tx in
            let (now, wants) = (Self.start, [Self.want])
            #expect(try Permits.nextPlenty(gateway: "stripe", wants, now: now, tx) == now)
            // A bucket holds five: three are more than half, two are not.
            #expect(try Permits.take(2, gateway: "stripe", wants, now: now, tx).taken == 2)
            #expect(try Permits.nextPlenty(gateway: "stripe", wants, now: now, tx) == now)
            #expect(try Permits.take(1, gateway: "stripe", wants, now: now, tx).taken == 1)
            let later = try Permits.nextPlenty(gateway: "stripe", wants, now: now, tx)
            #expect(later > now)
            // Others take what is left all the same.
            #expect(try Permits.take(1, gateway: "stripe", wants, now: now, tx).taken == 1)
            #expect(try Permits.nextPlenty(gateway: "stripe", wants, now: later, tx) > later)
            #expect(
                try Permits.nextPlenty(gateway: "stripe", wants, now: now.adding(seconds: 1), tx)
                    == now.adding(seconds: 1))
        }
    }
}
