import DunlinCalendar
import Foundation
import Testing

@Suite struct TickTests {
    /// The keys of the ticks between two instants, with their instants.
    func ticks(_ line: CronLine, _ after: String, _ through: String) throws -> [String] {
        try line.ticks(after: instant(after), through: instant(through), limit: 1000).map { "\($0.key) \($0.instant)" }
    }

    @Test func aTickInAnHourThatDoesNotExistIsShiftedOrSkipped() throws {
        let shifted = try cronLine("30 2 * * *", zone: "Europe/Berlin")
        #expect(
            try ticks(shifted, "2024-03-30T12:00:00Z", "2024-04-01T12:00:00Z") == [
                "2024-03-31T02:30:00 2024-03-31T01:30:00Z", "2024-04-01T02:30:00 2024-04-01T00:30:00Z",
            ])
        let skipped = try cronLine("30 2 * * *", zone: "Europe/Berlin", gap: .skip)
        #expect(
            try ticks(skipped, "2024-03-30T12:00:00Z", "2024-04-01T12:00:00Z") == [
                "2024-04-01T02:30:00 2024-04-01T00:30:00Z"
            ])
    }

    @Test func aShiftedTickDoesNotFireBesideTheOneThatIsThereAnyway() throws {
        let line = try cronLine("0,30 2,3 * * *", zone: "Europe/Berlin")
        #expect(
            try ticks(line, "2024-03-30T12:00:00Z", "2024-03-31T12:00:00Z") == [
                "2024-03-31T03:00:00 2024-03-31T01:00:00Z", "2024-03-31T03:30:00 2024-03-31T01:30:00Z",
            ])
    }

    @Test func aTickInAnHourThatComesTwiceFiresOnceOrTwice() throws {
        let first = try cronLine("0,30 2 * * *", zone: "Europe/Berlin")
        #expect(
            try ticks(first, "2024-10-26T12:00:00Z", "2024-10-27T12:00:00Z") == [
                "2024-10-27T02:00:00 2024-10-27T00:00:00Z", "2024-10-27T02:30:00 2024-10-27T00:30:00Z",
            ])
        let both = try cronLine("0,30 2 * * *", zone: "Europe/Berlin", overlap: .both)
        #expect(
            try ticks(both, "2024-10-26T12:00:00Z", "2024-10-27T12:00:00Z") == [
                "2024-10-27T02:00:00 2024-10-27T00:00:00Z", "2024-10-27T02:30:00 2024-10-27T00:30:00Z",
                "2024-10-27T02:00:00#2 2024-10-27T01:00:00Z", "2024-10-27T02:30:00#2 2024-10-27T01:30:00Z",
            ])
    }

    @Test func aLineForEveryHourKeepsItsPaceWhenClocksChange() throws {
        let line = try cronLine("15 * * * *", zone: "America/New_York")
        for (start, end) in [
            ("2024-03-10T00:00:00Z", "2024-03-11T00:00:00Z"), ("2024-11-03T00:00:00Z", "2024-11-04T00:00:00Z"),
        ] {
            let instants = try line.ticks(after: instant(start), through: instant(end), limit: 100).map(
                \.instant.seconds)
            #expect(instants.count == 24)
            #expect(zip(instants, instants.dropFirst()).allSatisfy { $1 - $0 == 3600 })
        }
        let firstOnly = try cronLine("15 * * * *", zone: "America/New_York", overlap: .first)
        #expect(try ticks(firstOnly, "2024-11-03T00:00:00Z", "2024-11-04T00:00:00Z").count == 23)
    }

    @Test func aDayThatTheZoneLeftOutFiresOnceWithTheNextOrNotAtAll() throws {
        let shifted = try cronLine("0 9 30 * *", zone: "Pacific/Apia")
        #expect(
            try ticks(shifted, "2011-12-01T00:00:00Z", "2012-01-31T00:00:00Z") == [
                "2011-12-30T09:00:00 2011-12-30T19:00:00Z", "2012-01-30T09:00:00 2012-01-29T19:00:00Z",
            ])
        let daily = try cronLine("0 9 * * *", zone: "Pacific/Apia")
        #expect(
            try ticks(daily, "2011-12-29T00:00:00Z", "2012-01-01T00:00:00Z") == [
                "2011-12-29T09:00:00 2011-12-29T19:00:00Z", "2011-12-31T09:00:00 2011-12-30T19:00:00Z",
                "2012-01-01T09:00:00 2011-12-31T19:00:00Z",
            ])
        let skipped = try cronLine("0 9 30 * *", zone: "Pacific/Apia", gap: .skip)
        #expect(try ticks(skipped, "2011-12-01T00:00:00Z", "2012-01-29T00:00:00Z").isEmpty)
    }

    @Test func aTickMovedIntoTheNextDayIsFoundFromThatDay() throws {
        let line = try cronLine("0,30 9 30 * *", zone: "Pacific/Apia")
        #expect(
            try ticks(line, "2011-12-30T19:00:00Z", "2011-12-31T00:00:00Z") == [
                "2011-12-30T09:30:00 2011-12-30T19:30:00Z"
            ])
    }

    @Test func aLimitReachedOnADayWithAMovedHourDoesNotLoseTheNextDay() throws {
        // The moved ticks of the day that was left out are those of the next day.
        let line = try cronLine("0 9,10 * * *", zone: "Pacific/Apia")
        let (start, end) = (try instant("2011-12-29T20:30:00Z"), try instant("2012-01-31T00:00:00Z"))
        let found = line.ticks(after: start, through: end, limit: 3)
        #expect(found.map(\.key) == ["2011-12-31T09:00:00", "2011-12-31T10:00:00", "2012-01-01T09:00:00"])
        #expect(found.allSatisfy { $0.rule == nil })
    }

    @Test func theStartIsLeftOutAndTheEndIsIn() throws {
        let line = try cronLine("*/10 * * * *")
        #expect(
            try ticks(line, "2024-01-01T00:10:00Z", "2024-01-01T00:30:00Z") == [
                "2024-01-01T00:20:00 2024-01-01T00:20:00Z", "2024-01-01T00:30:00 2024-01-01T00:30:00Z",
            ])
        #expect(try ticks(line, "2024-01-01T00:10:00Z", "2024-01-01T00:10:00Z").isEmpty)
        #expect(try ticks(line, "2024-01-01T00:10:00Z", "2024-01-01T00:00:00Z").isEmpty)
        #expect(try ticks(line, "2024-01-01T00:09:59.999Z", "2024-01-01T00:10:00Z").count == 1)
        #expect(try ticks(line, "2024-01-01T00:09:00Z", "2024-01-01T00:09:59.999Z").isEmpty)
    }

    @Test func theLimitHoldsWhateverTheSpan() throws {
        let line = try cronLine("* * * * *", zone: "Europe/Berlin")
        let last = Instant(milliseconds: .max)
        #expect(line.ticks(after: Instant(milliseconds: .min), through: last, limit: 7).count == 7)
        #expect(line.ticks(after: try instant("2024-01-01T00:00:00Z"), through: last, limit: 3000).count == 3000)
        #expect(line.ticks(after: Instant(seconds: 0), through: last, limit: 0).isEmpty)
        #expect(line.ticks(after: Instant(seconds: 0), through: last, limit: -1).isEmpty)
    }

    @Test func aLineAskedInPiecesGivesTheSameTicks() throws {
        var generator = SeededGenerator(seed: 5)
        for expression in ["*/7 * * * *", "30 2 * * *", "0,30 1-3 * * 0", "15 2,14 */3 * *"] {
            for zone in ["Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia"] {
                let line = try cronLine(expression, zone: zone, overlap: .both)
                let (start, end) = (try instant("2011-12-20T00:00:00Z"), try instant("2012-04-10T00:00:00Z"))
                let whole = line.ticks(after: start, through: end, limit: .max)
                #expect(zip(whole, whole.dropFirst()).allSatisfy { $0.instant < $1.instant })
                #expect(Set(whole.map(\.key)).count == whole.count)
                var pieces: [Tick] = []
                while true {
                    let limit = Int.random(in: 1...300, using: &generator)
                    let piece = line.ticks(after: pieces.last?.instant ?? start, through: end, limit: limit)
                    pieces += piece
                    guard piece.count == limit else { break }
                }
                #expect(pieces == whole)
            }
        }
    }

    @Test func aroundChangesOfClocksTheTicksAreThoseOfAWalkFromMinuteToMinute() throws {
        var generator = SeededGenerator(seed: 6)
        for round in 0..<250 {
            let identifier = FoundationZones.identifiers.randomElement(using: &generator) ?? "UTC"
            let changes = FoundationZones.transitions(of: identifier, from: -1_500_000_000, to: 2_000_000_000)
            // The time of the sun at a place has seconds; every change since has whole minutes.
            let isWhole = { (change: FoundationZones.Transition) in
                change.second % 60 == 0 && change.before % 60 == 0 && change.after % 60 == 0
            }
            guard let change = changes.filter(isWhole).randomElement(using: &generator) else { continue }
            let hours = Set((0...3).map { _ in Int.random(in: 0...4, using: &generator) })
            let minutes = Set((0...2).map { _ in Int.random(in: 0...59, using: &generator) })
            let line = try cronLine(
                "\(minutes.map(String.init).joined(separator: ",")) \(hours.map(String.init).joined(separator: ",")) * * *",
                zone: identifier, gap: Bool.random(using: &generator) ? .skip : .shift,
                overlap: Bool.random(using: &generator) ? .first : .both)
            let walk = MinuteWalk(line: line, hours: hours, minutes: minutes)
            let start = change.second - 2 * 86_400
            let expected = walk.instants(from: start, to: start + 4 * 86_400)
            let found = line.ticks(
                after: Instant(seconds: Int64(start - 1)), through: Instant(seconds: Int64(start + 4 * 86_400)),
                limit: .max)
            #expect(
                found.map { Int($0.instant.seconds) } == expected, "round \(round) \(identifier) \(line.expression)")
        }
    }
}

/// The ticks of a line by going through all minutes, of which every one is whole on the wall.
private struct MinuteWalk {
    let line: CronLine
    let hours: Set<Int>
    let minutes: Set<Int>

    func instants(from start: Int, to end: Int) -> [Int] {
        var instants: Set<Int> = []
        var seenWalls: Set<LocalDateTime> = []
        for second in stride(from: start - 2 * 86_400, through: end, by: 60) {
            let local = line.zone.local(of: Instant(seconds: Int64(second)))
            guard local.time.second == 0, names(local), seenWalls.insert(local).inserted || line.overlap == .both else {
                continue
            }
            instants.insert(second)
        }
        if line.gap == .shift { instants.formUnion(shifted(from: start, to: end, seen: seenWalls)) }
        return instants.filter { (start...end).contains($0) }.sorted()
    }

    private func names(_ local: LocalDateTime) -> Bool {
        hours.contains(local.time.hour) && minutes.contains(local.time.minute)
    }

    /// Wall times that no wall showed between the first and the last that one did.
    private func shifted(from start: Int, to end: Int, seen: Set<LocalDateTime>) -> [Int] {
        guard let first = seen.min(), let last = seen.max() else { return [] }
        var found: [Int] = []
        for minute in ((start - 3 * 86_400) / 60)...((end + 2 * 86_400) / 60) {
            let local = FoundationZones.wall(minute * 60)
            guard local > first, local < last, names(local), !seen.contains(local) else { continue }
            found.append(Int(line.zone.instant(of: local).instant.seconds))
        }
        return found
    }
}
