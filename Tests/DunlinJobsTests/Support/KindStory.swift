import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// A short story in which certain kinds of jobs run, to be cut off before each of its statements and requests. A new
/// kind of job needs one here.
enum KindStory {
    static let all: [Scenario] = Scenario.all.filter { short.contains($0.name) } + others

    private static let short: Set<String> = [
        "a first charge", "a late debt at WooshPay", "canceled between two tries", "the answer to the confirm is lost",
        "the answer to the one call is lost", "authentication is wanted at WooshPay",
    ]

    private static let others = [
        Scenario("money goes back", .paid, options: { $0.ignoresKeys = true }, story: refund),
        Scenario("events tell of a charge", .paid, options: { $0.makesEvents = true }, story: events),
        Scenario("the schedule prunes", .paid, options: { $0.schedule = pruning }, story: prune),
        Scenario("all that a schedule may start", .paid, options: scheduled, story: prune),
        Scenario("the customer pays at the link", .paid, options: { $0.ignoresKeys = true }, story: link),
        Scenario("notices are sent", .paid, options: told, story: notices),
        Scenario(
            "the customer's time ends", Ending(successes: 0, state: .uncollectible), options: withGrace, story: grace),
    ]

    /// Kinds that ran in this run of the story.
    static func kinds(_ stage: Stage) async throws -> Set<String> {
        var kinds = Set(try await stage.text("SELECT DISTINCT kind FROM jobs WHERE lease_token > 0"))
        // The one kind that is no job of the queue: every pass does it.
        if stage.fuse.names.contains("plan") { kinds.insert(BillDueSubscriptions.kind) }
        return kinds
    }

    private static let refund: @Sendable (Stage) async throws -> Void = { stage in
        try await stage.customer()
        try await stage.subscribe()
        try await stage.run(days: 1)
        let now = stage.clock.now
        try await stage.database.write { tx in
            _ = try RefundInvoice.request(
                invoiceID: 1, amount: "4.00", reason: "requested_by_customer", actor: "somebody", now: now, tx)
        }
        try await stage.run(days: 2)
        #expect(stage.sandbox.audit.totalsByCurrency["usd"]?.refunded == 400)
    }

    private static let events: @Sendable (Stage) async throws -> Void = { stage in
        let card = try await stage.customer()
        stage.script(card, [Scenario.declined])
        try await stage.subscribe()
        stage.wire.strike(.confirm, [1], with: .lostAfter)
        try await stage.run(until: stage.clock.now.adding(minutes: 1))
        try await stage.deliver(stage.takeEvents())
        try await stage.run(days: 6)
        try await stage.deliver(stage.takeEvents())
        try await stage.run(days: 1)
    }

    private static let pruning: [CronLine] =
        CronTable(
            """
            jobs      0  3 * * * UTC prune-jobs      keep=1d
            exchanges 30 3 * * * UTC prune-exchanges keep=1d
            """, knownKinds: ScheduledKinds.known
        ).lines

    /// Every kind that there is, once a day.
    private static let scheduled: @Sendable (inout StageOptions) -> Void = { options in
        options.makesEvents = true
        let lines = ScheduledKinds.known.keys.sorted().enumerated().map { "\($1) \($0) 3 * * * UTC \($1)" }
        options.schedule = CronTable(lines.joined(separator: "\n"), knownKinds: ScheduledKinds.known).lines
    }

    private static let prune: @Sendable (Stage) async throws -> Void = { stage in
        try await stage.customer()
        try await stage.subscribe()
        for _ in 0..<3 {
            try await stage.run(days: 1)
            stage.clock.advance(seconds: 4 * 3600)
        }
        try await stage.run(days: 1)
    }

    /// The customer comes again whenever the process that served them died.
    private static let link: @Sendable (Stage) async throws -> Void = { stage in
        try await stage.customer(card: "pm_card_authenticationRequired")
        try await stage.subscribe()
        try await stage.run(until: stage.clock.now.adding(hours: 1))
        for _ in 1...5 {
            do {
                if let url = try await stage.press().url { try stage.answer(url) }
                try await stage.comeBack()
                if try await stage.look().state == .paid { break }
            } catch is RunCutOff {
                stage.fuse.revive()
            }
            try await stage.run(until: stage.clock.now.adding(minutes: 15))
        }
        try await stage.run(until: stage.clock.now.adding(hours: 2))
    }

    private static let told: @Sendable (inout StageOptions) -> Void = { options in
        options.ignoresKeys = true
        options.noticeSink = SinkOfTests()
        options.notices.tellsApplication = false
    }

    /// A notice may be sent twice, under the id that it was given; none is left out.
    private static let notices: @Sendable (Stage) async throws -> Void = { stage in
        let card = try await stage.customer()
        stage.script(card, [Scenario.declined])
        try await stage.subscribe()
        try await stage.run(days: 5)
        let letters = try #require(stage.options.noticeSink as? SinkOfTests).letters
        #expect(Set(letters.map(\.kind)) == [.paymentFailed, .recovered])
        #expect(Set(letters.map(\.id)).count == 2)
    }

    /// A day for the customer to bring another card.
    private static let withGrace: @Sendable (inout StageOptions) -> Void = { options in
        options.ignoresKeys = true
        options.policies = DunningPolicies([
            DunningTests.policy(
                graceDays: 1, final: FinalAction(subscription: .cancelSubscription, invoice: .uncollectible))
        ])
    }

    private static let grace: @Sendable (Stage) async throws -> Void = { stage in
        try await stage.customer(card: "pm_card_sandbox_lost_card")
        try await stage.subscribe()
        try await stage.run(days: 3)
        #expect(try await stage.activity("dunning_ended") == 1)
    }
}
