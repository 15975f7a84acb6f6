import DunlinCalendar
import DunlinDatabase
import Foundation
import Testing

@testable import DunlinReports

@Suite struct StoryTests {
    private static func story(
        _ read: @escaping @Sendable (Transaction) throws -> Story,
        plant: @escaping @Sendable (LedgerRows) throws -> Void = { _ in }
    ) async throws -> Story {
        let database = try await LedgerRows.database { rows in
            try HealthyLedger.write(rows)
            try plant(rows)
        }
        return try await database.read(read)
    }

    private static func field(_ story: Story, _ name: String) -> String? {
        story.fields.first { $0.name == name }?.cell.plainText
    }

    @Test(arguments: [
        (11, "Due; the first attempt is to come.", "The first attempt.", "2026-11-21T12:00:00Z"),
        (21, "There is not enough money on the card.", "The next attempt.", "2026-11-24T00:01:00Z"),
        (31, "This card will not work any more.", "Waits for another payment method of the customer.", ""),
        (
            41, "The gateway has not said what became of the attempt; nothing is sent until it does.",
            "The gateway is asked what became of attempt 1; nothing is sent until it is known.", "2026-11-21T12:10:00Z"
        ),
        (
            51, "Due; the first attempt is to come.",
            "The gateway is asked whether this late debt was paid already, then it is charged.", ""
        ),
        (
            61, "The debt is being ended; the gateway has still to confirm it.",
            "Becomes void when the gateway has canceled what is open there.", ""
        ),
        (71, "the subscription is paused", "Rests until the subscription is resumed.", ""),
        (91, "There is not enough money on the card.", "Nothing.", ""),
        (10, "collected", "Nothing.", ""),
    ])
    func anInvoiceSaysWhyItIsWhereItIsAndWhatComesNext(
        id: Int64, why: String, next: String, at: String
    ) async throws {
        let story = try await Self.story { try Story.invoice(id, $0) }
        #expect(Self.field(story, "why") == why)
        #expect(Self.field(story, "next_step") == next)
        #expect(Self.field(story, "next_step_at") == at)
    }

    @Test func aDeadJobIsNamedWithItsErrorAndWhatToDo() async throws {
        let story = try await Self.story { try Story.invoice(81, $0) }
        let next = try #require(Self.field(story, "next_step"))
        #expect(next.contains("is dead (the gateway never answered): dunlin jobs retry"))
    }

    @Test func theStoryOfAnInvoiceHoldsAllThatHappened() async throws {
        let story = try await Self.story(
            { try Story.invoice(61, $0) },
            plant: { rows in
                try rows.exchange("/v1/payment_intents/pi_61/confirm", invoice: 61, attempt: 1, at: LedgerRows.now)
            })
        let counts = Dictionary(uniqueKeysWithValues: story.parts.map { ($0.name, $0.rows.count) })
        #expect(counts["intents"] == 1)
        #expect(counts["attempts"] == 1)
        #expect(counts["exchanges"] == 1)
        #expect(counts["activity"] == 1)
        #expect(counts["jobs"] == 1)
        #expect(Self.field(story, "amount") == "19.00")
        #expect(Self.field(story, "unit_amount") == "19.00")
        for part in story.parts { for row in part.rows { #expect(row.count == part.columns.count) } }
    }

    @Test func aStoryIsOneJSONObject() async throws {
        let story = try await Self.story { try Story.invoice(21, $0) }
        let object = try JSONSerialization.jsonObject(with: try JSONEncoder().encode(story)) as? [String: Any]
        let invoice = try #require(object)
        #expect(invoice["id"] as? Int == 21)
        #expect(invoice["amount"] as? String == "19.00")
        #expect(invoice["paid_at"] is NSNull)
        let attempts = try #require(invoice["attempts"] as? [[String: Any]])
        #expect(attempts.first?["decline_code"] as? String == "insufficient_funds")
    }

    @Test func aSubscriptionShowsEveryRecordOfItsPeriodsNewestFirst() async throws {
        let story = try await Self.story { try Story.subscription("sub2", $0) }
        let periods = try #require(story.parts.first { $0.name == "periods" })
        #expect(
            periods.rows.map { $0[0].plainText } == ["2026-11-01", "2026-10-01", "2026-09-01", "2026-08-01"])
        #expect(periods.rows.map { $0[3].plainText } == ["retrying", "waiting", "paid", "skipped"])
        #expect(Self.field(story, "billed_through") == "2026-12-01")
    }

    @Test func customersMethodsAttemptsAndJobsHaveTheirStories() async throws {
        let customer = try await Self.story { try Story.customer("cus2", $0) }
        #expect(customer.parts.map(\.rows.count) == [1, 1, 2])
        let method = try await Self.story { try Story.paymentMethod("pm2", $0) }
        #expect(Self.field(method, "method") == "visa •4242")
        #expect(method.parts.map(\.rows.count) == [2])
        let attempt = try await Self.story { try Story.attempt(21, $0) }
        #expect(Self.field(attempt, "state") == "declined")
        let job = try await Self.story { try Story.job(1, $0) }
        #expect(Self.field(job, "kind") == "charge-invoice")
    }

    @Test func whatIsNotThereIsSaidSo() async throws {
        let reads: [@Sendable (Transaction) throws -> Story] = [
            { try Story.invoice(999, $0) }, { try Story.subscription("x", $0) }, { try Story.customer("x", $0) },
            { try Story.paymentMethod("x", $0) }, { try Story.attempt(999, $0) }, { try Story.job(999, $0) },
        ]
        for read in reads {
            let error = try await #require(throws: ReportError.self) { _ = try await Self.story(read) }
            #expect(error.code == .notFound)
        }
    }
}
