/// Why a charge was declined, in the gateway's codes. Nothing here is card data.
public struct Decline: Hashable, Sendable {
    /// `card_declined`, `expired_card`, `authentication_required`, …
    public var code: String?
    /// `insufficient_funds`, `lost_card`, …
    public var declineCode: String?
    /// Stripe's `advice_code`.
    public var adviceCode: String?
    public var networkDeclineCode: String?
    /// Mastercard's merchant advice code.
    public var networkAdviceCode: String?
    /// The gateway's text, cleaned of anything that looks like card data.
    public var message: String?
    /// The failed charge, `ch_…`.
    public var chargeID: String?

    public init(
        code: String? = nil, declineCode: String? = nil, adviceCode: String? = nil, networkDeclineCode: String? = nil,
        networkAdviceCode: String? = nil, message: String? = nil, chargeID: String? = nil
    ) {
        self.code = code
        self.declineCode = declineCode
        self.adviceCode = adviceCode
        self.networkDeclineCode = networkDeclineCode
        self.networkAdviceCode = networkAdviceCode
        self.message = message.map(Redaction.clean)
        self.chargeID = chargeID
    }

    /// The code that names the reason best: the issuer's, else the error's.
    public var reason: String { declineCode ?? code ?? "unknown" }
}

/// What a decline means for later attempts.
public enum DeclineClass: String, Hashable, Sendable, CaseIterable {
    /// Not enough money now: pay days help.
    case funds
    /// A passing fault of the network or issuer.
    case transient
    /// The issuer said no without a reason that forbids another try.
    case issuerSoft = "issuer_soft"
    /// This card will not work any more: another one is needed.
    case needsMethod = "needs_method"
    /// The bank wants the customer in session.
    case needsAuth = "needs_auth"
    /// Never again on this card.
    case never

    /// True when the card may be tried again without the customer.
    public var mayRetry: Bool {
        switch self {
        case .funds, .transient, .issuerSoft: true
        case .needsMethod, .needsAuth, .never: false
        }
    }
}
