/// How a test card answers. Fixed when the card is made; what has happened to it since is in `CardHistory`.
struct CardBehavior: Hashable, Sendable {
    /// When the issuer wants the card holder to authenticate.
    enum Authentication: Hashable, Sendable {
        case never
        /// Only when the merchant asks for it.
        case onRequest
        /// Every time, also for a card that was set up.
        case always
        /// Off session only while the card has not been set up for it; on session always.
        case unlessSetUp
        /// Off session never, as if it had been set up elsewhere; on session always.
        case onSession
    }

    enum RefundCourse: Hashable, Sendable {
        case immediate
        /// Pending first, then succeeded.
        case pending
        /// Succeeded first, then failed.
        case fails
    }

    enum DisputeKind: String, Hashable, Sendable {
        case fraudulent
        case productNotReceived = "product_not_received"
        /// An inquiry: no money is withdrawn yet.
        case inquiry
        /// A warning of fraud by the issuer, no dispute.
        case earlyFraudWarning
    }

    var authentication = Authentication.never
    /// The decline code of an attach or a SetupIntent.
    var attachDecline: String?
    /// The decline code of a charge.
    var chargeDecline: String?
    /// How many charges are declined before they succeed; nil for all.
    var declinesMax: Int?
    var isBlocked = false
    /// What the gateway's own scoring says of a charge that it lets through: `normal`, `elevated` or `highest`.
    var riskLevel = "normal"
    /// Whether the money of a charge can be paid out at once.
    var isAvailableAtOnce = false
    var dispute: DisputeKind?
    /// How long a charge is processing before the issuer answers; nil for an answer at once.
    var processingMilliseconds: Int64?
    var refundCourse = RefundCourse.immediate
    /// Whether answers are drawn from the profile of the options.
    var isStatistical = false
}

/// What a card has been through; decides its next answer together with its behavior.
struct CardHistory: Sendable {
    /// Set up for off-session use by a SetupIntent or a payment with `setup_future_usage`.
    var isSetUp = false
    var chargeCount: UInt64 = 0
    var declineCount = 0
    /// Answers to give before the behavior counts again: a decline code each, nil for success.
    var script: [String?] = []
    /// The trouble that a statistical card is in.
    var trouble: CardTrouble?
}
