public import DunlinCalendar

/// How often a card may be tried after a decline within some days. One more attempt costs a fee, or is refused.
public struct CardBudget: Hashable, Sendable {
    public enum Counted: Hashable, Sendable {
        /// Every decline, the first one too.
        case declines
        /// Every try on a card that had been declined within the window.
        case reattempts
    }

    /// Whose rule it is, as people know it.
    public var network: String
    /// In lower case, without blanks; nil for every brand that has no rule of its own, and for unknown ones.
    public var brand: String?
    public var days: Int64
    public var most: Int
    public var counts: Counted
    /// Counts attempts of one amount and currency only.
    public var isPerAmount: Bool

    public init(
        network: String, brand: String?, days: Int64, most: Int, counts: Counted, isPerAmount: Bool = false
    ) {
        self.network = network
        self.brand = brand
        self.days = days
        self.most = most
        self.counts = counts
        self.isPerAmount = isPerAmount
    }

    /// Visa allows 20 reattempts of one amount in 30 days (Visa Core Rules of 2026-04-18, ID 0030640, table 7-2); the
    /// ceiling is 15, which the older rule and many processors still hold. Mastercard: 10 declines in 24 hours and 35 in
    /// 30 days, per card (transaction processing excellence; the stricter reading, whatever the amount). For networks
    /// without a published rule 7 is ours. What is final is never retried, whatever a budget has left.
    public static let all = [
        CardBudget(network: "Mastercard", brand: "mastercard", days: 1, most: 10, counts: .declines),
        CardBudget(network: "Mastercard", brand: "mastercard", days: 30, most: 35, counts: .declines),
        CardBudget(network: "Visa", brand: "visa", days: 30, most: 15, counts: .reattempts, isPerAmount: true),
        CardBudget(network: "card", brand: nil, days: 30, most: 7, counts: .reattempts, isPerAmount: true),
    ]

    private static let ruled: Set<String> = ["visa", "mastercard"]

    public func covers(brand other: String?) -> Bool {
        let name = other?.lowercased().filter(\.isLetter) ?? ""
        return brand.map { $0 == name } ?? !Self.ruled.contains(name)
    }

    /// When an attempt fits again; nil when one fits now.
    ///
    /// - Parameter lastOfBudget: when the attempt was written that, counted from the newest one that counts, is the last
    ///   one that the budget allows.
    public func freeAt(lastOfBudget: Instant?, now: Instant) -> Instant? {
        guard let free = lastOfBudget?.adding(days: days).adding(seconds: 1), free > now else { return nil }
        return free
    }

    /// What the dunning list says of a debt that waits for the budget.
    ///
    /// - Parameter day: from when on it may be tried again.
    public func usedUp(freeOn day: LocalDate) -> String {
        let window = days == 1 ? "24 hours" : days.counted("day")
        let what = counts == .declines ? "declines" : "reattempts"
        return "Not retried: \(most) of \(most) \(network) \(what) in \(window) used, free again on \(day)."
    }
}
