import DunlinCore

/// What a subscription brings in a month, for comparing subscriptions of different intervals.
enum MonthlyRate {
    /// The amount of one period as an average month of a year of 365 days, rounded half up; nil for an interval that
    /// is none, or when it does not fit.
    static func of(_ period: Money, interval: String, count: Int64) -> Money? {
        guard count >= 1, let (numerator, denominator) = perMonth[interval] else { return nil }
        let (divisor, divisorOverflow) = denominator.multipliedReportingOverflow(by: count)
        guard !divisorOverflow, let scaled = period.multiplied(by: numerator) else { return nil }
        let (quotient, remainder) = scaled.minorUnits.quotientAndRemainder(dividingBy: divisor)
        let isRoundedUp = remainder >= divisor - remainder
        return Money(minorUnits: quotient + (isRoundedUp ? 1 : 0), currency: period.currency)
    }

    private static let perMonth: [String: (Int64, Int64)] = [
        "day": (365, 12), "week": (365, 84), "month": (1, 1), "year": (1, 12),
    ]
}
