/// Plain words for a decline, for people who will never read the gateway's documentation.
enum DeclineWords {
    /// - Parameters:
    ///   - code: the issuer's code, else the gateway's error code.
    ///   - declineClass: the class by which Dunlin acted.
    static func reason(code: String?, declineClass: String?) -> String? {
        if let code, let words = byCode[code] { return words }
        if let declineClass, let words = byClass[declineClass] { return words }
        return code.map { "the gateway answered \($0)" }
    }

    // Lost, stolen and fraud are told to no one but the issuer's customer, so the words stay general (billing.md 2.6).
    private static let byCode = [
        "insufficient_funds": "not enough money on the card",
        "expired_card": "the card has expired",
        "lost_card": "the bank refuses this card for good",
        "stolen_card": "the bank refuses this card for good",
        "pickup_card": "the bank refuses this card for good",
        "fraudulent": "the bank refuses this card for good",
        "generic_decline": "the bank said no without a reason",
        "card_declined": "the bank said no without a reason",
        "do_not_honor": "the bank said no without a reason",
        "authentication_required": "the bank wants the customer to confirm the payment",
        "incorrect_number": "the card number is wrong",
        "incorrect_cvc": "the card's security code is wrong",
        "processing_error": "a passing fault at the bank",
        "issuer_not_available": "the bank could not be reached",
        "try_again_later": "the bank asks to try later",
        "card_velocity_exceeded": "the card's limit is used up",
        "withdrawal_count_limit_exceeded": "the card's limit is used up",
        "card_not_supported": "the card does not allow this kind of payment",
        "currency_not_supported": "the card does not take this currency",
        "revocation_of_authorization": "the customer stopped these payments at the bank",
        "revocation_of_all_authorizations": "the customer stopped these payments at the bank",
        "stop_payment_order": "the customer stopped these payments at the bank",
        "account_closed": "the account behind the card is closed",
        "invalid_account": "the account behind the card is closed",
    ]

    private static let byClass = [
        "funds": "not enough money on the card",
        "transient": "a passing fault at the bank",
        "issuer_soft": "the bank said no without a reason",
        "needs_method": "this card will not work any more",
        "needs_auth": "the bank wants the customer to confirm the payment",
        "never": "the bank refuses this card for good",
    ]
}
