/// A card of the sample: what the sandbox makes of it.
struct SampleCard: Sendable {
    /// The sandbox's token (docs/sandbox.md, "Cards").
    let token: String

    /// By how many cards of a thousand behave so: most as published figures say, some each in one way that dunning
    /// must know.
    static let all: [(weight: Int, card: SampleCard)] = [
        (700, SampleCard(token: "pm_card_statistical")),
        (110, SampleCard(token: "pm_card_statistical_debit")),
        (30, good[0]), (25, good[1]), (15, good[2]),
        (16, SampleCard(token: "pm_card_sandbox_insufficient_funds_2")),
        (8, SampleCard(token: "pm_card_sandbox_insufficient_funds")),
        (14, SampleCard(token: "pm_card_sandbox_do_not_honor_1")),
        (6, SampleCard(token: "pm_card_sandbox_generic_decline")),
        (14, SampleCard(token: "pm_card_sandbox_processing_error_1")),
        (12, SampleCard(token: "pm_card_sandbox_expired_card")),
        (6, SampleCard(token: "pm_card_sandbox_lost_card")),
        (6, SampleCard(token: "pm_card_sandbox_stolen_card")),
        (6, SampleCard(token: "pm_card_sandbox_pickup_card")),
        (6, SampleCard(token: "pm_card_sandbox_revocation_of_authorization")),
        (16, SampleCard(token: "pm_card_authenticationRequired")),
        (10, SampleCard(token: "pm_card_authenticationRequiredSetupForOffSession")),
    ]

    /// Cards that pay.
    static let good = [
        SampleCard(token: "pm_card_visa"), SampleCard(token: "pm_card_mastercard"), SampleCard(token: "pm_card_amex"),
    ]
}
