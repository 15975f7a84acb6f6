/// What a network counts on a card, to say afterwards which charges broke its rules. It never changes an answer.
struct NetworkRules: Sendable {
    /// A decline that counts.
    struct Decline: Sendable {
        let at: Int64
        let amount: Int64
        let currency: String
    }

    /// What a charge breaks.
    enum Breach: Sendable {
        /// The card was ruled out for good before (Visa's category 1, Mastercard's advice 03 and 21).
        case retryAfterFinal
        /// More tries than the network allows (Visa: 20 of one amount in 30 days after a decline; Mastercard: 10 declines
        /// in 24 hours, 35 in 30 days).
        case overLimit
    }

    private static let day: Int64 = 86_400_000

    private(set) var isRuledOut = false
    private var declines: [Decline] = []

    /// What a charge off session would break if it were made now.
    func breaches(brand: String, amount: Int64, currency: String, now: Int64) -> [Breach] {
        var found: [Breach] = isRuledOut ? [.retryAfterFinal] : []
        let month = declines.filter { $0.at > now - 30 * Self.day }
        switch brand {
        case "visa":
            // The first decline is no reattempt.
            let same = month.count { $0.amount == amount && $0.currency == currency }
            if same > 20 { found.append(.overLimit) }
        case "mastercard":
            if month.count >= 35 || month.count(where: { $0.at > now - Self.day }) >= 10 { found.append(.overLimit) }
        default: break
        }
        return found
    }

    mutating func note(_ decline: CardDecline, amount: Int64, currency: String, now: Int64) {
        if decline.advice == "do_not_try_again" { isRuledOut = true }
        declines.removeAll { $0.at <= now - 30 * Self.day }
        declines.append(Decline(at: now, amount: amount, currency: currency))
    }
}
