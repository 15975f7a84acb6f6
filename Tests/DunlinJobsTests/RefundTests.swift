import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Foundation
import Testing

@testable import DunlinJobs

/// Rule 24: a refund is a row before a request, one in flight, unknown blocks, never more than was collected.
@Suite struct RefundTests {
    private static let both = [GatewayKind.stripe, .wooshpay]

    /// A stage with one paid invoice of 10.00, at a gateway that repeats no answer for a key.
    private static func paid(
        _ kind: GatewayKind = .stripe, card: String = "pm_card_visa"
    ) async throws -> (stage: Stage, intentID: String) {
        let stage = try Stage {
            $0.kind = kind
            $0.makesEvents = true
            $0.ignoresKeys = kind == .stripe
            $0.quirks.ignoresIdempotencyKeys = true
        }
        try await stage.customer(card: card)
        try await stage.subscribe()
        try await stage.pass()
        #expect(try await stage.invoice().state == .paid)
        _ = stage.takeEvents()
        return (stage, try #require(try stage.gatewayIntents().first?.id))
    }

    private static let isRefund: @Sendable (GatewayEvent) -> Bool = {
        $0.type.hasPrefix("charge.refund") || $0.type.hasPrefix("refund.")
    }

    // MARK: - What goes back

    @Test(arguments: both)
    func aPartThenTheRestGoesBack(_ kind: GatewayKind) async throws {
        let (stage, _) = try await Self.paid(kind)
        #expect(try await stage.refund("3.00") == .planned)
        #expect(try await stage.refundStates() == ["300 requested"])
        #expect(stage.wire.count(.refund) == 0)
        #expect(try await stage.violations() == [])
        try await stage.pass()
        #expect(try await stage.refundStates() == ["300 succeeded"])
        #expect(try await stage.refundedMinor() == 300)
        #expect(try await stage.refund() == .planned)
        try await stage.pass()
        #expect(try await stage.refundStates() == ["300 succeeded", "700 succeeded"])
        #expect(try await stage.refundedMinor() == 1000)
        #expect(stage.gatewayRefunded == 1000)
        #expect(stage.wire.count(.refund) == 2)
        #expect(try await stage.activity("refund_asked_for") == 2)
        #expect(try await stage.activity("refunded") == 2)
        #expect(try await stage.invoice().state == .paid)
        #expect(try await stage.refund("0.01") == .refused("all of it has gone back, or is on its way"))
        #expect(try await stage.violations() == [])
    }

    @Test func aRefundCarriesTheDebtsNameAndItsNumber() async throws {
        let (stage, _) = try await Self.paid()
        try await stage.refund("1.00")
        try await stage.pass()
        try await stage.refund("2.00")
        try await stage.pass()
        let reference = try #require(try await stage.intents().first?.reference)
        let sent = stage.wire.requests.filter { $0.kind == .refund }
        #expect(sent.map(\.idempotencyKey) == ["\(reference):refund:1", "\(reference):refund:2"])
        #expect(sent.allSatisfy { $0.body.contains("dunlin_reference") && $0.body.contains("amount=") })
    }

    // MARK: - What is refused

    @Test func whatCannotGoBackIsRefusedWithALine() async throws {
        let (stage, _) = try await Self.paid()
        #expect(try await stage.refund("10.01") == .refused("only 10.00 USD of it is left"))
        #expect(try await stage.refund("0") == .refused("0 is no amount of USD above zero, such as 12.34"))
        #expect(try await stage.refund("-1") == .refused("-1 is no amount of USD above zero, such as 12.34"))
        #expect(try await stage.refund("1.001") == .refused("1.001 is no amount of USD above zero, such as 12.34"))
        #expect(try await stage.refund(of: 999) == .notHere)
        #expect(try await stage.refund() == .planned)
        #expect(try await stage.refund("1.00") == .refused("refund 1 of it is requested"))
        #expect(try await stage.refundStates() == ["1000 requested"])
    }

    @Test func whatWasNotCollectedIsNotRefunded() async throws {
        let stage = try Stage()
        try await stage.customer(card: "pm_card_sandbox_insufficient_funds")
        try await stage.subscribe()
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.refund() == .refused("it is open: only what was collected can go back"))
    }

    @Test func whatIsInDisputeIsNotRefunded() async throws {
        let (stage, _) = try await Self.paid(card: "pm_card_createDispute")
        try await stage.refund()
        stage.clock.advance(seconds: 3600)
        try await stage.deliver(stage.takeEvents().filter { $0.type.hasPrefix("charge.dispute.") })
        // The dispute is heard of before the refund is sent.
        try await stage.stopCharging()
        try await stage.pass { $0.waitSeconds = 0 }
        try await stage.startCharging()
        try await stage.run(days: 1)
        #expect(stage.wire.count(.refund) == 0)
        #expect(try await stage.refundStates() == ["1000 refused"])
        #expect(try await stage.refund() == .refused("it is in dispute: the gateway decides about the money"))
        #expect(try await stage.violations() == [])
    }

    @Test func theDatabaseRefusesASecondRefundInFlight() async throws {
        let (stage, _) = try await Self.paid()
        try await stage.refund("1.00")
        let now = stage.clock.now
        await #expect(throws: DatabaseError.self) {
            try await stage.database.write { tx in
                let intent = try Intents.get(1, tx)
                _ = try Refunds.insert(of: intent, amountMinor: 100, reason: "r", now: now, tx)
            }
        }
    }

    @Test func ofTwoWhoAskAtOnceOneIsRefused() async throws {
        let (stage, _) = try await Self.paid()
        async let first = stage.refund()
        async let second = stage.refund()
        let answers = try await [first, second]
        #expect(answers.count { $0 == .planned } == 1)
        try await stage.run(days: 1)
        #expect(stage.gatewayRefunded == 1000)
        #expect(stage.wire.count(.refund) == 1)
    }

    /// Made at the gateway between the row and the request.
    @Test func whatOthersRefundedMeanwhileCounts() async throws {
        let (stage, intentID) = try await Self.paid()
        try await stage.refund("8.00")
        try stage.post("/v1/refunds", "payment_intent=\(intentID)&amount=300")
        try await stage.pass()
        #expect(stage.wire.count(.refund) == 0)
        #expect(try await stage.refundStates() == ["800 refused", "300 succeeded"])
        #expect(try await stage.refundedMinor() == 300)
        #expect(try await stage.refund("7.01") == .refused("only 7.00 USD of it is left"))
        #expect(try await stage.violations() == [])
    }

    @Test func whatTheGatewayRefusesEndsTheRefundAndAnotherMayBeAskedFor() async throws {
        let (stage, _) = try await Self.paid()
        stage.wire.strike(
            .refund, [1],
            with: .answer(400, body: #"{"error":{"type":"invalid_request_error","message":"not today"}}"#))
        try await stage.refund()
        try await stage.run(days: 2)
        #expect(try await stage.refundStates() == ["1000 refused"])
        #expect(try await stage.activity("refund_refused") == 1)
        #expect(stage.wire.count(.refund) == 1)
        #expect(try await stage.refund() == .planned)
        try await stage.run(days: 1)
        #expect(try await stage.refundStates() == ["1000 refused", "1000 succeeded"])
        #expect(stage.gatewayRefunded == 1000)
        #expect(try await stage.violations() == [])
    }

    // MARK: - The stop switch

    @Test(arguments: both)
    func whileChargingIsStoppedNoRefundIsSent(_ kind: GatewayKind) async throws {
        let (stage, _) = try await Self.paid(kind)
        try await stage.stopCharging()
        #expect(try await stage.refund() == .planned)
        try await stage.run(days: 1)
        #expect(stage.wire.count(.refund) == 0)
        #expect(try await stage.refundStates() == ["1000 requested"])
        #expect(try await stage.violations() == [])
        try await stage.startCharging()
        try await stage.run(days: 1)
        #expect(try await stage.refundStates() == ["1000 succeeded"])
    }

    @Test func onceChargingIsStartedTheNextPassSendsIt() async throws {
        let (stage, _) = try await Self.paid()
        try await stage.refund()
        try await stage.stopCharging()
        try await stage.pass { $0.waitSeconds = 0 }
        try await stage.startCharging()
        let now = stage.clock.now
        try await stage.database.write { [name = stage.name] tx in
            try RefundInvoice.goOn(gateway: name, now: now, tx)
        }
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.refundStates() == ["1000 succeeded"])
    }

    @Test func aRefusedKeyStopsTheGatewayAndTheRefundWaits() async throws {
        let (stage, _) = try await Self.paid()
        stage.wire.strike(.refund, [1], with: .answer(401, body: #"{"error":{"type":"invalid_request_error"}}"#))
        try await stage.refund()
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.gatewayState().isStopped)
        #expect(try await stage.refundStates() == ["1000 requested"])
        try await stage.startCharging()
        try await stage.run(days: 1)
        #expect(stage.gatewayRefunded == 1000)
    }

    // MARK: - Lost answers

    @Test(arguments: [
        WireFault.lostAfter, .lostBefore, .answer(500, body: "{}", afterEffect: true), .answer(502, body: "bad"),
        .notSent, .answer(429, body: #"{"error":{"type":"invalid_request_error","code":"rate_limit"}}"#),
        .answer(200, body: #"{"id":"re_"#, afterEffect: true),
    ])
    func whateverTheFirstAnswerIsTheMoneyGoesBackOnce(_ fault: WireFault) async throws {
        let (stage, _) = try await Self.paid()
        stage.wire.strike(.refund, [1], with: fault)
        try await stage.refund("4.00")
        try await stage.pass { $0.waitSeconds = 0 }
        if try await stage.refundStates() == ["400 unknown"] {
            #expect(try await stage.refund("1.00") == .refused("refund 1 of it is unknown"))
        }
        try await stage.run(days: 3)
        #expect(try await stage.refundStates() == ["400 succeeded"])
        #expect(stage.gatewayRefunded == 400)
        #expect(try await stage.refundedMinor() == 400)
        #expect(try await stage.violations() == [])
    }

    /// Only two empty reads ten minutes apart, after the request's time, prove that it never happened.
    @Test func aLostRefundIsSentAgainOnlyWhenTheGatewayHasProvenThatItNeverHappened() async throws {
        let (stage, _) = try await Self.paid()
        stage.wire.strike(.refund, [1], with: .lostBefore)
        try await stage.refund()
        try await stage.run(days: 1)
        let sent = stage.wire.requests.filter { $0.kind == .refund }
        #expect(sent.count == 2)
        let lease = 2 * 60
        #expect(sent[1].sentAt.milliseconds(since: sent[0].sentAt) > Int64(600 + lease / 2) * 1000)
        #expect(sent[0].idempotencyKey == sent[1].idempotencyKey)
    }

    @Test func afterAFaultOfTheServerADayPassesBeforeItIsSentAgain() async throws {
        let (stage, _) = try await Self.paid()
        stage.wire.strike(.refund, [1], with: .answer(500, body: "{}"))
        try await stage.refund()
        try await stage.run(until: stage.clock.now.adding(hours: 23))
        #expect(stage.wire.count(.refund) == 1)
        #expect(try await stage.activity("incident") == 1)
        try await stage.run(days: 2)
        #expect(stage.wire.count(.refund) == 2)
        #expect(stage.gatewayRefunded == 1000)
    }

    @Test func aRefundThatVanishesThreeTimesIsGivenUp() async throws {
        let (stage, _) = try await Self.paid()
        stage.wire.strike(.refund, [1, 2, 3], with: .lostBefore)
        try await stage.refund()
        try await stage.run(days: 3)
        #expect(stage.wire.count(.refund) == 3)
        #expect(try await stage.refundStates() == ["1000 failed"])
        #expect(try await stage.activity("refund_failed") == 1)
        #expect(try await stage.refund() == .planned)
        try await stage.run(days: 1)
        #expect(stage.gatewayRefunded == 1000)
    }

    // MARK: - Where refunds cannot be listed

    @Test func anUnknownRefundAtWooshPayWaitsForItsEvent() async throws {
        let (stage, _) = try await Self.paid(.wooshpay)
        stage.wire.strike(.refund, [1], with: .lostAfter)
        try await stage.refund()
        try await stage.run(days: 3)
        #expect(try await stage.refundStates() == ["1000 unknown"])
        #expect(try await stage.activity("incident") == 1)
        #expect(try await stage.refund("1.00") == .refused("refund 1 of it is unknown"))
        #expect(try await stage.violations() == [])
        try await stage.deliver(stage.takeEvents().filter(Self.isRefund))
        try await stage.run(days: 1)
        #expect(try await stage.refundStates() == ["1000 succeeded"])
        #expect(stage.wire.count(.refund) == 1)
        #expect(try await stage.refundedMinor() == 1000)
        #expect(try await stage.violations() == [])
    }

    @Test func aPersonSaysThatARefundAtWooshPayNeverHappened() async throws {
        let (stage, _) = try await Self.paid(.wooshpay)
        stage.wire.strike(.refund, [1], with: .lostBefore)
        try await stage.refund()
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(
            try await stage.settleRefund(.neverHappened)
                == .refused("its request may still be on its way: look again in a quarter of an hour"))
        try await stage.run(days: 1)
        #expect(try await stage.settleRefund(.neverHappened) == .planned)
        #expect(try await stage.refundStates() == ["1000 failed"])
        #expect(try await stage.violations() == [])
        #expect(try await stage.refund() == .planned)
        try await stage.run(days: 1)
        #expect(stage.gatewayRefunded == 1000)
        #expect(stage.wire.count(.refund) == 2)
    }

    @Test func whatAPersonFoundIsReadBeforeItIsBelieved() async throws {
        let (stage, _) = try await Self.paid(.wooshpay)
        stage.wire.strike(.refund, [1], with: .lostAfter)
        try await stage.refund()
        try await stage.run(days: 1)
        let id = try #require(stage.takeEvents().filter(Self.isRefund).compactMap(\.objectID).first)
        #expect(try await stage.settleRefund(.isThere(gatewayID: "re_wrong")) == .planned)
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.refundStates() == ["1000 unknown"])
        #expect(try await stage.settleRefund(.isThere(gatewayID: id)) == .planned)
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.refundStates() == ["1000 succeeded"])
        #expect(try await stage.refundedMinor() == 1000)
        #expect(try await stage.violations() == [])
    }

    @Test func atStripeTheGatewayIsAskedAndNobodyElse() async throws {
        let (stage, _) = try await Self.paid()
        stage.wire.strike(.refund, [1], with: .lostBefore)
        try await stage.refund()
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(
            try await stage.settleRefund(.neverHappened)
                == .refused("stripe can list refunds: Dunlin asks it by itself"))
    }

    // MARK: - Events

    /// The event of our own refund comes while nobody knows what became of it, or after; with one made elsewhere.
    @Test(arguments: both)
    func ourRefundAndItsEventsAreCountedOnceInAnyOrder(_ kind: GatewayKind) async throws {
        for seed in 0..<4 {
            let (stage, intentID) = try await Self.paid(kind)
            if seed % 2 == 0 { stage.wire.strike(.refund, [1], with: .lostAfter) }
            try await stage.refund("3.00")
            try await stage.pass { $0.waitSeconds = 0 }
            if kind == .stripe {
                try stage.post("/v1/refunds", "payment_intent=\(intentID)&amount=300")
            } else {
                try stage.postJSON("/v1/refunds", #"{"payment_intent":"\#(intentID)","amount":"300"}"#)
            }
            var generator = SeededGenerator(seed: UInt64(seed))
            let events = stage.takeEvents().filter(Self.isRefund)
            for event in (events + events).shuffled(using: &generator) {
                try await stage.deliver(event)
                if seed < 2 { try await stage.pass { $0.waitSeconds = 0 } }
            }
            try await stage.run(days: 1)
            #expect(try await stage.refundStates() == ["300 succeeded", "300 succeeded"])
            #expect(try await stage.text("SELECT CAST(SUM(is_ours) AS TEXT) FROM refunds") == ["1"])
            #expect(try await stage.refundedMinor() == 600)
            #expect(try await stage.activity("refunded") == 2)
            #expect(stage.gatewayRefunded == 600)
            #expect(try await stage.violations() == [])
        }
    }

    @Test func aRefundThatIsPendingIsReadUntilItHasEnded() async throws {
        let (stage, _) = try await Self.paid(card: "pm_card_pendingRefund")
        try await stage.refund()
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.refundStates() == ["1000 pending"])
        #expect(try await stage.refundedMinor() == 0)
        #expect(try await stage.refund() == .refused("refund 1 of it is pending"))
        try await stage.run(days: 3)
        #expect(try await stage.refundStates() == ["1000 succeeded"])
        #expect(try await stage.refundedMinor() == 1000)
        #expect(stage.wire.count(.refund) == 1)
    }

    // MARK: - Crashes

    /// Cut off before every step between the question and the end, and the answer lost or not.
    @Test(arguments: both)
    func aRefundThatIsCutOffAnywhereHappensOnce(_ kind: GatewayKind) async throws {
        let (model, _) = try await Self.paid(kind)
        let first = model.fuse.names.count
        try await model.refund()
        try await model.run(days: 3)
        let steps = model.fuse.names
        #expect(steps.contains("request-refund") && steps.contains("record-refund"))
        for cut in first..<steps.count {
            let (stage, _) = try await Self.paid(kind)
            stage.fuse.cut(before: cut)
            try await stage.refund()
            try await stage.run(days: 3)
            #expect(stage.gatewayRefunded <= 1000)
            if kind == .wooshpay {
                // It cannot be asked: its event, or a person, tells.
                try await stage.deliver(stage.takeEvents().filter(Self.isRefund))
                try await stage.run(days: 1)
                let isThere = stage.gatewayRefunded == 1000
                #expect(
                    try await stage.refundStates() == [isThere ? "1000 succeeded" : "1000 unknown"], "\(steps[cut])")
                #expect(try await stage.refundedMinor() == (isThere ? 1000 : 0))
            } else {
                #expect(stage.gatewayRefunded == 1000, "\(steps[cut])")
                #expect(try await stage.refundStates() == ["1000 succeeded"], "\(steps[cut])")
                #expect(try await stage.refundedMinor() == 1000)
            }
            #expect(try await stage.violations() == [], "\(steps[cut])")
        }
    }
}

/// What a person's word came to.
private enum Word: Hashable {
    case planned, notHere
    case refused(String)
}

extension Stage {
    /// All that went back, as the gateway sees it.
    fileprivate var gatewayRefunded: Int64 {
        sandbox.audit.totalsByCurrency.values.reduce(0) { $0 + $1.refunded }
    }

    @discardableResult
    fileprivate func refund(_ amount: String? = nil, of invoiceID: Int64 = 1) async throws -> Word {
        let now = clock.now
        let (answer, _) = try await database.write { tx in
            try RefundInvoice.request(
                invoiceID: invoiceID, amount: amount, reason: "a test", actor: "somebody", now: now, tx)
        }
        return switch answer {
        case .planned: .planned
        case .notHere: .notHere
        case .refused(_, let why): .refused(why)
        }
    }

    fileprivate func settleRefund(_ word: SettleRefund.Word) async throws -> Word {
        let now = clock.now
        let answer = try await database.write { tx in
            try SettleRefund.settle(invoiceID: 1, word, reason: "a test", actor: "somebody", now: now, tx)
        }
        return switch answer {
        case .noted: .planned
        case .notHere: .notHere
        case .refused(_, let why): .refused(why)
        }
    }

    fileprivate func refundStates() async throws -> [String] {
        try await text("SELECT amount_minor || ' ' || state FROM refunds ORDER BY number")
    }

    fileprivate func refundedMinor() async throws -> Int64 {
        try await database.read { tx in try tx.value("SELECT refunded_minor FROM invoices WHERE id = 1") ?? -1 }
    }
}
