import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// Rules 2, 3 and 9 of docs/proof.md: what was invoiced late is asked about first, and only what is ours is taken over.
@Suite struct LateDebtTests {
    /// A subscription whose period came due ten days before it was first seen.
    private static func late(_ stage: Stage, _ id: String = "s1", customer: String = "c1") async throws {
        try await stage.subscribe(id, customer: customer) {
            $0.anchor = Zone.utc.local(of: stage.clock.now.adding(days: -10)).date.description
            $0.billFrom = "anchor"
        }
    }

    private static func stage(_ change: (inout StageOptions) -> Void = { _ in }) async throws -> Stage {
        let stage = try Stage(change)
        try await stage.customer()
        try await late(stage)
        return stage
    }

    enum PlantedEnd { case paid, canceled, unconfirmed }

    /// An intent of this debt at the gateway, as another timeline left it.
    private static func plant(
        _ stage: Stage, number: Int = 1, amountMinor: Int64 = 1000, database: String = Stage.databaseID,
        reference: String? = nil, dueDaysAgo: Int64 = 10, ends: PlantedEnd = .paid
    ) async throws -> String {
        let period = Zone.utc.local(of: stage.clock.now.adding(days: -dueDaysAgo)).date.description
        let name = DebtReference(
            databaseID: database, subscriptionID: "s1", period: period, intentNumber: number
        ).text
        let owner = try await stage.database.read { tx in
            (try Customers.find("c1", tx), try PaymentMethods.find("c1-card", tx))
        }
        let customer = try #require(owner.0)
        let card = try #require(owner.1)
        let request = IntentRequest(
            amount: Money(minorUnits: amountMinor, currency: try #require(Currency("USD"))),
            customerID: customer.gatewayCustomerID, paymentMethodID: card.gatewayPaymentMethodID,
            metadata: IntentMetadata(
                reference: reference ?? name, subscriptionID: "s1", period: period, databaseID: database))
        let driver = try stage.driver()
        let created = await driver.create(request, idempotencyKey: "plant-\(number)", deadline: .none)
        let id = try #require(created.snapshot?.id)
        switch ends {
        case .paid: _ = await driver.confirm(id, request: request, idempotencyKey: "plant-\(id)", deadline: .none)
        case .canceled: _ = await driver.cancel(id, idempotencyKey: "plant-\(id)")
        case .unconfirmed: break
        }
        return id
    }

    @Test(arguments: [GatewayKind.stripe, .wooshpay])
    func aDebtThatWasCollectedInAnotherTimelineIsNotCollectedAgain(_ kind: GatewayKind) async throws {
        let stage = try await Self.stage { $0.kind = kind }
        let id = try await Self.plant(stage)
        let before = stage.wire.moneyRequests.count
        try await stage.run(days: 5)
        #expect(stage.wire.moneyRequests.count == before)
        let invoice = try await stage.invoice()
        #expect(invoice.paidReason == "found_at_gateway")
        #expect(try await stage.intents().map(\.gatewayID) == [id])
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    @Test func anIntentOfAnotherAmountIsNotTakenOverAndThePersonIsAsked() async throws {
        let stage = try await Self.stage()
        _ = try await Self.plant(stage, amountMinor: 999)
        let before = stage.wire.moneyRequests.count
        try await stage.run(days: 5)
        #expect(stage.wire.moneyRequests.count == before)
        #expect(try await stage.invoice().waitsFor == .onHold)
        #expect(try await stage.invoice().invoice.holdReason?.contains("amount") == true)
        #expect(try await stage.activity("incident") == 1)
        #expect(try await stage.intents().isEmpty)
    }

    @Test func anIntentWithoutANameOfOursIsNotTakenOver() async throws {
        let stage = try await Self.stage()
        _ = try await Self.plant(stage, reference: "somebody-elses")
        try await stage.run(days: 5)
        #expect(try await stage.invoice().waitsFor == .onHold)
        #expect(stage.sandbox.audit.successes == 1)
    }

    @Test func aPeriodThatAnotherDatabaseCollectedHoldsTheInvoice() async throws {
        let stage = try await Self.stage()
        _ = try await Self.plant(stage, database: "another-database")
        try await stage.run(days: 5)
        #expect(try await stage.invoice().waitsFor == .onHold)
        #expect(try await stage.activity("incident") == 1)
        #expect(stage.sandbox.audit.successes == 1)
    }

    @Test func manyLateDebtsAreOneListing() async throws {
        let stage = try Stage()
        for number in 1...30 {
            try await stage.customer("c\(number)")
            try await Self.late(stage, "s\(number)", customer: "c\(number)")
        }
        let probe = 1
        try await stage.pass()
        #expect(stage.wire.count(.list) == probe + 1)
        #expect(stage.sandbox.audit.successes == 30)
    }

    @Test func wooshPayIsAskedByEachReferenceUntilAMiss() async throws {
        let stage = try await Self.stage { $0.kind = .wooshpay }
        _ = try await Self.plant(stage, number: 1, ends: .canceled)
        _ = try await Self.plant(stage, number: 2)
        let account = 1
        let probe = 1
        try await stage.pass()
        #expect(stage.wire.count(.search) == account + probe + 3)
        #expect(try await stage.intents().map(\.number) == [1, 2])
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    @Test func wooshPayGoesOnWithTheNextNumberAfterCanceledOnes() async throws {
        let stage = try await Self.stage { $0.kind = .wooshpay }
        _ = try await Self.plant(stage, number: 1, ends: .canceled)
        try await stage.run(days: 2)
        #expect(try await stage.intents().map(\.number) == [1, 2])
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    @Test func aGatewayThatCannotListLeavesLateDebtsToAPerson() async throws {
        let stage = try await Self.stage()
        try await stage.subscribe("s2")
        let driver = WithoutListing(base: try stage.driver())
        try await stage.pass(driver: driver)
        #expect(try await stage.invoice("s1").waitsFor == .onHold)
        #expect(try await stage.invoice("s2").state == .paid)
        #expect(try await stage.violations() == [])
    }

    @Test func aListingThatIsNotCompleteProvesNothing() async throws {
        let stage = try await Self.stage()
        stage.wire.disturb { $0.kind == .list && $0.number > 1 ? .lostBefore : nil }
        try await stage.pass()
        #expect(stage.wire.moneyRequests.isEmpty)
        #expect(try await stage.invoice().invoice.asksFirst)
    }

    @Test func aPeriodThatCameDueAQuarterOfAnHourAgoIsNotLate() async throws {
        let stage = try Stage()
        try await stage.customer()
        try await stage.subscribe()
        stage.clock.advance(seconds: 15 * 60)
        try await stage.pass()
        let probe = 1
        #expect(stage.wire.count(.list) == probe)
        #expect(try await stage.invoice().state == .paid)
    }

    /// Another timeline created twice, since an answer was lost, and collected through the second one. In the restored file
    /// the event of the first one comes before anything was asked about the debt.
    @Test(
        arguments: [GatewayKind.stripe, .wooshpay],
        [(PlantedEnd.unconfirmed, false), (.unconfirmed, true), (.canceled, true)])
    func theEventOfAnIntentThatWasNeverConfirmedHidesNoneThatCollected(
        _ kind: GatewayKind, _ other: (end: PlantedEnd, successIsUnheardOf: Bool)
    ) async throws {
        let stage = try Stage {
            $0.kind = kind
            $0.ignoresKeys = true
            $0.makesEvents = true
        }
        try await stage.customer()
        try await stage.subscribe()
        try await stage.bindGateway()
        // Invoiced in time, and not tried yet.
        try await stage.plan()
        let never = try await Self.plant(stage, dueDaysAgo: 0, ends: other.end)
        let paid = try await Self.plant(stage, dueDaysAgo: 0)
        let before = stage.wire.count(.confirm)
        stage.clock.advance(seconds: 3600)
        let events = stage.takeEvents()
        let isOfSuccess: (GatewayEvent) -> Bool = { [$0.intentID, $0.objectID].contains(paid) }
        try await stage.deliver(events.filter { !isOfSuccess($0) })
        if !other.successIsUnheardOf { try await stage.deliver(events.filter(isOfSuccess)) }
        try await stage.run(days: 2)
        #expect(stage.wire.count(.confirm) == before)
        #expect(stage.sandbox.audit.successes == 1)
        #expect(try await stage.invoice().state == .paid)
        #expect(try stage.gatewayIntents().first { $0.id == never }?.status == "canceled")
        #expect(try await stage.text("SELECT event_id FROM events WHERE state IN ('received', 'failed')") == [])
        #expect(try await stage.violations() == [])
    }

    /// Its own create was answered, and another timeline collected through another intent of the same name.
    @Test func aSuccessBesideTheIntentThatIsStoredEndsTheDebtAndCancelsThatIntent() async throws {
        let stage = try Stage {
            $0.ignoresKeys = true
            $0.makesEvents = true
        }
        try await stage.customer()
        try await stage.subscribe()
        stage.wire.strike(.confirm, [1], with: .lostBefore)
        try await stage.pass { $0.waitSeconds = 0 }
        let own = try #require(try await stage.intents().first?.gatewayID)
        stage.wire.disturb(nil)
        _ = try await Self.plant(stage, dueDaysAgo: 0)
        try await stage.deliver(stage.takeEvents())
        try await stage.run(days: 2)
        #expect(stage.sandbox.audit.successes == 1)
        #expect(try await stage.invoice().state == .paid)
        #expect(try stage.gatewayIntents().first { $0.id == own }?.status == "canceled")
        #expect(try await stage.violations() == [])
    }

    /// Its create never happened, and the debt rested since; in another timeline it went on and was collected, also with the
    /// next number.
    @Test(arguments: [(GatewayKind.stripe, 1), (.stripe, 2), (.wooshpay, 1)])
    func anIntentThatWasNeverCreatedIsLookedForBeforeItIs(_ kind: GatewayKind, _ number: Int) async throws {
        let stage = try Stage {
            $0.kind = kind
            $0.ignoresKeys = true
        }
        try await stage.customer()
        try await stage.subscribe()
        stage.wire.strike(.create, [1], with: .lostBefore)
        try await stage.pass { $0.waitSeconds = 0 }
        let attempt = try #require(try await stage.attempts().first)
        _ = try await Self.plant(stage, number: number, dueDaysAgo: 0)
        stage.clock.advance(seconds: 3600)
        let now = stage.clock.now
        try await stage.database.write { tx in
            _ = try Attempts.end(attempt.id, as: .neverHappened, now: now, tx)
            try FollowUps.settleIsOver(attemptID: attempt.id, now: now, tx)
            try OpenInvoices.goOn(Invoices.get(attempt.invoiceID, tx), at: now, now: now, tx)
        }
        try await stage.run(days: 2)
        #expect(stage.sandbox.audit.successes == 1)
        #expect(try await stage.invoice().paidReason == "found_at_gateway")
        #expect(try await stage.violations() == [])
    }

    /// The same while its attempt is in flight.
    @Test func anAttemptWhoseCreateWasLostSendsNoneWhereAnotherTimelineWentOnWithTheNextIntent() async throws {
        let stage = try Stage { $0.ignoresKeys = true }
        try await stage.customer()
        try await stage.subscribe()
        stage.wire.strike(.create, [1], with: .lostBefore)
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.attempts().map(\.state) == [.unknown])
        _ = try await Self.plant(stage, number: 2, dueDaysAgo: 0)
        let creates = stage.wire.count(.create)
        try await stage.run(days: 2)
        #expect(stage.wire.count(.create) == creates)
        #expect(stage.sandbox.audit.successes == 1)
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    // MARK: - Restored files

    /// Runs a copy that was made at `backup` after the original went on for so long.
    private static func restore(
        kind: GatewayKind, ignoresKeys: Bool, backupWhen: @escaping @Sendable (WireRequest) -> Bool,
        answers: [String?] = [], afterDays: Int64
    ) async throws -> Stage {
        let stage = try Stage {
            $0.kind = kind
            $0.ignoresKeys = ignoresKeys
            $0.isOnDisk = true
        }
        let card = try await stage.customer()
        stage.script(card, answers)
        try await stage.subscribe { $0.billFrom = "anchor" }
        let copy = try #require(stage.folder).file("restored.db")
        stage.wire.disturb { request in
            if backupWhen(request) { try? await stage.database.backup(to: copy) }
            return nil
        }
        try await stage.run(days: afterDays)
        stage.wire.disturb(nil)
        #expect(stage.sandbox.audit.successes == 1)
        let restored = try Database.open(
            .file(copy, migrations: Stage.migrations, databaseID: Stage.databaseID))
        let again = Stage(continuing: stage, database: restored)
        try await again.run(days: 10)
        return again
    }

    @Test(arguments: [GatewayKind.stripe, .wooshpay], [true, false])
    func aFileRestoredFromBeforeTheFirstPassCollectsNothingTwice(
        _ kind: GatewayKind, _ ignoresKeys: Bool
    ) async throws {
        let again = try await Self.restore(
            kind: kind, ignoresKeys: ignoresKeys, backupWhen: { $0.place == 0 }, afterDays: 3)
        let problems = try await Judge.problems(again, .paid)
        #expect(problems == [])
    }

    /// The invoice is in the copy, and that it was sent is not.
    @Test(arguments: [GatewayKind.stripe, .wooshpay], [true, false])
    func aFileRestoredFromBetweenInvoiceAndAttemptCollectsNothingTwice(
        _ kind: GatewayKind, _ ignoresKeys: Bool
    ) async throws {
        let stage = try Stage {
            $0.kind = kind
            $0.ignoresKeys = ignoresKeys
            $0.isOnDisk = true
        }
        try await stage.customer()
        try await stage.subscribe()
        try await stage.bindGateway()
        try await stage.plan()
        let copy = try #require(stage.folder).file("restored.db")
        try await stage.database.backup(to: copy)
        try await stage.run(days: 3)
        #expect(stage.sandbox.audit.successes == 1)
        let restored = try Database.open(.file(copy, migrations: Stage.migrations, databaseID: Stage.databaseID))
        let again = Stage(continuing: stage, database: restored)
        try await again.run(days: 10)
        let problems = try await Judge.problems(again, .paid)
        #expect(problems == [])
    }

    @Test(arguments: [GatewayKind.stripe, .wooshpay], [WireRequest.Kind.create, .confirm])
    func aFileRestoredFromTheMiddleOfAnAttemptCollectsNothingTwice(
        _ kind: GatewayKind, _ request: WireRequest.Kind
    ) async throws {
        let again = try await Self.restore(
            kind: kind, ignoresKeys: true, backupWhen: { $0.kind == request && $0.number == 1 }, afterDays: 3)
        let problems = try await Judge.problems(again, .paid)
        #expect(problems == [])
    }

    @Test(arguments: [GatewayKind.stripe, .wooshpay])
    func aFileRestoredFromBetweenTwoTriesCollectsNothingTwice(_ kind: GatewayKind) async throws {
        let again = try await Self.restore(
            kind: kind, ignoresKeys: true, backupWhen: { $0.kind == .confirm && $0.number == 1 },
            answers: ["insufficient_funds"], afterDays: 5)
        let problems = try await Judge.problems(again, .paid)
        #expect(problems == [])
    }
}
