import DunlinCalendar
import DunlinCore
import Testing

@Suite struct SubscriptionTermsTests {
    typealias Columns = SubscriptionTerms.Columns

    static let plain = Columns(
        amountMinor: 1900, currency: "eur", quantity: 2, interval: "month", intervalCount: 1, anchor: "2026-01-31",
        timeZone: "Europe/Berlin", trialEnd: nil, billOn: nil, endsAt: nil, cancelAtPeriodEnd: false, status: "active",
        billFrom: nil)

    private static func columns(_ change: (inout Columns) -> Void) -> Columns {
        var columns = plain
        change(&columns)
        return columns
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        let columns: Columns
        /// What the owner is told, at least.
        let says: String
        var testDescription: String { says }
    }

    static let mistakes: [Mistake] = [
        Mistake(columns: columns { $0.currency = "XXX" }, says: "unknown currency XXX"),
        Mistake(columns: columns { $0.status = "deleted" }, says: "unknown status deleted"),
        Mistake(columns: columns { $0.status = "" }, says: "unknown status"),
        Mistake(columns: columns { $0.amountMinor = 0 }, says: "amount_minor x quantity"),
        Mistake(columns: columns { $0.amountMinor = -1 }, says: "amount_minor x quantity"),
        Mistake(columns: columns { $0.quantity = 0 }, says: "amount_minor x quantity"),
        Mistake(
            columns: columns {
                $0.amountMinor = -1900
                $0.quantity = -1
            }, says: "amount_minor x quantity"),
        Mistake(columns: columns { $0.amountMinor = .max }, says: "does not fit"),
        Mistake(columns: columns { $0.anchor = "31.01.2026" }, says: "anchor 31.01.2026"),
        Mistake(columns: columns { $0.anchor = "2026-02-30" }, says: "anchor 2026-02-30"),
        Mistake(columns: columns { $0.timeZone = "Mars/Olympus" }, says: "unknown time zone Mars/Olympus"),
        Mistake(columns: columns { $0.trialEnd = "soon" }, says: "trial_end soon"),
        Mistake(columns: columns { $0.endsAt = "never" }, says: "ends_at never"),
        Mistake(columns: columns { $0.interval = "fortnight" }, says: "fortnight"),
        Mistake(columns: columns { $0.intervalCount = 0 }, says: "0"),
        Mistake(columns: columns { $0.intervalCount = 1201 }, says: "1201"),
        Mistake(columns: columns { $0.billOn = 32 }, says: "32"),
        Mistake(
            columns: columns {
                $0.billOn = 1
                $0.interval = "week"
            }, says: "months and years only"),
        Mistake(columns: columns { $0.billFrom = "yesterday" }, says: "bill_from yesterday"),
        Mistake(columns: columns { $0.billFrom = "2026-13-01" }, says: "bill_from 2026-13-01"),
    ]

    @Test(arguments: mistakes) func aRowThatCannotBeBilledSaysWhy(mistake: Mistake) {
        let problem = #expect(throws: SubscriptionTerms.Problem.self) { try SubscriptionTerms(mistake.columns) }
        #expect(problem?.description.contains(mistake.says) == true, "\(problem?.description ?? "no problem")")
    }

    @Test func aPlainRowIsReadAsWritten() throws {
        let terms = try SubscriptionTerms(Self.plain)
        #expect(terms.unitAmount.description == "19.00 EUR")
        #expect(terms.quantity == 2 && terms.wish == .active && !terms.cancelsAtPeriodEnd)
        #expect(terms.schedule.zone.identifier == "Europe/Berlin")
        #expect(terms.schedule.anchor.date.description == "2026-01-31")
    }

    @Test func emptyTextsAreReadAsNothing() throws {
        let terms = try SubscriptionTerms(
            Self.columns {
                $0.trialEnd = ""
                $0.endsAt = ""
                $0.billFrom = ""
            })
        #expect(terms.schedule.trialEnd == nil && terms.schedule.endsAt == nil && terms.billFrom == .firstSight)
    }

    @Test func whereBillingStartsIsOneOfFourThings() throws {
        let date = try #require(LocalDate("2026-03-01"))
        let cases: [(String?, SubscriptionTerms.BillFrom)] = [
            (nil, .firstSight), ("anchor", .anchor), ("current", .current), ("2026-03-01", .date(date)),
        ]
        for (text, expected) in cases {
            #expect(try SubscriptionTerms(Self.columns { $0.billFrom = text }).billFrom == expected)
        }
    }

    @Test func whatMovesABoundaryChangesTheScheduleHashAndNothingElseDoes() throws {
        let hash = try SubscriptionTerms(Self.plain).scheduleHash
        let moves = [
            Self.columns { $0.anchor = "2026-01-30" }, Self.columns { $0.anchor = "2026-01-31T08:00:00" },
            Self.columns { $0.interval = "year" }, Self.columns { $0.intervalCount = 2 },
            Self.columns { $0.timeZone = "Europe/Paris" }, Self.columns { $0.trialEnd = "2026-02-10" },
            Self.columns { $0.billOn = 31 },
        ]
        let hashes = try moves.map { try SubscriptionTerms($0).scheduleHash }
        #expect(Set(hashes + [hash]).count == moves.count + 1)
        let others = [
            Self.columns { $0.amountMinor = 1 }, Self.columns { $0.currency = "USD" }, Self.columns { $0.quantity = 9 },
            Self.columns { $0.endsAt = "2027-01-01" }, Self.columns { $0.cancelAtPeriodEnd = true },
            Self.columns { $0.status = "paused" }, Self.columns { $0.billFrom = "anchor" },
        ]
        for columns in others { #expect(try SubscriptionTerms(columns).scheduleHash == hash) }
    }
}
