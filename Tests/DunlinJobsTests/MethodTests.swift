import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs

/// A new or changed card is tried at once, once; a backup only with consent; a new brand only after a new agreement.
@Suite struct MethodTests {
    private static func declined(
        _ answers: [String?] = ["insufficient_funds", "insufficient_funds", "insufficient_funds"]
    ) async throws -> Stage {
        let stage = try Stage()
        let card = try await stage.customer()
        stage.script(card, answers)
        try await stage.subscribe()
        try await stage.run(until: stage.clock.now.adding(hours: 1))
        return stage
    }

    /// How often the gateway was asked for money within the next hours.
    private static func triesSoon(_ stage: Stage) async throws -> Int {
        let before = stage.wire.count(.confirm)
        try await stage.run(until: stage.clock.now.adding(hours: 2))
        return stage.wire.count(.confirm) - before
    }

    @Test(arguments: ["insufficient_funds", "do_not_honor"])
    func aNewDefaultCardIsTriedAtOnce(_ code: String) async throws {
        let stage = try await Self.declined([code])
        #expect(try await stage.invoice().waitsFor == .retrying)
        try await stage.edit { $0.quantity = 1 }
        #expect(try await Self.triesSoon(stage) == 0, "nothing new yet")
        try await stage.card("new", of: "c1")
        try await stage.database.write { tx in try PaymentMethods.set(.default, to: "new", of: "c1", tx) }
        #expect(try await Self.triesSoon(stage) == 1)
        #expect(try await stage.attempts().map(\.paymentMethodID) == ["c1-card", "new"])
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    @Test func oneChangeLeadsToOneTryHoweverOftenTheRowIsWritten() async throws {
        let stage = try await Self.declined()
        let card = try await stage.card("new", of: "c1")
        stage.script(card, ["insufficient_funds", "insufficient_funds"])
        try await stage.database.write { tx in try PaymentMethods.set(.default, to: "new", of: "c1", tx) }
        #expect(try await Self.triesSoon(stage) == 1)
        for number in 1...3 {
            try await stage.edit { $0.amountMinor = 1000 + Int64(number) }
            try await stage.database.write { tx in
                try tx.execute("UPDATE payment_methods SET country = 'D' || ?1 WHERE id = 'new'", number)
            }
            #expect(try await Self.triesSoon(stage) == 0)
        }
        #expect(try await stage.violations() == [])
    }

    @Test func aPassingFaultIsNotHastenedByANewCard() async throws {
        let stage = try await Self.declined(["processing_error"])
        try await stage.database.write { tx in
            try tx.execute("UPDATE attempts SET decline_class = 'transient'")
        }
        try await stage.card("new", of: "c1")
        try await stage.database.write { tx in try PaymentMethods.set(.default, to: "new", of: "c1", tx) }
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(stage.wire.count(.confirm) == 1)
    }

    /// The owner writes what the card's holder told: the same saved card, with a new date.
    @Test func anExpiredCardThatWasRenewedIsTriedAtOnce() async throws {
        let stage = try Stage()
        let card = try await stage.customer()
        try await stage.database.write { tx in
            try tx.execute("UPDATE payment_methods SET exp_month = 1, exp_year = 2026")
        }
        stage.script(card, ["expired_card"])
        try await stage.subscribe()
        try await stage.run(days: 3)
        #expect(try await stage.invoice().waitsFor == .needsMethod)
        try await stage.database.write { tx in
            try tx.executeScript("UPDATE payment_methods SET exp_month = 1, exp_year = 2031")
        }
        #expect(try await Self.triesSoon(stage) == 1)
        let problems = try await Judge.problems(stage, .paid)
        #expect(problems == [])
    }

    @Test func aCardThatIsLostStaysClosedWhateverItsRowSays() async throws {
        let stage = try Stage()
        try await stage.customer(card: "pm_card_sandbox_lost_card")
        try await stage.subscribe()
        try await stage.run(days: 1)
        try await stage.database.write { tx in
            try tx.executeScript("UPDATE payment_methods SET exp_month = 1, exp_year = 2031")
        }
        #expect(try await Self.triesSoon(stage) == 0)
        #expect(try await stage.invoice().waitsFor == .needsMethod)
    }

    @Test func anExpiredCardIsNotSentAndTheReasonIsKept() async throws {
        let stage = try Stage()
        try await stage.customer()
        try await stage.card("usual", of: "c1")
        try await stage.database.write { tx in
            try tx.execute("UPDATE payment_methods SET exp_month = 12, exp_year = 2025 WHERE id = 'c1-card'")
        }
        try await stage.subscribe { $0.paymentMethodID = "c1-card" }
        try await stage.run(days: 1)
        #expect(try await stage.attempts().map(\.paymentMethodID) == ["usual"])
        let reasons = try await stage.text("SELECT reason FROM activity WHERE kind = 'method_passed_over'")
        #expect(reasons == ["c1-card expires 12/2025, before it is charged; taken: usual"])
    }

    @Test(arguments: [true, false])
    func aBackupIsTriedOnceAfterADeclineWhereTheCustomerAgreed(_ isAgreed: Bool) async throws {
        let stage = try await Self.declined()
        let card = try await stage.card("spare", of: "c1", isDefault: false)
        stage.script(card, ["insufficient_funds"])
        try await stage.database.write { tx in
            try tx.execute(
                "UPDATE payment_methods SET is_backup = 1, consent_at = ?1 WHERE id = 'spare'",
                isAgreed ? "2025-12-01" : nil)
        }
        try await stage.run(days: 20)
        let used = try await stage.attempts().map(\.paymentMethodID)
        #expect(used.filter { $0 == "spare" }.count == (isAgreed ? 1 : 0))
        #expect(used.count >= 3)
        #expect(try await stage.violations() == [])
    }

    @Test func whereTheCustomerIsAskedTheReasonAgainstEachOtherCardIsKept() async throws {
        let stage = try Stage()
        try await stage.customer(card: "pm_card_sandbox_lost_card")
        try await stage.card("spare", of: "c1", isDefault: false)
        try await stage.database.write { tx in
            try tx.execute("UPDATE payment_methods SET is_backup = 1, consent_at = NULL WHERE id = 'spare'")
        }
        try await stage.subscribe()
        try await stage.run(days: 1)
        #expect(try await stage.invoice().waitsFor == .needsMethod)
        let reasons = try await stage.text("SELECT reason FROM activity WHERE kind = 'needs_method'")
        #expect(reasons.count == 1)
        #expect(reasons.first?.hasSuffix("spare is a backup, and no consent to charge it is on record") == true)
    }

    /// The event that tells of it may be lost: the answer to the charge tells as well, and no unknown stays behind.
    @Test(arguments: [true, false])
    func aCardThatWasDetachedUnheardOfIsChargedNoMoreAndTheNextOneIsTaken(_ hasDeclinedBefore: Bool) async throws {
        let stage = try hasDeclinedBefore ? await Self.declined() : Stage()
        if !hasDeclinedBefore {
            try await stage.customer()
            try await stage.subscribe()
        }
        let card = try await stage.text("SELECT gateway_payment_method_id FROM payment_methods")[0]
        try stage.post("/v1/payment_methods/\(card)/detach", "")
        try await stage.run(days: 8)
        #expect(try await stage.attempts().last?.state == .refused)
        #expect(try await stage.invoice().waitsFor == .needsMethod)
        #expect(try await stage.violations() == [])
        try await stage.card("other", of: "c1")
        try await stage.database.write { tx in try PaymentMethods.set(.default, to: "other", of: "c1", tx) }
        #expect(try await Self.triesSoon(stage) == 1)
        #expect(try await stage.invoice().state == .paid)
        #expect(try await stage.violations() == [])
    }

    @Test func aNewBrandStopsTheCardUntilTheCustomerAgreesAnew() async throws {
        let stage = try await Self.declined()
        try await stage.database.write { tx in
            try tx.execute("UPDATE payment_methods SET last4 = '4242' WHERE id = 'c1-card'")
            try tx.execute("UPDATE payment_methods SET brand = 'mastercard', last4 = '4444' WHERE id = 'c1-card'")
        }
        try await stage.run(days: 30)
        #expect(stage.wire.count(.confirm) == 1)
        #expect(try await stage.invoice().waitsFor == .needsMethod)
        stage.script(try await stage.text("SELECT gateway_payment_method_id FROM payment_methods")[0], [nil])
        try await stage.database.write { tx in
            try tx.execute("UPDATE payment_methods SET consent_at = '2026-02-01' WHERE id = 'c1-card'")
        }
        #expect(try await Self.triesSoon(stage) == 1)
        #expect(try await stage.invoice().state == .paid)
    }

    @Test func whereNoCardIsLeftTheCustomerIsAskedAtOnce() async throws {
        let stage = try await Self.declined()
        try await stage.database.write { tx in
            try RetryBudget.close(
                gateway: stage.name, cardKey: try #require(try PaymentMethods.find("c1-card", tx)).cardKey,
                .init(cause: .detached, reason: "it was detached"), now: stage.clock.now, tx)
        }
        try await stage.edit { $0.amountMinor = 1100 }
        try await stage.pass { $0.waitSeconds = 0 }
        #expect(try await stage.invoice().waitsFor == .needsMethod)
        #expect(try await stage.violations() == [])
    }
}
