/// Plain words for a decline whose own text was not kept.
enum DeclineWords {
    /// - Parameters:
    ///   - code: the issuer's code, else the gateway's error code.
    ///   - declineClass: the class by which Dunlin acted.
    static func reason(code: String?, declineClass: String?) -> String? {
        if let declineClass, let words = byClass[declineClass] { return words }
        return code.map { "The gateway answered \($0)." }
    }

    // Lost, stolen and fraud are told to no one but the issuer's customer, so the words stay general (billing.md 2.6).
    private static let byClass = [
        "funds": "There is not enough money on the card.",
        "transient": "A passing fault at the bank.",
        "issuer_soft": "The bank declined the charge.",
        "needs_method": "This card will not work any more.",
        "needs_auth": "The bank wants the customer to confirm the payment.",
        "never": "The bank refuses this card for good.",
    ]
}
