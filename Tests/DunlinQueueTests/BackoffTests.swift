import DunlinCalendar
import DunlinDatabase
import DunlinQueue
import Testing

@Suite struct BackoffTests {
    private let backoff = Backoff(firstSeconds: 10, maxSeconds: 3_600)

    @Test(arguments: [(1, 10), (2, 20), (5, 160), (9, 2_560), (10, 3_600), (1_000, 3_600)])
    func theWaitDoublesUpToItsMaximumAndHalfOfItIsChance(run: Int, whole: Int64) {
        var generator = SeededGenerator(seed: 1)
        let waits = (0..<500).map { _ in backoff.seconds(afterRun: run, using: &generator) }
        #expect(waits.allSatisfy { $0 >= whole / 2 && $0 <= whole })
        #expect(Set(waits).count > 3)
    }

    @Test func theSameSeedWaitsTheSame() {
        var (first, second) = (SeededGenerator(seed: 42), SeededGenerator(seed: 42))
        for run in 1...20 {
            #expect(backoff.seconds(afterRun: run, using: &first) == backoff.seconds(afterRun: run, using: &second))
        }
    }

    @Test func theGeneratorGivesThePublishedSequence() {
        var generator = SeededGenerator(seed: 1_234_567)
        #expect(generator.next() == 6_457_827_717_110_365_317)
        #expect(generator.next() == 3_203_168_211_198_807_973)
    }
}
