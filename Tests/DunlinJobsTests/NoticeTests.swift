import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinDefaults
import DunlinLedger
import DunlinQueue
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// What people are told: each notice once, while it is true, at least once delivered, and in order.
@Suite struct NoticeTests {
    static func stage(
        _ answers: [String?] = [], sink: SinkOfTests?, _ change: (inout StageOptions) -> Void = { _ in }
    ) async throws -> Stage {
        let stage = try Stage {
            $0.noticeSink = sink
            $0.notices.tellsApplication = false
            change(&$0)
        }
        let card = try await stage.customer()
        stage.script(card, answers)
        try await stage.subscribe()
        return stage
    }

    static func states(_ stage: Stage) async throws -> [String] {
        try await stage.text("SELECT kind || ' ' || step || ' ' || state FROM notices ORDER BY id")
    }

    // MARK: - What is told

    @Test func aFailedPaymentIsToldAndItsRecoveryToo() async throws {
        let sink = SinkOfTests()
        let stage = try await Self.stage(["insufficient_funds", nil], sink: sink)
        try await stage.run(days: 5)
        #expect(sink.letters.map(\.kind) == [.paymentFailed, .recovered])
        let failed = try #require(sink.letters.first)
        let invoice = try #require(failed.object["invoice"] as? [String: Any])
        #expect(invoice["amount"] as? String == "10.00")
        #expect(invoice["currency"] as? String == "USD")
        #expect(failed.text("next_attempt_at") == "2026-01-04T00:00:00Z")
        #expect((failed.object["customer"] as? [String: Any])?["id"] as? String == "c1")
        #expect(failed.rows("open_invoices").count == 1)
        #expect(failed.rows("total_due").first?["amount"] as? String == "10.00")
        #expect(failed.text("wish") == "none")
        #expect(try await stage.violations() == [])
    }

    @Test func aPaymentAtTheFirstTryIsNoNewsToTheCustomer() async throws {
        let sink = SinkOfTests()
        let stage = try await Self.stage(sink: sink)
        try await stage.run(days: 5)
        #expect(sink.letters.isEmpty)
    }

    @Test func everyTryToTheBitterEndIsToldAsThePolicySays() async throws {
        let sink = SinkOfTests()
        let day: Int64 = 86_400
        let policy = DunningPolicy(
            name: "default",
            classes: [
                .funds: DunningPolicy.ClassRule(
                    delays: [.seconds(3 * day)], triesMax: 4, graceSeconds: 7 * day,
                    notices: [.paymentFailed, nil, .paymentFailed])
            ], triesMax: 4,
            notices: NoticePlan(lastNoticeSeconds: 3 * day, tellsRecovered: true, tellsCanceled: true))
        let stage = try await Self.stage(Array(repeating: "insufficient_funds", count: 5), sink: sink) {
            $0.policies = DunningPolicies([policy])
        }
        try await stage.run(days: 40)
        #expect(
            sink.letters.map(\.kind) == [
                .paymentFailed, .paymentFailed, .actionNeeded, .actionNeeded, .lastNotice, .canceled,
            ])
        #expect(
            try await Self.states(stage) == [
                "payment_failed 1 sent", "payment_failed 3 sent", "action_needed 4 sent", "action_needed 4 sent",
                "last_notice 4 sent", "canceled 4 sent",
            ])
        let days = sink.letters.map { ($0.at.seconds - stage.options.start.seconds) / day }
        #expect(days == [0, 6, 9, 12, 13, 16])
        #expect(Set(sink.letters.map(\.id)).count == 6)
    }

    @Test func aCustomerWhoMustConfirmIsAskedAndRemindedUntilTheDebtIsPaid() async throws {
        let sink = SinkOfTests()
        let stage = try await Self.stage(["authentication_required"], sink: sink)
        try await stage.run(days: 4)
        #expect(sink.letters.map(\.kind) == [.actionNeeded, .actionNeeded])
        #expect(sink.letters.map { $0.object["reminder"] as? Int } == [0, 1])
        #expect(sink.letters.allSatisfy { $0.text("wish") == "confirm_payment" })
        #expect(sink.letters[1].at.seconds == stage.options.start.adding(days: 3).seconds)
        try await stage.cancel()
        try await stage.run(days: 10)
        #expect(sink.letters.count == 2)
        #expect(try await Self.states(stage).last == "action_needed 1 dropped")
    }

    @Test func whoeverIsAskedIsGivenTheLinkOfTheDebt() async throws {
        let sink = SinkOfTests()
        let stage = try await Self.stage(["authentication_required"], sink: sink) {
            $0.recoveryLink = { invoice, _, _ in "https://pay.example.com/pay/\(invoice.periodStart)" }
        }
        try await stage.pass()
        #expect(sink.letters.map { $0.text("recovery_url") } == ["https://pay.example.com/pay/2026-01-01"])
    }

    @Test func aCardThatIsRefusedForGoodIsAskedForWithoutSayingWhy() async throws {
        for code in ["stolen_card", "lost_card", "fraudulent", "pickup_card"] {
            let sink = SinkOfTests()
            let stage = try await Self.stage([code], sink: sink)
            try await stage.run(days: 1)
            let letter = try #require(sink.letters.first)
            #expect(letter.kind == .actionNeeded)
            #expect(letter.text("wish") == "give_method")
            let text = letter.text.lowercased()
            for word in ["lost", "stolen", "fraud", "pick", "suspect", "blacklist", "never", "decline_code"] {
                #expect(!text.contains(word), "\(code): \(word) in \(text)")
            }
        }
    }

    @Test func noReasonOfAnyCodeTellsWhatMustNotBeTold() throws {
        let table = try DeclineTable(parsing: Defaults.declines)
        let codes = Defaults.declines.split(separator: "\"").map(String.init)
        var reasons: Set<String> = []
        for code in codes {
            for kind in GatewayKind.allCases {
                for decline in [Decline(code: code), Decline(declineCode: code), Decline(adviceCode: code)] {
                    reasons.insert(table.classify(decline, gateway: kind, brand: "visa").reason)
                }
            }
        }
        #expect(reasons.count > 5)
        for reason in reasons {
            for word in ["lost", "stolen", "fraud", "pick", "suspect", "blacklist"] {
                #expect(!reason.lowercased().contains(word), "\(reason)")
            }
        }
    }

    @Test func theOwnersApplicationIsToldOfPaidInvoicesAndOfStates() async throws {
        let sink = SinkOfTests()
        let stage = try await Self.stage(["insufficient_funds", nil], sink: sink) { $0.notices.tellsApplication = true }
        try await stage.run(days: 5)
        #expect(
            sink.letters.map(\.kind) == [
                .paymentFailed, .subscriptionStateChanged, .invoicePaid, .recovered, .subscriptionStateChanged,
            ])
        let states = sink.letters.filter { $0.kind == .subscriptionStateChanged }.map {
            [$0.text("from_state"), $0.text("to_state")]
        }
        #expect(states == [["active", "past_due"], ["past_due", "active"]])
        #expect(
            sink.letters.filter { $0.kind.audience == .application }.allSatisfy { $0.rows("open_invoices").isEmpty })
    }

    @Test func aChangeByPlainSQLIsToldLikeAnyOther() async throws {
        let sink = SinkOfTests()
        let stage = try await Self.stage(sink: sink) { $0.notices.tellsApplication = true }
        try await stage.pass()
        try await stage.database.write { tx in
            try tx.execute("UPDATE billing_state SET state = 'unpaid' WHERE subscription_id = 's1'")
        }
        try await stage.pass()
        #expect(sink.letters.last?.text("to_state") == "unpaid")
    }

    @Test func aDebtThatAPersonWroteOffIsNotToldToTheCustomer() async throws {
        let sink = SinkOfTests()
        let stage = try await Self.stage(["insufficient_funds"], sink: sink)
        try await stage.pass()
        let (invoice, now) = (try await stage.invoice().invoice, stage.clock.now)
        try await stage.database.write { tx in
            try EndingDebts.end(invoice, as: .uncollectible, reason: "moved away", actor: "ada", now: now, tx)
        }
        try await stage.run(days: 3)
        #expect(sink.letters.map(\.kind) == [.paymentFailed])
    }

    // MARK: - Only while it is true

    @Test func aNoticeOfAStateThatHasPassedIsDroppedWithItsReason() async throws {
        let sink = SinkOfTests()
        sink.answer { _ in .failed("the receiver answered 500") }
        let stage = try await Self.stage(["insufficient_funds", nil], sink: sink)
        try await stage.pass()
        #expect(sink.letters.count == 1)
        sink.answer { _ in .taken }
        try await stage.cancel()
        try await stage.run(days: 5)
        #expect(sink.letters.count == 1)
        #expect(try await Self.states(stage) == ["payment_failed 1 dropped"])
        #expect(try await stage.text("SELECT reason FROM notices") == ["the debt is no longer owed"])
    }

    @Test func whileChargingIsStoppedNobodyIsDunned() async throws {
        let sink = SinkOfTests()
        sink.answer { _ in .failed("no route") }
        let stage = try await Self.stage(["insufficient_funds"], sink: sink)
        try await stage.pass()
        sink.answer { _ in .taken }
        let before = sink.letters.count
        try await stage.stopCharging()
        try await stage.run(days: 1)
        #expect(sink.letters.count == before)
        try await stage.startCharging()
        try await stage.run(days: 1)
        #expect(try await Self.states(stage) == ["payment_failed 1 sent"])
    }

    // MARK: - Quiet

    @Test func threeDebtsThatFailTogetherAreOneNoticeThatNamesThemAll() async throws {
        let sink = SinkOfTests()
        let stage = try await Self.stage(Array(repeating: "insufficient_funds", count: 3), sink: sink)
        try await stage.subscribe("s2", amountMinor: 500)
        try await stage.subscribe("s3", amountMinor: 700)
        try await stage.run(days: 1)
        #expect(sink.letters.map(\.kind) == [.paymentFailed])
        #expect(sink.letters.first?.rows("open_invoices").count == 3)
        #expect(sink.letters.first?.rows("total_due").first?["amount_minor"] as? Int == 2200)
        #expect(
            try await Self.states(stage).sorted() == [
                "payment_failed 1 dropped", "payment_failed 1 dropped", "payment_failed 1 sent",
            ])
    }

    @Test func aDebtThatFailsLaterOnTheSameDayIsToldWhenTheQuietTimeIsOver() async throws {
        let sink = SinkOfTests()
        let stage = try await Self.stage(["authentication_required", "authentication_required"], sink: sink)
        try await stage.pass()
        stage.clock.advance(seconds: 3600)
        try await stage.subscribe("s2", amountMinor: 500) { $0.anchor = "2026-01-01" }
        try await stage.edit("s2") { $0.billFrom = "current" }
        try await stage.run(days: 2)
        #expect(sink.letters.map(\.kind) == [.actionNeeded, .actionNeeded])
        #expect(sink.letters.map { $0.rows("open_invoices").count } == [1, 2])
        #expect(sink.letters[1].at.seconds == stage.options.start.adding(hours: 20).seconds)
    }

    // MARK: - Expiring cards

    @Test func aCardThatExpiresSoonIsToldOnceHoweverManySubscriptionsItPaysFor() async throws {
        let sink = SinkOfTests()
        let line = try #require(
            CronTable("expiring 7 9 * * * UTC tell-expiring-cards", knownKinds: ScheduledKinds.known).lines.first)
        let stage = try await Self.stage(sink: sink) { $0.schedule = [line] }
        try await stage.subscribe("s2", amountMinor: 500)
        try await stage.expire("c1-card", month: 1, year: 2026)
        try await stage.pass()
        try await Self.live(stage, days: 8)
        #expect(sink.letters.isEmpty)
        try await Self.live(stage, days: 20)
        #expect(sink.letters.map(\.kind) == [.methodExpiring])
        let told = try #require(sink.letters.first)
        #expect(told.at == Instant(rfc3339: "2026-01-10T09:07:00Z"))
        #expect((told.object["method"] as? [String: Any])?["exp_month"] as? Int == 1)
    }

    @Test func aCardThatWasReplacedBeforeTheNoticeLeftIsNotAnnounced() async throws {
        let sink = SinkOfTests()
        sink.answer { _ in .failed("no route") }
        let line = try #require(
            CronTable("expiring 7 9 * * * UTC tell-expiring-cards", knownKinds: ScheduledKinds.known).lines.first)
        let stage = try await Self.stage(sink: sink) { $0.schedule = [line] }
        try await stage.expire("c1-card", month: 1, year: 2026)
        try await stage.pass()
        try await Self.live(stage, days: 10)
        #expect(try await Self.states(stage) == ["method_expiring 202601 ready"])
        try await stage.expire("c1-card", month: 1, year: 2030)
        sink.answer { _ in .taken }
        try await stage.run(days: 1)
        #expect(try await Self.states(stage) == ["method_expiring 202601 dropped"])
    }

    /// A pass at each 09:07, when the line is due.
    private static func live(_ stage: Stage, days: Int) async throws {
        for _ in 0..<days {
            let midnight = stage.clock.now.adding(days: 1).milliseconds / 86_400_000 * 86_400_000
            stage.clock.set(Instant(milliseconds: midnight).adding(minutes: 9 * 60 + 7))
            try await stage.pass()
        }
    }
}

extension Stage {
    fileprivate func expire(_ methodID: String, month: Int, year: Int) async throws {
        try await database.write { tx in
            try tx.execute(
                "UPDATE payment_methods SET exp_month = ?2, exp_year = ?3 WHERE id = ?1", methodID, month, year)
        }
    }
}
