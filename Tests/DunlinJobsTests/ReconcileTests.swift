import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Foundation
import Testing

@testable import DunlinJobs

/// P8, rule 33: every difference between ledger and gateway is found and named.
@Suite struct ReconcileTests {
    private static func billed(
        _ kind: GatewayKind = .stripe, _ count: Int = 3, cards: [Int: String] = [:], makesEvents: Bool = false
    ) async throws -> Stage {
        let stage = try Stage {
            $0.kind = kind
            $0.makesEvents = makesEvents
        }
        try await stage.bill(count, cards: cards)
        return stage
    }

    // MARK: - Agreement

    @Test(arguments: [GatewayKind.stripe, .wooshpay])
    func whereBothSidesAgreeNothingIsFoundAndEverythingWasCompared(_ kind: GatewayKind) async throws {
        let stage = try await Self.billed(kind, 4, cards: [2: "pm_card_sandbox_insufficient_funds"])
        try await stage.run(days: 2)
        let run = try await stage.reconcile()
        #expect(try await stage.exceptions(of: run) == [])
        #expect(run.endedAt != nil)
        #expect(run.checked >= 4)
        #expect(run.leftOut == 0)
        #expect(run.differences == 0)
        #expect(try await stage.text("SELECT object_id FROM reconcile_seen") == [])
    }

    @Test func refundsAndDisputesThatTheLedgerHeardOfAreNoDifference() async throws {
        let stage = try await Self.billed(.stripe, 3, cards: [2: "pm_card_createDispute"], makesEvents: true)
        stage.clock.advance(seconds: 3600)
        try stage.post("/v1/refunds", "payment_intent=\(try await stage.latestIntentID("s1"))&amount=300")
        try await stage.deliver(stage.takeEvents())
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.differences() == [])
    }

    // MARK: - Planted differences

    @Test(arguments: [GatewayKind.stripe, .wooshpay])
    func aDifferenceOfOneMinorUnitIsFoundAndNamed(_ kind: GatewayKind) async throws {
        let stage = try await Self.billed(kind)
        let id = try await stage.latestIntentID("s2")
        try stage.plant("POST", "intents/\(id)/change", #"{"amount_delta":1}"#)
        let found = try await stage.exceptions(of: try await stage.reconcile())
        let difference = try #require(found.count == 1 ? found[0] : nil, "\(found)")
        #expect(difference.list == .differing)
        #expect(difference.field == "amount")
        #expect(difference.objectID == id)
        #expect(difference.ledgerValue == "10.02 USD")
        #expect(difference.gatewayValue == "10.03 USD")
        #expect(difference.subscriptionID == "s2")
        #expect(difference.invoiceID == (try await stage.invoice("s2").id))
        #expect(difference.text.contains(id))
    }

    @Test(arguments: [GatewayKind.stripe, .wooshpay])
    func aDeletedIntentIsInTheLedgerOnly(_ kind: GatewayKind) async throws {
        let stage = try await Self.billed(kind)
        let id = try await stage.latestIntentID("s2")
        try stage.plant("DELETE", "intents/\(id)")
        let found = try await stage.exceptions(of: try await stage.reconcile())
        #expect(found.map(\.list) == [.ledgerOnly])
        #expect(found.map(\.objectID) == [id])
        #expect(found.first?.ledgerValue == "succeeded")
        #expect(found.first?.amount?.minorUnits == 1002)
        #expect(found.first?.movesMoney == true)
    }

    @Test(arguments: [GatewayKind.stripe, .wooshpay])
    func aDoubledIntentIsTwoSuccessesOfOnePeriod(_ kind: GatewayKind) async throws {
        let stage = try await Self.billed(kind)
        let id = try await stage.latestIntentID("s2")
        let second = try #require(try stage.plant("POST", "intents/\(id)/double")["id"] as? String)
        let found = try await stage.exceptions(of: try await stage.reconcile())
        #expect(found.map(\.list) == [.twoSuccesses])
        #expect(found.map(\.objectID) == [second])
        #expect(found.first?.ledgerValue == id)
        #expect(found.first?.subscriptionID == "s2")
        #expect(found.first?.periodStart == "2026-01-01")
        // The next pass reads it; then the ledger knows that the invoice was paid twice, and so does the next run.
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.invoice("s2").collectedMinor == 2004)
        #expect(try await stage.differences().allSatisfy { $0 == "two_successes payment_intent" })
        #expect(try await stage.differences().count == 2)
        #expect(try await stage.violations().contains { $0.hasPrefix("two_succeeded_intents") })
    }

    @Test func aForeignPaymentIsFoundAndNamedAndNeverTouched() async throws {
        let stage = try await Self.billed()
        let customer = try #require(try await stage.database.read { tx in try Customers.find("c1", tx) })
        let method = try #require(
            try await stage.text("SELECT gateway_payment_method_id FROM payment_methods WHERE id = 'c1-card'").first)
        // Made by hand for a customer of ours, and by some other shop for one of its own.
        let ours = try stage.post(
            "/v1/payment_intents",
            "amount=777&currency=usd&customer=\(customer.gatewayCustomerID)&payment_method=\(method)&confirm=true"
                + "&off_session=true&payment_method_types[]=card")
        let others = try stage.post(
            "/v1/payment_intents",
            "amount=888&currency=usd&payment_method=pm_card_visa&confirm=true&payment_method_types[]=card")
        let before = stage.wire.moneyRequests.count
        let run = try await stage.reconcile()
        let found = try await stage.exceptions(of: run)
        #expect(Set(found.map(\.objectID)) == [ours, others])
        #expect(found.allSatisfy { $0.list == .gatewayOnly })
        #expect(found.first { $0.objectID == ours }?.text.contains("c1") == true)
        #expect(run.foreignCount == 2)
        #expect(stage.wire.moneyRequests.count == before)
        // Where the account does other business too its payments are only counted.
        let counted = try await stage.reconcile { $0.listsForeign = false }
        #expect(counted.foreignCount == 2)
        #expect(try await stage.exceptions(of: counted).map(\.objectID) == [ours])
    }

    /// WooshPay cannot be listed: what is foreign there is told by webhooks.
    @Test func aForeignPaymentAtWooshPayIsFoundWhereAWebhookToldOfIt() async throws {
        let stage = try await Self.billed(.wooshpay, 2, makesEvents: true)
        _ = stage.takeEvents()
        try stage.postJSON(
            "/v1/payment_intents",
            #"{"amount":777,"currency":"USD","payment_method":"pm_card_visa","confirm":true,"return_url":"https://a.b/c"}"#
        )
        #expect(try await stage.differences() == [])
        try await stage.deliver(stage.takeEvents())
        try await stage.pass { $0.waitSeconds = 0 }
        let found = try await stage.exceptions(of: try await stage.reconcile())
        #expect(found.map(\.list) == [.gatewayOnly])
        #expect(found.first?.amount?.minorUnits == 777)
    }

    // MARK: - Lost news

    @Test func aRefundAndADisputeThatNoWebhookToldOfAreFoundAndThenRead() async throws {
        let stage = try await Self.billed(.stripe, 3, cards: [2: "pm_card_createDispute"], makesEvents: true)
        stage.clock.advance(seconds: 3600)
        try stage.post("/v1/refunds", "payment_intent=\(try await stage.latestIntentID("s1"))&amount=300")
        _ = stage.takeEvents()
        let found = try await stage.differences()
        #expect(
            found.sorted() == [
                "differing payment_intent dispute", "differing payment_intent refunded", "gateway_only dispute",
                "gateway_only refund",
            ])
        #expect(
            try await stage.text("SELECT CAST(refunded_minor AS TEXT) FROM invoices WHERE refunded_minor > 0") == [])
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(
            try await stage.text("SELECT CAST(refunded_minor AS TEXT) FROM invoices WHERE subscription_id = 's1'")
                == ["300"])
        #expect(
            try await stage.text("SELECT CAST(disputed_minor AS TEXT) FROM invoices WHERE subscription_id = 's2'")
                == ["1002"])
        #expect(try await stage.differences() == [])
        #expect(try await stage.violations() == [])
    }

    @Test func aSuccessThatTheLedgerHasNotHeardOfIsFoundAndThenRead() async throws {
        let stage = try await Self.billed(.stripe, 2, cards: [2: "pm_card_authenticationRequired"])
        #expect(try await stage.invoice("s2").waitsFor == .needsCustomer)
        let id = try await stage.latestIntentID("s2")
        let method = try #require(
            try await stage.text("SELECT gateway_payment_method_id FROM payment_methods WHERE id = 'c2-card'").first)
        try stage.post("/v1/payment_intents/\(id)/confirm", "payment_method=\(method)&return_url=https://a.b/c")
        try stage.plant("POST", "intents/\(id)/authenticate", #"{"answer":"approve"}"#)
        stage.clock.advance(seconds: 3600)
        #expect(try await stage.differences() == ["differing payment_intent status"])
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.invoice("s2").state == .paid)
        #expect(try await stage.differences() == [])
    }

    /// In flight since before the run: the answer is being asked for.
    @Test func whatIsOnItsWayIsLeftOutAndCounted() async throws {
        let stage = try Stage()
        try await stage.customer()
        try await stage.subscribe()
        stage.wire.strike(.confirm, [1], with: .lostAfter)
        try await stage.pass { $0.waitSeconds = 0 }
        stage.wire.disturb(nil)
        let during = try await stage.reconcile()
        #expect(try await stage.exceptions(of: during) == [])
        #expect(during.leftOut > 0)
        // An hour later nobody is sending any more: the gateway knows something that the ledger does not.
        stage.clock.advance(seconds: 3600)
        #expect(try await stage.differences() == ["differing payment_intent status"])
        try await stage.run(days: 1)
        #expect(try await stage.differences() == [])
    }

    @Test func anUnconfirmedDuplicateIsNamedAndMovesNoMoney() async throws {
        let stage = try Stage { $0.ignoresKeys = true }
        try await stage.customer()
        try await stage.subscribe()
        stage.wire.strike(.create, [1], with: .lostAfter)
        try await stage.pass { $0.waitSeconds = 0 }
        stage.wire.disturb(nil)
        try await stage.run(days: 1)
        #expect(try await stage.invoice().state == .paid)
        let strays = try stage.gatewayIntents().filter(\.isOpen)
        let found = try await stage.exceptions(of: try await stage.reconcile())
        #expect(found.map(\.objectID) == strays.map(\.id))
        #expect(found.allSatisfy { $0.list == .gatewayOnly && !$0.movesMoney })
    }

    // MARK: - Cut off

    @Test(arguments: [GatewayKind.stripe, .wooshpay])
    func aRunThatIsCutOffAfterEachPageFindsTheSame(_ kind: GatewayKind) async throws {
        let stage = try await Self.billed(kind, 5)
        try stage.plant("POST", "intents/\(try await stage.latestIntentID("s1"))/change", #"{"amount_delta":1}"#)
        try stage.plant("DELETE", "intents/\(try await stage.latestIntentID("s2"))")
        try stage.plant("POST", "intents/\(try await stage.latestIntentID("s3"))/double")
        var pieces = 0
        var run: ReconcileRun
        repeat {
            let pages = CallCount()
            run = try await stage.reconcile { $0.mayGoOn = { pages.next() <= 1 } }
            pieces += 1
            try #require(pieces < 100)
        } while run.endedAt == nil
        #expect(pieces >= 4)
        #expect(try await stage.text("SELECT CAST(COUNT(*) AS TEXT) FROM reconcile_runs") == ["1"])
        let found = try await stage.exceptions(of: run)
        #expect(Set(found.map(\.list)) == [.differing, .ledgerOnly, .twoSuccesses])
        #expect(found.count == 3)
    }

    @Test func aRunThatDiesBeforeAnyOfItsStepsGoesOn() async throws {
        let stage = try await Self.billed(.stripe, 3)
        try stage.plant("DELETE", "intents/\(try await stage.latestIntentID("s2"))")
        let first = stage.fuse.names.count
        stage.fuse.cut(when: { $0 > first && $0 % 7 == 0 })
        var run: ReconcileRun?
        var deaths = 0
        while run?.endedAt == nil {
            do {
                run = try await stage.reconcile()
            } catch {
                deaths += 1
                try #require(deaths < 200)
                stage.fuse.revive()
            }
        }
        #expect(deaths > 2)
        let ended = try #require(run)
        #expect(try await stage.exceptions(of: ended).map(\.list) == [.ledgerOnly])
    }

    @Test func whoeverTookARunOverLastGoesOnAndTheOtherStops() async throws {
        let stage = try await Self.billed(.stripe, 3)
        let other = CallCount()
        await #expect(throws: ReconcileError.self) {
            _ = try await stage.reconcile { options in
                options.afterPage = { _ in
                    // Another process starts the same comparison in the middle of this one.
                    if other.next() == 2 { _ = try await stage.reconcile() }
                }
            }
        }
        #expect(try await stage.text("SELECT phase FROM reconcile_runs") == ["done"])
        #expect(try await stage.differences() == [])
    }

    @Test func aGatewayThatDoesNotAnswerStopsTheRunAndTheNextGoesOn() async throws {
        let stage = try await Self.billed(.stripe, 3)
        stage.wire.disturb { $0.path == "/v1/refunds" ? .lostBefore : nil }
        await #expect(throws: ReconcileError.self) { _ = try await stage.reconcile() }
        stage.wire.disturb(nil)
        let place = stage.wire.requests.count
        #expect(try await stage.differences() == [])
        // Intents and charges were compared before.
        #expect(stage.reads(after: place)["v1/charges"] == nil)
        #expect(try await stage.text("SELECT CAST(COUNT(*) AS TEXT) FROM reconcile_runs") == ["1"])
    }

    // MARK: - How much is read

    @Test func aRunReadsListsOfAHundredAndNothingOneByOne() async throws {
        let stage = try await Self.billed(.stripe, 120)
        let place = stage.wire.requests.count
        let run = try await stage.reconcile()
        #expect(run.differences == 0)
        #expect(
            stage.reads(after: place) == [
                // One of them asks for the time.
                "v1/payment_intents": 3, "v1/charges": 2, "v1/refunds": 1, "v1/disputes": 1,
            ])
    }

    @Test func onlyTheWindowIsComparedAndWhatHasNotEnded() async throws {
        let stage = try await Self.billed(.stripe, 3, cards: [3: "pm_card_sandbox_insufficient_funds"])
        let old = try await stage.latestIntentID("s1")
        stage.clock.advance(seconds: 60 * 86_400)
        try stage.plant("POST", "intents/\(old)/change", #"{"amount_delta":1}"#)
        #expect(try await stage.differences() == [])
        #expect(
            try await stage.differences { $0.from = stage.options.start.adding(days: -1) }
                == ["differing payment_intent amount"])
        // It is still open, however old it is.
        try stage.plant("DELETE", "intents/\(try await stage.latestIntentID("s3"))")
        #expect(try await stage.differences() == ["ledger_only payment_intent"])
    }

    // MARK: - Reading only

    @Test func aRunInMemoryFindsTheSameAndWritesNothing() async throws {
        let stage = try await Self.billed(.stripe, 3)
        try stage.plant("DELETE", "intents/\(try await stage.latestIntentID("s2"))")
        let memory = try Database.open(.memory(migrations: Ledger.reconciling, databaseID: "memory"))
        let writes = stage.database.counters.writes
        let run = try await stage.reconcile(memory: memory)
        #expect(try await stage.exceptions(of: run, in: memory).map(\.list) == [.ledgerOnly])
        #expect(stage.database.counters.writes == writes)
        #expect(try await stage.text("SELECT gateway FROM reconcile_runs") == [])
    }

    // MARK: - Payouts

    @Test func chargesAreTiedToPayoutsToTheMinorUnit() async throws {
        let stage = try await Self.billed(.stripe, 3)
        try stage.post("/v1/refunds", "payment_intent=\(try await stage.latestIntentID("s1"))&amount=300")
        stage.clock.advance(seconds: 3 * 86_400)
        let payout = try stage.post("/v1/payouts", "currency=usd")
        try await stage.bill(1)
        try await stage.customer("c9")
        try await stage.subscribe("s9", customer: "c9", amountMinor: 5000)
        try await stage.pass()
        let run = try await stage.reconcile { $0.withPayouts = true }
        let found = try await stage.exceptions(of: run).map { "\($0.list) \($0.object) \($0.field)" }
        #expect(found.sorted() == ["differing intent refunded", "gatewayOnly refund "])
        // Three charges of 10.01 to 10.03 with 2.9 % and 0.30 each, and a refund of 3.00.
        let sums = try await stage.text(
            """
            SELECT type || ' ' || COUNT(*) || ' ' || SUM(gross_minor) || ' ' || SUM(fee_minor) || ' ' || SUM(net_minor)
            FROM reconcile_transactions WHERE payout_id = '\(payout)' AND type <> 'payout' GROUP BY type ORDER BY type
            """)
        #expect(sums == ["charge 3 3006 177 2829", "refund 1 -300 0 -300"])
        #expect(
            try await stage.text("SELECT CAST(amount_minor AS TEXT) FROM reconcile_payouts") == ["2529"])
        let unpaid = try await stage.text(
            """
            SELECT i.subscription_id || ' ' || b.gross_minor FROM reconcile_transactions b
            JOIN invoices i ON i.id = b.invoice_id WHERE b.payout_id IS NULL AND b.type = 'charge'
            """)
        #expect(unpaid == ["s9 5000"])
        #expect(
            try await stage.text(
                "SELECT type FROM reconcile_transactions WHERE invoice_id IS NULL AND type <> 'payout'")
                == [])
    }

    // MARK: - By the schedule

    @Test func theScheduleComparesEachNightAndKeepsTheRun() async throws {
        let lines = CronTable(
            "reconcile 7 4 * * * UTC reconcile days=10d payouts=yes", knownKinds: ScheduledKinds.known)
        try #require(lines.problems.isEmpty)
        let stage = try Stage { $0.schedule = lines.lines }
        try await stage.bill(2)
        stage.clock.advance(seconds: 86_400)
        try await stage.pass()
        try stage.plant("DELETE", "intents/\(try await stage.latestIntentID("s2"))")
        stage.clock.advance(seconds: 86_400)
        try await stage.pass()
        #expect(
            try await stage.text("SELECT gateway || ' ' || differences || ' ' || phase FROM reconcile_runs ORDER BY id")
                == ["stripe 0 done", "stripe 1 done"])
        #expect(try await stage.text("SELECT state FROM jobs WHERE kind = 'reconcile'") == ["done", "done"])
    }

    private static func nightly() async throws -> Stage {
        let lines = CronTable("reconcile 7 4 * * * UTC reconcile", knownKinds: ScheduledKinds.known).lines
        let stage = try Stage { $0.schedule = lines }
        try await stage.bill(2)
        stage.clock.advance(seconds: 86_400)
        return stage
    }

    /// Far more often than a job may fail, and the job does not count it.
    @Test func anOutageOfTwoDaysPutsTheNightlyComparisonOffAndNoJobDies() async throws {
        let stage = try await Self.nightly()
        stage.wire.disturb { _ in .lostBefore }
        try await stage.pass()
        try await stage.run(days: 2)
        let waiting = try await stage.text("SELECT DISTINCT state FROM jobs WHERE kind = 'reconcile'")
        #expect(waiting == ["ready"])
        stage.wire.disturb(nil)
        try await stage.run(until: stage.clock.now.adding(hours: 2))
        #expect(try await stage.text("SELECT DISTINCT state FROM jobs WHERE kind = 'reconcile'") == ["done"])
        #expect(try await stage.text("SELECT DISTINCT differences || ' ' || phase FROM reconcile_runs") == ["0 done"])
    }

    /// A key that may not read the lists gets better by nothing but a person.
    @Test func aRefusedNightlyComparisonDiesForAPerson() async throws {
        let stage = try await Self.nightly()
        let body = #"{"error":{"type":"invalid_request_error","message":"this key may not"}}"#
        stage.wire.disturb { $0.path == "/v1/refunds" ? .answer(403, body: body) : nil }
        try await stage.pass()
        try await stage.run(until: stage.clock.now.adding(hours: 15))
        #expect(try await stage.text("SELECT DISTINCT state FROM jobs WHERE kind = 'reconcile'") == ["dead"])
    }
}
