/// How statistical cards answer. Parts per million, because no chance here is a floating-point number.
///
/// The defaults are proposals from published figures (Recurly, Checkout.com and others): about 8 % of first attempts
/// are declined, most of them for funds, and what helps depends on the reason and on the day.
public struct StatisticalProfile: Hashable, Sendable {
    public var creditDecline: UInt64 = 60_000
    public var debitDecline: UInt64 = 130_000
    /// Shares of the reasons; they are weighed against their sum.
    public var funds: UInt64 = 380
    public var issuer: UInt64 = 250
    public var expired: UInt64 = 170
    public var transient: UInt64 = 120
    public var authentication: UInt64 = 30
    public var never: UInt64 = 50
    /// Chances that a retry succeeds.
    public var transientRetry: UInt64 = 700_000
    public var fundsRetry: UInt64 = 120_000
    /// On the 1st, the 15th, the last working day of a month, and Fridays.
    public var fundsRetryOnPayday: UInt64 = 280_000
    /// Falls by a third with every try.
    public var issuerRetry: UInt64 = 100_000
    public var expiredRetry: UInt64 = 50_000
    /// Chance that the network's account updater renews a card when it expires.
    public var updater: UInt64 = 500_000
    /// Chance that a successful charge is disputed, two to thirty days later.
    public var dispute: UInt64 = 500
    /// Chance that a customer who was told of a debt follows the link within a week.
    public var linkClick: UInt64 = 350_000
    /// The part of them that does so within a day.
    public var linkClickFirstDay: UInt64 = 500_000
    /// Chance that a customer who has to authenticate succeeds.
    public var challengePass: UInt64 = 750_000

    public init() {}

    /// What `set` takes.
    public static let names = [
        "credit_decline", "debit_decline", "funds", "issuer", "expired", "transient", "authentication", "never",
        "transient_retry", "funds_retry", "funds_retry_on_payday", "issuer_retry", "expired_retry", "updater",
        "dispute", "link_click", "link_click_first_day", "challenge_pass",
    ]

    /// Sets a share or a chance by its name, as the command line takes it.
    ///
    /// - Returns: whether there is such a figure.
    public mutating func set(_ name: String, _ value: UInt64) -> Bool {
        switch name {
        case "credit_decline": creditDecline = value
        case "debit_decline": debitDecline = value
        case "funds": funds = value
        case "issuer": issuer = value
        case "expired": expired = value
        case "transient": transient = value
        case "authentication": authentication = value
        case "never": never = value
        case "transient_retry": transientRetry = value
        case "funds_retry": fundsRetry = value
        case "funds_retry_on_payday": fundsRetryOnPayday = value
        case "issuer_retry": issuerRetry = value
        case "expired_retry": expiredRetry = value
        case "updater": updater = value
        case "dispute": dispute = value
        case "link_click": linkClick = value
        case "link_click_first_day": linkClickFirstDay = value
        case "challenge_pass": challengePass = value
        default: return false
        }
        return true
    }
}

/// Why a statistical card is declined at the moment, and how often it has been.
struct CardTrouble: Sendable {
    enum Reason: Sendable, CaseIterable { case funds, issuer, expired, transient, authentication, never }

    var reason: Reason
    var tries = 0
}

extension CardTrouble.Reason {
    /// The decline that a try in this trouble gets; issuers word theirs differently from try to try.
    func decline(draw: UInt64) -> CardDecline {
        switch self {
        case .funds: .named("insufficient_funds")
        case .issuer: .named(draw % 3 == 0 ? "generic_decline" : "do_not_honor")
        case .expired: .named("expired_card")
        case .transient: .named(draw % 2 == 0 ? "processing_error" : "issuer_not_available")
        case .authentication: .authenticationRequired
        case .never: .named(["lost_card", "stolen_card", "pickup_card", "do_not_try_again"][Int(draw % 4)])
        }
    }
}

extension StatisticalProfile {
    /// What becomes of a charge: nil is a success. `trouble` is the card's, and is updated.
    ///
    /// - Parameters:
    ///   - draw: uniform over all of `UInt64`, new for each charge.
    ///   - day: the day of the charge in UTC.
    func outcome(
        isDebit: Bool, isOffSession: Bool, trouble: inout CardTrouble?, day: CivilDate, draw: UInt64
    ) -> CardDecline? {
        let chance = draw % 1_000_000
        let detail = Mix.word(draw)
        guard var current = trouble else {
            guard chance < (isDebit ? debitDecline : creditDecline) else { return nil }
            let reason = reason(detail)
            trouble = CardTrouble(reason: reason, tries: 1)
            return reason.decline(draw: Mix.word(detail))
        }
        let isOver =
            current.reason == .authentication ? !isOffSession : chance < retryChance(current, day: day)
        guard !isOver else {
            trouble = nil
            return nil
        }
        current.tries += 1
        trouble = current
        return current.reason.decline(draw: Mix.word(detail))
    }

    private func reason(_ draw: UInt64) -> CardTrouble.Reason {
        let weights: [(CardTrouble.Reason, UInt64)] = [
            (.funds, funds), (.issuer, issuer), (.expired, expired), (.transient, transient),
            (.authentication, authentication), (.never, never),
        ]
        var rest = draw % max(1, weights.reduce(0) { $0 + $1.1 })
        for (reason, weight) in weights {
            if rest < weight { return reason }
            rest -= weight
        }
        return .funds
    }

    private func retryChance(_ trouble: CardTrouble, day: CivilDate) -> UInt64 {
        switch trouble.reason {
        case .transient: transientRetry
        case .funds: day.isPayday ? fundsRetryOnPayday : fundsRetry
        case .issuer: (1..<max(1, trouble.tries)).reduce(issuerRetry) { chance, _ in chance * 2 / 3 }
        case .expired: expiredRetry
        case .authentication, .never: 0
        }
    }
}
