import DunlinTesting
import Foundation
import Testing

/// What will happen, said beforehand by the commands that look ahead.
struct LookAheadTests {
    @Test func aDryRunSaysWhatThePassThenDoesAndTouchesNothing() async throws {
        let world = try await BillingWorld(cards: ["pm_card_visa", "pm_card_visa"])
        let said = try await world.program.run(world.passArguments() + ["--dry-run"]).object()
        let charges = try #require(said["charges"] as? [[String: Any]])
        let totals = try #require(said["totals"] as? [[String: Any]])
        #expect(said["invoiced"] as? Int == 2 && charges.count == 2)
        #expect(charges.allSatisfy { $0["problem"] == nil })
        #expect(try await world.sandbox.audit().successes == 0)
        let stored = try await world.program.run("invoices", "list", "--json").json()
        #expect((stored as? [Any])?.isEmpty == true)
        let done = try await world.pass()
        #expect(done["invoiced"] as? Int == 2 && done["succeeded"] as? Int == 2)
        let audit = try await world.sandbox.audit()
        #expect(audit.successes == totals.reduce(0) { $0 + ($1["charges"] as? Int ?? 0) })
        #expect(try await world.brokenPromises() == "")
    }

    @Test func aBadLineOfTheScheduleIsNamedBeforeAnythingIsDone() async throws {
        let world = try await BillingWorld(cards: ["pm_card_visa"])
        let folder = world.program.folder.file("config")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try world.program.write("mode: test\n", to: "config/dunlin.yaml")
        try world.program.write("prune 0 25 * * * UTC prune-jobs\n", to: "config/schedule.crontab")
        let ended = try await world.program.run(world.passArguments() + ["--config", "config"])
        #expect(ended.status == 2, "\(ended.error)")
        #expect(ended.error.contains("config/schedule.crontab:1: hour: \"25\" is not allowed"))
        #expect(ended.error.split(whereSeparator: \.isNewline).count == 1)
        #expect(try await world.sandbox.audit().successes == 0)
        #expect(try await world.program.run("check", "--config", "config").status == 2)
    }

    @Test func theCalendarOfASubscriptionAgreesWithWhatWasInvoiced() async throws {
        let world = try await BillingWorld(cards: ["pm_card_visa"])
        _ = try await world.pass()
        let list = try await world.program.run("subscriptions", "list", "--json").json() as? [[String: Any]]
        let id = try #require(list?.first?["id"] as? String)
        let rows = try await world.program.run(
            "calendar", id, "--next", "3", "--why", "--json", "--now", BillingWorld.time(after: 0)
        ).json()
        let boundaries = try #require(rows as? [[String: Any]])
        #expect(boundaries.count == 3)
        #expect((boundaries.first?["record"] as? String)?.hasSuffix("paid") == true, "\(boundaries)")
        #expect(boundaries.dropFirst().allSatisfy { $0["record"] as? String == "to come" })
        #expect(boundaries.allSatisfy { ($0["why"] as? String)?.contains("anchor") == true })
    }
}
