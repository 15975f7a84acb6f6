import DunlinCalendar
import Foundation
import Testing

@Suite struct ZoneTests {
    @Test(arguments: [
        "UTC", "GMT", "Etc/UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Calcutta", "US/Eastern",
        "Etc/GMT+5", "EST5EDT", "America/Argentina/Buenos_Aires",
    ])
    func aNameOfTheDatabaseIsKeptAsItWasGiven(identifier: String) throws {
        let zone = try #require(Zone(identifier))
        #expect(zone.identifier == identifier)
        let json = try JSONEncoder().encode([zone])
        #expect(try JSONDecoder().decode([Zone].self, from: json) == [zone])
    }

    @Test(arguments: [
        "", " ", "Europe", "Europe/Atlantis", "europe/berlin", "Europe/Berlin ", "GMT+5", "UTC+05:00", "+05:00", "PST",
        "BST", "CST", "IST", "CEST", "../UTC", "SystemV/EST5", "Z", "local",
    ])
    func whatIsNotANameOfTheDatabaseIsRefused(identifier: String) {
        #expect(Zone(identifier) == nil)
    }

    @Test func theReleaseOfTheZoneDataIsKnown() {
        #expect(Zone.dataVersion.prefix(2) == "20")
    }

    /// zone, wall time, instant, rule
    @Test(arguments: [
        ("Europe/Berlin", "2024-03-31T01:59:59", "2024-03-31T00:59:59Z", nil),
        ("Europe/Berlin", "2024-03-31T02:00", "2024-03-31T01:00:00Z", LocalRule.gap),
        ("Europe/Berlin", "2024-03-31T02:30", "2024-03-31T01:30:00Z", .gap),
        ("Europe/Berlin", "2024-03-31T03:00", "2024-03-31T01:00:00Z", nil),
        ("Europe/Berlin", "2024-10-27T01:59:59", "2024-10-26T23:59:59Z", nil),
        ("Europe/Berlin", "2024-10-27T02:00", "2024-10-27T00:00:00Z", .overlap),
        ("Europe/Berlin", "2024-10-27T02:59:59", "2024-10-27T00:59:59Z", .overlap),
        ("Europe/Berlin", "2024-10-27T03:00", "2024-10-27T02:00:00Z", nil),
        ("America/New_York", "2024-03-10T02:30", "2024-03-10T07:30:00Z", .gap),
        ("America/New_York", "2024-11-03T01:30", "2024-11-03T05:30:00Z", .overlap),
        // Half an hour only.
        ("Australia/Lord_Howe", "2024-10-06T02:15", "2024-10-05T15:45:00Z", .gap),
        ("Australia/Lord_Howe", "2024-10-06T02:30", "2024-10-05T15:30:00Z", nil),
        ("Australia/Lord_Howe", "2024-04-07T01:45", "2024-04-06T14:45:00Z", .overlap),
        // The day starts at 01:00, and it has midnight twice.
        ("America/Sao_Paulo", "2018-11-04T00:00", "2018-11-04T03:00:00Z", .gap),
        ("America/Sao_Paulo", "2018-02-17T23:30", "2018-02-18T01:30:00Z", .overlap),
        ("America/Sao_Paulo", "2018-02-18T00:00", "2018-02-18T03:00:00Z", nil),
        // The whole day of 30 December 2011 was left out.
        ("Pacific/Apia", "2011-12-29T23:59:59", "2011-12-30T09:59:59Z", nil),
        ("Pacific/Apia", "2011-12-30T00:00", "2011-12-30T10:00:00Z", .gap),
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T22:00:00Z", .gap),
        ("Pacific/Apia", "2011-12-31T12:00", "2011-12-30T22:00:00Z", nil),
        ("Pacific/Kwajalein", "1993-08-21T08:00", "1993-08-21T20:00:00Z", .gap),
        ("Pacific/Kwajalein", "1969-09-30T12:00", "1969-09-30T01:00:00Z", .overlap),
        // The time of the sun at the place, before there were zones.
        ("Europe/Amsterdam", "1850-06-01T12:00:00", "1850-06-01T11:42:30Z", nil),
        ("UTC", "9999-12-31T23:59:59", "9999-12-31T23:59:59Z", nil),
        ("Pacific/Kiritimati", "0001-01-01T00:00:00", "0001-01-01T10:29:20Z", nil),
    ])
    func aWallTimeHasOneInstantByTheRule(zone: String, local: String, utc: String, rule: LocalRule?) throws {
        let answer = try #require(Zone(zone)).instant(of: #require(LocalDateTime(local)))
        #expect(answer.instant.rfc3339Seconds == utc)
        #expect(answer.rule == rule)
    }

    @Test func changesAreFarEnoughApartForTheLookup() {
        for identifier in FoundationZones.identifiers {
            let transitions = FoundationZones.transitions(of: identifier, from: -8_000_000_000, to: 4_200_000_000)
            for (one, next) in zip(transitions, transitions.dropFirst()) {
                #expect(next.second - one.second >= 5 * 86_400, "\(identifier) \(one) \(next)")
            }
            for offset in transitions.flatMap({ [$0.before, $0.after] }) {
                #expect(abs(offset) <= 16 * 3600, "\(identifier)")
            }
        }
    }

    @Test func aroundEveryChangeOfEveryZoneTheInstantFollowsTheDefinition() throws {
        var checks = 0
        for identifier in FoundationZones.identifiers {
            let zone = try #require(Zone(identifier))
            for change in FoundationZones.transitions(of: identifier, from: -8_000_000_000, to: 1_900_000_000) {
                let (low, high) = (min(change.before, change.after), max(change.before, change.after))
                for distance in [low - 1, low, (low + high) / 2, high - 1, high, high + 1] {
                    let wall = change.second + distance
                    // Counted on the old clock a wall time comes before the change, or on the new one after it.
                    let isOnOld = wall - change.before < change.second
                    let isOnNew = wall - change.after >= change.second
                    let expected = isOnOld || !isOnNew ? wall - change.before : wall - change.after
                    let rule: LocalRule? = isOnOld == isOnNew ? (isOnOld ? .overlap : .gap) : nil
                    let answer = zone.instant(of: FoundationZones.wall(wall))
                    checks += 1
                    if answer.instant.seconds != Int64(expected) || answer.rule != rule {
                        Issue.record("\(identifier) \(FoundationZones.wall(wall)): \(answer)")
                    }
                }
            }
        }
        #expect(checks > 100_000)
    }

    @Test func aroundRecentChangesTheInstantIsFoundations() throws {
        for identifier in FoundationZones.identifiers {
            let zone = try #require(Zone(identifier))
            let calendar = FoundationZones.calendar(identifier)
            for change in FoundationZones.transitions(of: identifier, from: 1_262_304_000, to: 1_893_456_000) {
                for distance in [-7200, -1800, 0, 900, 1800, 3600, 7200] {
                    let local = FoundationZones.wall(change.second + change.before + distance)
                    let expected = try #require(calendar.date(from: FoundationZones.components(local)))
                    let answer = zone.instant(of: local).instant
                    // Foundation has its own idea of a day that was left out.
                    if answer != Instant(expected) && abs(change.after - change.before) < 86_400 {
                        Issue.record("\(identifier) \(local): \(answer), Foundation \(Instant(expected))")
                    }
                }
            }
        }
    }

    @Test func whatTheWallShowsLeadsBackToTheInstant() throws {
        var generator = SeededGenerator(seed: 4)
        for identifier in FoundationZones.identifiers {
            let zone = try #require(Zone(identifier))
            for _ in 0..<40 {
                let instant = Instant(seconds: Int64.random(in: -4_000_000_000...8_000_000_000, using: &generator))
                let answer = zone.instant(of: zone.local(of: instant))
                let isFirst = answer.instant == instant && answer.rule != .gap
                #expect(isFirst || answer.rule == .overlap && answer.instant < instant, "\(identifier) \(instant)")
            }
        }
    }
}
