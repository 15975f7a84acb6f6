import DunlinCalendar
import Testing

@Suite struct DueTicksTests {
    func line(_ expression: String, catchup: Int64, zone: String = "UTC") throws -> CronLine {
        try CronLine(
            id: "line", expression: CronExpression(expression), zone: #require(Zone(zone)), kind: "x",
            catchupSeconds: catchup)
    }

    func due(_ line: CronLine, _ last: String, _ now: String, limit: Int = 100) throws -> (ticks: [String], missed: Int)
    {
        let due = try line.due(after: instant(last), through: instant(now), limit: limit)
        return (due.ticks.map(\.nominal.description), due.missedCount)
    }

    @Test func theNewestMissedTickFiresAndTheOthersAreCounted() throws {
        let answer = try due(line("0 2 * * *", catchup: 0), "2024-01-01T12:00:00Z", "2024-02-10T12:00:00Z")
        #expect(answer.ticks == ["2024-02-10T02:00:00"])
        #expect(answer.missed == 39)
    }

    @Test func missedTicksInTheWindowAreMadeUpInOrder() throws {
        let answer = try due(line("0 2 * * *", catchup: 3 * 86_400), "2024-01-01T12:00:00Z", "2024-02-10T12:00:00Z")
        #expect(answer.ticks == ["2024-02-08T02:00:00", "2024-02-09T02:00:00", "2024-02-10T02:00:00"])
        #expect(answer.missed == 37)
    }

    @Test func aWindowWithoutATickStillFiresTheNewest() throws {
        let answer = try due(line("0 2 1 * *", catchup: 3600), "2023-06-15T00:00:00Z", "2024-02-20T00:00:00Z")
        #expect(answer.ticks == ["2024-02-01T02:00:00"])
        #expect(answer.missed == 7)
    }

    @Test func nothingIsDueTwiceOrBeforeItsTime() throws {
        let line = try line("0 2 * * *", catchup: 30 * 86_400)
        #expect(try due(line, "2024-01-01T02:00:00Z", "2024-01-02T01:59:59Z").ticks.isEmpty)
        #expect(try due(line, "2024-01-01T02:00:00Z", "2024-01-02T02:00:00Z").ticks == ["2024-01-02T02:00:00"])
        #expect(try due(line, "2024-01-05T00:00:00Z", "2024-01-02T02:00:00Z").ticks.isEmpty)
        #expect(try due(line, "2024-01-05T00:00:00Z", "2024-01-02T02:00:00Z").missed == 0)
        #expect(try due(line, "2024-01-01T02:00:00Z", "2024-01-09T02:00:00Z", limit: 0).ticks.isEmpty)
    }

    @Test func moreThanTheLimitComesInTurns() throws {
        let line = try line("0 2 * * *", catchup: 30 * 86_400)
        let now = try instant("2024-01-09T03:00:00Z")
        var last = try instant("2024-01-01T03:00:00Z")
        var fired: [String] = []
        for _ in 0..<3 {
            let answer = line.due(after: last, through: now, limit: 3)
            #expect(answer.missedCount == 0)
            fired += answer.ticks.map(\.nominal.date.description)
            last = answer.ticks.last?.instant ?? now
        }
        #expect(fired == (2...9).map { "2024-01-0\($0)" })
    }

    @Test func overAYearWithTwoChangesOfClocksEveryNominalTickFiresOnceHoweverOftenItIsLookedAt() throws {
        var generator = SeededGenerator(seed: 7)
        for expression in ["30 2 * * *", "0 * * * *", "30 1 * * 0"] {
            let line = try line(expression, catchup: 366 * 86_400, zone: "America/New_York")
            let (start, end) = (try instant("2024-01-01T00:00:00Z"), try instant("2025-01-01T00:00:00Z"))
            var (cursor, now, keys) = (start, start, [String]())
            while now < end {
                now = min(now.adding(minutes: Int64.random(in: 1...5000, using: &generator)), end)
                let answer = line.due(after: cursor, through: now, limit: .max)
                keys += answer.ticks.map(\.key)
                cursor = answer.ticks.last?.instant ?? cursor
                #expect(answer.missedCount == 0)
            }
            #expect(keys == line.ticks(after: start, through: end, limit: .max).map(\.key))
            #expect(Set(keys).count == keys.count)
        }
    }

    @Test func theNewestTickIsFoundHoweverRareItIs() throws {
        let leapDay = try line("0 0 29 2 *", catchup: 0)
        let newest = leapDay.newestTick(
            after: Instant(milliseconds: .min), through: try instant("2104-02-28T00:00:00Z"))
        #expect(newest?.nominal.date.description == "2096-02-29")
    }

    @Test func theCountOfMissedTicksHasABound() throws {
        let everyMinute = try line("* * * * *", catchup: 0)
        let answer = try due(everyMinute, "2000-01-01T00:00:00Z", "2026-01-01T00:00:00Z")
        #expect(answer.ticks == ["2026-01-01T00:00:00"])
        #expect(answer.missed == CronLine.missedCountMax)
    }
}
