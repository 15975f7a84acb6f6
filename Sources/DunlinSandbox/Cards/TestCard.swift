/// A card number or token that the sandbox knows, and how it answers.
struct TestCard: Sendable {
    let number: String
    let tokens: [String]
    let behavior: CardBehavior
    var funding = "credit"

    /// The cards of docs.stripe.com/testing and of WooshPay's guides.
    static let all: [TestCard] = [
        TestCard(number: "4242424242424242", tokens: ["pm_card_visa"], behavior: CardBehavior()),
        TestCard(
            number: "4000056655665556", tokens: ["pm_card_visa_debit"], behavior: CardBehavior(), funding: "debit"),
        TestCard(number: "5555555555554444", tokens: ["pm_card_mastercard"], behavior: CardBehavior()),
        TestCard(number: "378282246310005", tokens: ["pm_card_amex"], behavior: CardBehavior()),
        TestCard(number: "6011111111111117", tokens: ["pm_card_discover"], behavior: CardBehavior()),
        TestCard(number: "3566002020360505", tokens: ["pm_card_jcb"], behavior: CardBehavior()),
        TestCard(number: "4111111111111111", tokens: [], behavior: CardBehavior(authentication: .onRequest)),
        TestCard(number: "4462030000000000", tokens: [], behavior: CardBehavior(authentication: .unlessSetUp)),
        TestCard(number: "4761344136141390", tokens: [], behavior: CardBehavior()),
        TestCard(
            number: "4000002500003155", tokens: ["pm_card_authenticationRequiredOnSetup"],
            behavior: CardBehavior(authentication: .unlessSetUp)),
        TestCard(
            number: "4000002760003184", tokens: ["pm_card_authenticationRequired"],
            behavior: CardBehavior(authentication: .always)),
        TestCard(
            number: "4000003800000446", tokens: ["pm_card_authenticationRequiredSetupForOffSession"],
            behavior: CardBehavior(authentication: .onSession)),
        TestCard(
            number: "4000008260003178", tokens: ["pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"],
            behavior: CardBehavior(authentication: .unlessSetUp, chargeDecline: "insufficient_funds")),
        TestCard(
            number: "4000000000003220", tokens: ["pm_card_threeDSecure2Required"],
            behavior: CardBehavior(authentication: .unlessSetUp)),
        TestCard(
            number: "4000008400001629", tokens: ["pm_card_threeDSecureRequiredChargeDeclined"],
            behavior: CardBehavior(authentication: .unlessSetUp, chargeDecline: "generic_decline")),
        TestCard(
            number: "4000000000003055", tokens: ["pm_card_threeDSecureOptional"],
            behavior: CardBehavior(authentication: .onRequest)),
        stored("4000000000000341", "pm_card_chargeCustomerFail", "generic_decline"),
        stored("", "pm_card_visa_chargeCustomerFailLostCard", "lost_card"),
        stored("", "pm_card_visa_chargeCustomerFailStolenCard", "stolen_card"),
        declined(
            "4000000000000002", "pm_card_visa_chargeDeclined", "generic_decline", also: "pm_card_chargeDeclined"),
        declined(
            "4000000000009995", "pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds",
            also: "pm_card_chargeDeclinedInsufficientFunds"),
        declined("4000000000009987", "pm_card_visa_chargeDeclinedLostCard", "lost_card"),
        declined("4000000000009979", "pm_card_visa_chargeDeclinedStolenCard", "stolen_card"),
        declined("4000000000000069", "pm_card_chargeDeclinedExpiredCard", "expired_card"),
        declined("4000000000000127", "pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc"),
        declined("4000000000000119", "pm_card_chargeDeclinedProcessingError", "processing_error"),
        TestCard(
            number: "4000000000000077", tokens: ["pm_card_bypassPending"],
            behavior: CardBehavior(isAvailableAtOnce: true)),
        declined("", "pm_card_chargeDeclinedFraudulent", "fraudulent"),
        declined("4000000000006975", "pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_velocity_exceeded"),
        TestCard(
            number: "4100000000000019", tokens: ["pm_card_radarBlock"],
            behavior: CardBehavior(chargeDecline: "fraudulent", isBlocked: true)),
        TestCard(
            number: "4000000000004954", tokens: ["pm_card_riskLevelHighest"],
            behavior: CardBehavior(riskLevel: "highest")),
        TestCard(
            number: "4000000000009235", tokens: ["pm_card_riskLevelElevated"],
            behavior: CardBehavior(riskLevel: "elevated")),
        disputed("4000000000000259", "pm_card_createDispute", .fraudulent),
        disputed("4000000000002685", "pm_card_createDisputeProductNotReceived", .productNotReceived),
        disputed("4000000000001976", "pm_card_createDisputeInquiry", .inquiry),
        disputed("4000000000005423", "pm_card_createIssuerFraudRecord", .earlyFraudWarning),
        TestCard(
            number: "4000000000007726", tokens: ["pm_card_pendingRefund"],
            behavior: CardBehavior(refundCourse: .pending)),
        TestCard(
            number: "4000000000005126", tokens: ["pm_card_refundFail"], behavior: CardBehavior(refundCourse: .fails)),
    ]

    private static let byNumber = Dictionary(
        uniqueKeysWithValues: all.filter { !$0.number.isEmpty }.map { ($0.number, $0) })
    private static let byToken = Dictionary(
        uniqueKeysWithValues: all.flatMap { card in card.tokens.map { ($0, card) } })

    /// The card with a token such as `pm_card_visa` or `pm_card_sandbox_insufficient_funds_2`; nil if there is none.
    static func token(_ token: String) -> TestCard? { byToken[token] ?? OwnCard(token: token)?.card }

    /// The card with a number; nil if it is not a test card.
    static func number(_ number: String) -> TestCard? { byNumber[number] ?? OwnCard(number: number)?.card }

    /// Declined on every use, so it cannot be attached either.
    private static func declined(
        _ number: String, _ token: String, _ code: String, also other: String? = nil
    ) -> TestCard {
        TestCard(
            number: number, tokens: [token] + [other].compactMap(\.self),
            behavior: CardBehavior(attachDecline: code, chargeDecline: code))
    }

    /// Attached without trouble, declined when charged.
    private static func stored(_ number: String, _ token: String, _ code: String) -> TestCard {
        TestCard(number: number, tokens: [token], behavior: CardBehavior(chargeDecline: code))
    }

    private static func disputed(_ number: String, _ token: String, _ kind: CardBehavior.DisputeKind) -> TestCard {
        TestCard(number: number, tokens: [token], behavior: CardBehavior(dispute: kind))
    }
}
