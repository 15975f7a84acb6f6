import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import Testing

/// What is stored of a card that a gateway has saved.
@Suite struct SavedCardTests {
    private static let details = CardDetails(
        brand: "visa", last4: "4242", expMonth: 4, expYear: 2031, country: "DE", funding: "credit", fingerprint: "fp_1")

    private static func method(_ id: String, _ card: CardDetails? = details) -> PaymentMethodSnapshot {
        PaymentMethodSnapshot(id: id, type: "card", customerID: "cus_1", card: card)
    }

    private static func store(
        _ id: String, card: CardDetails? = details, customer: String = "cus_1", consentAt: Instant? = nil,
        _ tx: Transaction
    ) throws -> SavedCards.Stored {
        try SavedCards.store(
            method(id, card), gateway: "stripe", gatewayCustomerID: customer, consentAt: consentAt, now: Desk.now, tx)
    }

    @Test func aNewCardIsARowOfItsCustomerWithWhatMayBeKept() async throws {
        let desk = try await Desk()
        let row = try await desk.write { (tx: Transaction) throws -> PaymentMethod? in
            #expect(try Self.store("pm_2", consentAt: Desk.now, tx) == .added("pm_2"))
            return try PaymentMethods.find("pm_2", tx)
        }
        #expect(
            row
                == PaymentMethod(
                    id: "pm_2", customerID: "cus", gatewayPaymentMethodID: "pm_2", brand: "visa", last4: "4242",
                    expMonth: 4, expYear: 2031, isDefault: true, consentAt: Desk.now.rfc3339Seconds,
                    fingerprint: "fp_1", country: "DE", funding: "credit"))
        try await desk.write { (tx: Transaction) throws in
            #expect(try Self.store("pm_2", tx) == .unchanged("pm_2"))
            #expect(try Self.store("pm_3", tx) == .added("pm_3"))
            #expect(try PaymentMethods.find("pm_3", tx)?.isDefault == false)
        }
    }

    @Test func theCardOfACustomerWhoIsNotHereIsNotStored() async throws {
        let desk = try await Desk()
        try await desk.write { (tx: Transaction) throws in
            #expect(try Self.store("pm_2", customer: "cus_other", tx) == .customerNotHere("cus_other"))
            #expect(try PaymentMethods.count(tx) == 1)
        }
    }

    @Test func aKnownCardLearnsAndForgetsNothing() async throws {
        let desk = try await Desk()
        try await desk.write { (tx: Transaction) throws in
            try PaymentMethods.set(.backup, to: "pm", of: "cus", tx)
            #expect(try Self.store("pm_1", tx) == .changed("pm"))
            #expect(try Self.store("pm_1", card: CardDetails(), tx) == .unchanged("pm"))
            let row = try #require(try PaymentMethods.find("pm", tx))
            #expect(row.last4 == "4242" && row.isBackup && !row.isDefault)
        }
    }

    @Test func anIDThatTheOwnerGaveToAnotherRowIsLeftToIt() async throws {
        let desk = try await Desk()
        try await desk.write { (tx: Transaction) throws in
            #expect(try Self.store("pm", tx) == .added("pm-2"))
            #expect(try PaymentMethods.find("pm", tx)?.gatewayPaymentMethodID == "pm_1")
        }
    }

    @Test func aFinalDeclineStaysKnownWhenTheFingerprintIsLearned() async throws {
        let desk = try await Desk()
        try await desk.write { (tx: Transaction) throws in
            try RetryBudget.close(gateway: "stripe", cardKey: "pm_1", reason: "lost_card", now: Desk.now, tx)
            _ = try Self.store("pm_1", tx)
            #expect(try RetryBudget.closedReason(gateway: "stripe", cardKey: "fp_1", tx) == "lost_card")
        }
    }

    @Test func whatWasTriedBeforeTheFingerprintWasLearnedIsCountedUnderItAndMarkedSo() async throws {
        let desk = try await Desk()
        try await desk.write { (tx: Transaction) throws in
            let invoice = try Desk.invoice(tx)
            let id = try Desk.attempt(tx, of: invoice, intent: try Desk.intent(tx, of: invoice))
            _ = try Self.store("pm_1", tx)
            #expect(try Attempts.get(id, tx).cardKey == "fp_1")
            let learnedAfter: Int64? = try tx.value("SELECT card_learned_after FROM attempts WHERE id = ?1", id)
            #expect(learnedAfter == id)
        }
    }

    @Test func aCustomerHasOneDefaultAndOneBackup() async throws {
        let desk = try await Desk()
        try await desk.write { (tx: Transaction) throws in
            for id in ["pm_2", "pm_3"] { _ = try Self.store(id, tx) }
            for id in ["pm_3", "pm_2"] {
                try PaymentMethods.set(.default, to: id, of: "cus", tx)
                try PaymentMethods.set(.backup, to: "pm", of: "cus", tx)
                let all = try PaymentMethods.ofCustomer("cus", tx)
                #expect(all.filter(\.isDefault).map(\.id) == [id] && all.filter(\.isBackup).map(\.id) == ["pm"])
            }
        }
    }

    @Test func theMirrorOfASetupIntentGoesForwardOnly() async throws {
        let desk = try await Desk()
        try await desk.write { (tx: Transaction) throws in
            #expect(try Self.note(.requiresAction, after: 10, tx) == "requires_action")
            #expect(try Self.note(.requiresPaymentMethod, after: 5, tx) == "requires_action")
            #expect(try Self.note(.other("next_year"), after: 20, tx) == "requires_action")
            #expect(try Self.note(.succeeded, method: "pm_1", after: 20, tx) == "succeeded")
            #expect(try Self.note(.canceled, after: 30, tx) == "succeeded")
            let row = try SetupIntents.find(gateway: "stripe", gatewayID: "seti_1", tx)
            #expect(row?.gatewayPaymentMethodID == "pm_1" && row?.gatewayCustomerID == "cus_1")
        }
    }

    /// Notes a look at the SetupIntent, and tells what the mirror says then.
    private static func note(
        _ status: SetupIntentStatus, method: String? = nil, after seconds: Int64, _ tx: Transaction
    ) throws -> String? {
        let seen = SetupIntentSnapshot(id: "seti_1", status: status, customerID: "cus_1", paymentMethodID: method)
        try SetupIntents.note(seen, gateway: "stripe", askedAt: Desk.now.adding(seconds: seconds), tx)
        return try SetupIntents.find(gateway: "stripe", gatewayID: "seti_1", tx)?.status
    }
}
