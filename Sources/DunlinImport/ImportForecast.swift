public import DunlinCalendar
import DunlinCore

/// What the subscriptions of an import will be charged in the days after it, if nothing changes and every card is
/// good. Adjustments are taken in.
public struct ImportForecast: Hashable, Sendable {
    public static let days: Int64 = 35

    /// What one currency's charges come to.
    public struct Charges: Hashable, Sendable {
        public internal(set) var total: CurrencyTotal
        /// The local date on which the first of them is due.
        public internal(set) var firstOn: LocalDate
    }

    /// In the order of the currencies' codes.
    public internal(set) var charges: [Charges] = []
    /// The local date on which the first charge of all is due; nil when there is none.
    public internal(set) var firstChargeOn: LocalDate?
    /// Periods that came due before now and wait for a decision, as only the newest is billed by itself.
    public internal(set) var waiting = 0
    /// Subscriptions that cannot be billed as they stand.
    public internal(set) var parked = 0

    public init() {}

    /// How many charges there are, of all currencies.
    public var count: Int { charges.reduce(0) { $0 + $1.total.count } }

    mutating func add(_ money: Money, on date: LocalDate) {
        firstChargeOn = Swift.min(firstChargeOn ?? date, date)
        let index = charges.firstIndex { $0.total.currency >= money.currency } ?? charges.count
        if index == charges.count || charges[index].total.currency != money.currency {
            charges.insert(Charges(total: CurrencyTotal(money.currency), firstOn: date), at: index)
        }
        charges[index].firstOn = Swift.min(charges[index].firstOn, date)
        charges[index].total.count += 1
        charges[index].total.sum = charges[index].total.sum?.adding(money)
    }
}
