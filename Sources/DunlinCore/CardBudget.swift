public import DunlinCalendar

/// How often a network lets a card be declined within some days. One more attempt costs a fee, or is refused.
public struct CardBudget: Hashable, Sendable {
    /// In lower case, without blanks.
    public var brand: String
    public var days: Int64
    public var declinesMax: Int
    /// Counts attempts of one amount only.
    public var isPerAmount: Bool

    public init(brand: String, days: Int64, declinesMax: Int, isPerAmount: Bool = false) {
        self.brand = brand
        self.days = days
        self.declinesMax = declinesMax
        self.isPerAmount = isPerAmount
    }

    /// Mastercard's transaction processing excellence programme; Visa Core Rules of 2026-04-18, ID 0030640 (the same
    /// figures that `prove` holds the ledger against).
    public static let all = [
        CardBudget(brand: "mastercard", days: 1, declinesMax: 10),
        CardBudget(brand: "mastercard", days: 30, declinesMax: 35),
        CardBudget(brand: "visa", days: 30, declinesMax: 20, isPerAmount: true),
    ]

    public func covers(brand other: String?) -> Bool { other?.lowercased().replacing(" ", with: "") == brand }

    /// When an attempt fits again; nil when one fits now.
    ///
    /// - Parameter lastOfBudget: when the attempt was written that, counted from the newest decline, is the last one
    ///   that the budget allows.
    public func freeAt(lastOfBudget: Instant?, now: Instant) -> Instant? {
        guard let free = lastOfBudget?.adding(days: days).adding(seconds: 1), free > now else { return nil }
        return free
    }
}
