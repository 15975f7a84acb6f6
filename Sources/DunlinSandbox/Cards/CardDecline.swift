/// What an issuer, the network or the gateway's own rules say when they refuse a card.
struct CardDecline: Hashable, Sendable {
    /// `error.code`: `card_declined` or a more exact code.
    let code: String
    let declineCode: String
    /// `try_again_later`, `do_not_try_again`, `confirm_card_data`, or nil.
    let advice: String?
    /// The network's own code, by ISO 8583 and Visa's additions.
    let networkDeclineCode: String?
    /// Mastercard's merchant advice code.
    let networkAdviceCode: String?
    /// The parameter that is to blame.
    let parameter: String?
    let message: String
    /// Whether the gateway refused before it asked the network.
    var isBlocked = false
}

extension CardDecline {
    /// Every decline by its decline code. Codes, advice and parameters: docs.stripe.com/declines/codes and
    /// docs.stripe.com/testing; network codes: ISO 8583.
    static let byCode: [String: CardDecline] = Dictionary(
        uniqueKeysWithValues: all.map { ($0.declineCode, $0) })

    /// The decline codes in the order that the numbers of the sandbox's own cards count. New ones go to the end.
    static let codesInNumberOrder: [String] = all.map(\.declineCode)

    static func named(_ declineCode: String) -> CardDecline {
        byCode[declineCode] ?? soft(declineCode, "05")
    }

    static let authenticationRequired = CardDecline(
        code: "authentication_required", declineCode: "authentication_required", advice: nil,
        networkDeclineCode: nil, networkAdviceCode: nil, parameter: nil,
        message: "Your card was declined. This transaction requires authentication.")

    static let authenticationNotHandled = CardDecline(
        code: "authentication_required", declineCode: "authentication_not_handled", advice: nil,
        networkDeclineCode: nil, networkAdviceCode: nil, parameter: nil,
        message: "Your card was declined. This transaction requires authentication.")

    static let blocked: CardDecline = {
        var decline = hard("fraudulent", nil)
        decline.isBlocked = true
        return decline
    }()

    private static let all: [CardDecline] = [
        CardDecline(
            code: "card_declined", declineCode: "generic_decline", advice: "try_again_later",
            networkDeclineCode: "01", networkAdviceCode: nil, parameter: nil, message: "Your card was declined."),
        soft("insufficient_funds", "51", "Your card has insufficient funds."),
        hard("lost_card", "41"),
        hard("stolen_card", "43"),
        data("expired_card", "54", "exp_month", "Your card has expired.", adviceCode: "03"),
        data("incorrect_cvc", "N7", "cvc", "Your card's security code is incorrect."),
        CardDecline(
            code: "processing_error", declineCode: "processing_error", advice: "try_again_later",
            networkDeclineCode: "96", networkAdviceCode: "02", parameter: nil,
            message: "An error occurred while processing your card. Try again later."),
        CardDecline(
            code: "card_declined", declineCode: "fraudulent", advice: nil, networkDeclineCode: nil,
            networkAdviceCode: nil, parameter: nil, message: "Your card was declined."),
        soft("card_velocity_exceeded", "65", "Your card was declined for making repeated attempts too frequently."),
        soft("do_not_honor", "05"),
        hard("do_not_try_again", "R0"),
        hard("pickup_card", "04"),
        hard("revocation_of_authorization", "R1"),
        hard("revocation_of_all_authorizations", "R3"),
        hard("stop_payment_order", "R0"),
        hard("transaction_not_allowed", "57"),
        hard("invalid_account", "14"),
        hard("card_not_supported", "57"),
        soft("issuer_not_available", "91"),
        soft("try_again_later", "19"),
        soft("reenter_transaction", "19"),
        soft("call_issuer", "01"),
        soft("approve_with_id", "08"),
        soft("no_action_taken", "21"),
        soft("withdrawal_count_limit_exceeded", "65"),
        hard("restricted_card", "62"),
        hard("security_violation", "63"),
        hard("service_not_allowed", "57"),
        hard("not_permitted", "57"),
        hard("currency_not_supported", "57"),
        data("new_account_information_available", "05", nil, "Your card was declined.", adviceCode: "01"),
        data("incorrect_number", "14", "number", "Your card number is incorrect."),
        soft("duplicate_transaction", "94"),
        CardDecline(
            code: "card_declined", declineCode: "testmode_decline", advice: nil, networkDeclineCode: nil,
            networkAdviceCode: nil, parameter: nil,
            message: "Your card was declined. This is a sandbox and the card is not one of its test cards."),
    ]

    private static func soft(
        _ declineCode: String, _ network: String, _ message: String = "Your card was declined."
    ) -> CardDecline {
        CardDecline(
            code: "card_declined", declineCode: declineCode, advice: "try_again_later", networkDeclineCode: network,
            networkAdviceCode: nil, parameter: nil, message: message)
    }

    private static func hard(_ declineCode: String, _ network: String?) -> CardDecline {
        CardDecline(
            code: "card_declined", declineCode: declineCode, advice: "do_not_try_again", networkDeclineCode: network,
            networkAdviceCode: network == nil ? nil : "03", parameter: nil, message: "Your card was declined.")
    }

    private static func data(
        _ declineCode: String, _ network: String, _ parameter: String?, _ message: String, adviceCode: String? = nil
    ) -> CardDecline {
        CardDecline(
            code: parameter == nil ? "card_declined" : declineCode, declineCode: declineCode,
            advice: "confirm_card_data", networkDeclineCode: network, networkAdviceCode: adviceCode,
            parameter: parameter, message: message)
    }
}
