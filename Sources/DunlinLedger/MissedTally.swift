public import DunlinCore

/// What one run has billed for missed periods, in minor units: to the customer, and to everybody.
public typealias MissedAmounts = (customerMinor: Int64, runMinor: Int64)

/// What a forecast has charged for missed periods so far: the ceilings of the catch-up policy count it. A pass asks the
/// ledger instead.
public struct MissedTally: Sendable {
    private var ofCustomer: [Currency: [String: Int64]] = [:]
    private var ofRun: [Currency: Int64] = [:]

    public init() {}

    public func amounts(_ currency: Currency, of customer: String) -> MissedAmounts {
        (ofCustomer[currency]?[customer] ?? 0, ofRun[currency] ?? 0)
    }

    /// A sum that does not fit is above every ceiling.
    public mutating func note(_ amount: Money, of customer: String) {
        func sum(_ old: Int64?) -> Int64 {
            let (sum, overflow) = (old ?? 0).addingReportingOverflow(amount.minorUnits)
            return overflow ? Int64.max : sum
        }
        ofRun[amount.currency] = sum(ofRun[amount.currency])
        ofCustomer[amount.currency, default: [:]][customer] = sum(ofCustomer[amount.currency]?[customer])
    }
}
