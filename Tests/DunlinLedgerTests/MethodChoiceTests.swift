import DunlinCalendar
import DunlinDatabase
import DunlinTesting
import Testing

@testable import DunlinLedger

/// Which card a try goes to, and why the others do not get it.
@Suite struct MethodChoiceTests {
    private typealias Candidate = MethodChoice.Candidate

    private static func candidate(
        _ id: String, isDefault: Bool = false, isBackup: Bool = false, consentAt: String? = nil,
        expires: (year: Int, month: Int)? = nil, brand: String? = "visa", agreed: String? = nil,
        closings: [RetryBudget.Closing] = [], type: String = "card"
    ) -> MethodChoice.Candidate {
        let method = PaymentMethod(
            id: id, customerID: "cus", gatewayPaymentMethodID: "pm_\(id)", type: type, brand: brand,
            expMonth: expires?.month, expYear: expires?.year, isDefault: isDefault, isBackup: isBackup,
            consentAt: consentAt)
        return Candidate(method: method, agreedBrand: agreed, closings: closings)
    }

    private static let day = LocalDate("2026-11-21") ?? .min

    private static func choose(
        _ candidates: [MethodChoice.Candidate], own: String? = nil, after attempts: [Attempt] = []
    ) -> MethodChoice.Choice {
        MethodChoice.choose(candidates, ownID: own, on: day, after: attempts)
    }

    @Test func theSubscriptionsOwnMethodComesBeforeTheDefaultAndThatBeforeTheBackup() {
        let own = Self.candidate("own")
        let usual = Self.candidate("usual", isDefault: true)
        let backup = Self.candidate("backup", isBackup: true, consentAt: "2026-01-01")
        let other = Self.candidate("other")
        let all = [usual, backup, other, own]
        #expect(Self.choose(all, own: "own").method?.id == "own")
        #expect(Self.choose(all).method?.id == "usual")
        #expect(Self.choose([backup, other]).method?.id == "backup")
        #expect(Self.choose([other]).method == nil)
        #expect(Self.choose([other]).reason == "the customer has no payment method")
    }

    @Test(arguments: [
        (Self.candidate("a", isDefault: true, expires: (2026, 10)), MethodChoice.Why.expired),
        (Self.candidate("a", isDefault: true, type: "sepa_debit"), .notCard),
        (Self.candidate("a", isDefault: true, brand: "mastercard", agreed: "visa"), .otherBrand),
        (
            Self.candidate("a", isDefault: true, closings: [.init(cause: .detached, reason: "it was detached")]),
            .closed(.detached)
        ),
        (
            Self.candidate("a", isDefault: true, closings: [.init(cause: .never, reason: "lost_card")]),
            .closed(.never)
        ),
    ])
    func whatCannotBeChargedIsPassedOverWithItsReason(
        _ bad: MethodChoice.Candidate, _ why: MethodChoice.Why
    ) throws {
        let backup = Self.candidate("b", isBackup: true, consentAt: "2026-01-01")
        let choice = Self.choose([bad, backup])
        #expect(choice.method?.id == "b")
        #expect(choice.passedOver.map(\.why) == [why])
        #expect(try #require(choice.passedOver.first).text.hasPrefix("a "))
        #expect(Self.choose([bad]).method == nil)
    }

    @Test func aCardIsGoodToTheEndOfItsMonth() {
        #expect(Self.choose([Self.candidate("a", isDefault: true, expires: (2026, 11))]).method != nil)
        #expect(Self.choose([Self.candidate("a", isDefault: true, expires: (2025, 12))]).method == nil)
    }

    @Test func aBackupWithoutConsentIsNeverCharged() {
        let choice = Self.choose([Self.candidate("b", isBackup: true)])
        #expect(choice.method == nil)
        #expect(choice.passedOver.map(\.why) == [.noConsent])
    }

    /// The customers' own ways of writing a brand are no change of it.
    @Test(arguments: [
        ("Visa", "visa", true), ("VISA DEBIT", "visa", true), ("American Express", "amex", true),
        ("american_express", "amex", true), ("unknown", "visa", true), ("shopcard", "visa", true),
        ("visa", "mastercard", false), ("Mastercard", "maestro", false),
    ])
    func onlyAnotherBrandNeedsANewAgreement(agreed: String, now: String, isCharged: Bool) {
        let choice = Self.choose([Self.candidate("a", isDefault: true, brand: now, agreed: agreed)])
        #expect((choice.method != nil) == isCharged)
    }

    /// The issuer wanted another card: the same number with a new date is one, and so is another number.
    @Test func aCardThatWasClosedAsItWasIsAnotherOneOnceItChanged() {
        var method = PaymentMethod(
            id: "a", customerID: "cus", gatewayPaymentMethodID: "pm_a", expMonth: 9, expYear: 2026, fingerprint: "one")
        let closing = RetryBudget.Closing(
            cause: .needsMethod, reason: "expired_card", fingerprint: "one", cardExpiry: "2026-09")
        #expect(closing.blocks(method))
        method.expYear = 2030
        #expect(!closing.blocks(method))
        method.expYear = 2026
        method.fingerprint = "two"
        #expect(!closing.blocks(method))
        method.fingerprint = nil
        #expect(closing.blocks(method), "what is not known tells no difference")
        method.expYear = 2030
        var final = closing
        final.cause = .never
        #expect(final.blocks(method), "a final decline holds for good")
    }

    // MARK: - What the owner agreed to

    private static func brand(_ tx: Transaction) throws -> String? { try PaymentMethods.agreedBrand("pm", tx) }

    @Test func aBrandThatChangesUnderTheSameAgreementIsNotAgreedTo() async throws {
        let desk = try await Desk()
        try await desk.write { (tx: Transaction) throws in
            try tx.execute("UPDATE payment_methods SET brand = 'visa', is_default = 1 WHERE id = 'pm'")
            #expect(try Self.brand(tx) == "visa", "the first brand that is known is learned")
            try tx.execute("UPDATE payment_methods SET brand = 'mastercard' WHERE id = 'pm'")
            #expect(try Self.brand(tx) == "visa")
            let subscription = try #require(try Subscriptions.find("sub", tx))
            let choice = try MethodChoice.choose(for: subscription, gateway: "stripe", on: Self.day, tx)
            #expect(choice.method == nil)
            #expect(choice.reason.contains("agreed to visa"))
            try tx.execute("UPDATE payment_methods SET consent_at = '2026-11-21' WHERE id = 'pm'")
            #expect(try Self.brand(tx) == "mastercard")
            #expect(try MethodChoice.choose(for: subscription, gateway: "stripe", on: Self.day, tx).method != nil)
            try tx.execute("UPDATE payment_methods SET brand = 'visa', consent_at = '2026-11-01' WHERE id = 'pm'")
            #expect(try Self.brand(tx) == "mastercard", "an older consent is none to the new brand")
            try tx.execute("UPDATE payment_methods SET gateway_payment_method_id = 'pm_new' WHERE id = 'pm'")
            #expect(try Self.brand(tx) == "visa", "another saved card is another agreement")
        }
    }

    @Test func anInsertOrReplaceDoesNotForgetTheAgreement() async throws {
        let desk = try await Desk()
        try await desk.write { (tx: Transaction) throws in
            for brand in ["visa", "mastercard"] {
                try tx.execute(
                    """
                    INSERT OR REPLACE INTO payment_methods (id, customer_id, gateway_payment_method_id, type, brand)
                    VALUES ('p2', 'cus', 'pm_2', 'card', ?1)
                    """, brand)
            }
            #expect(try PaymentMethods.agreedBrand("p2", tx) == "visa")
        }
    }
}
