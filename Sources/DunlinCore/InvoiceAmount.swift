/// What an invoice is for: the price, the adjustments that it takes, and what it leaves for the next one (money.md 21).
public struct InvoiceAmount: Hashable, Sendable {
    /// Adjustments and what was carried in, less what is carried out. `amount` = price x quantity + this.
    public let adjustmentsMinor: Int64
    /// Never below zero, and never between zero and the gateway's minimum.
    public let amount: Money
    /// What the next invoice takes over: negative credit, or a rest too small to charge.
    public let carriedOutMinor: Int64

    /// - Parameters:
    ///   - adjustmentsMinor: the sum of the adjustments that apply and of what was carried in, in minor units.
    /// - Throws: a `SubscriptionTerms.Problem` when the gateway cannot charge the price.
    public init(
        unitAmount: Money, quantity: Int64, adjustmentsMinor: Int64, currencies: GatewayCurrencies
    ) throws(SubscriptionTerms.Problem) {
        let adjustments = Money(minorUnits: adjustmentsMinor, currency: unitAmount.currency)
        guard let price = unitAmount.multiplied(by: quantity), let total = price.adding(adjustments) else {
            throw SubscriptionTerms.Problem("amount_minor x quantity plus adjustments does not fit")
        }
        let charged = try Self.charged(total, isAdjusted: adjustmentsMinor != 0, currencies: currencies)
        self.carriedOutMinor = total.minorUnits - charged
        self.adjustmentsMinor = adjustmentsMinor - carriedOutMinor
        self.amount = Money(minorUnits: charged, currency: unitAmount.currency)
    }

    private static func charged(
        _ total: Money, isAdjusted: Bool, currencies: GatewayCurrencies
    ) throws(SubscriptionTerms.Problem) -> Int64 {
        guard currencies.row(total.currency) != nil else {
            throw SubscriptionTerms.Problem("the gateway does not take \(total.currency)")
        }
        if total.minorUnits <= 0 { return 0 }
        switch currencies.units(of: total) {
        case .success: return total.minorUnits
        case .failure(let error):
            switch error.problem {
            case .belowMinimum where isAdjusted: return 0
            case .belowMinimum: throw SubscriptionTerms.Problem("\(total) is below the gateway's minimum")
            case .aboveMaximum: throw SubscriptionTerms.Problem("\(total) is above the gateway's maximum")
            case .notDivisible:
                throw SubscriptionTerms.Problem("\(total) is finer than the gateway charges in \(total.currency)")
            case .currencyNotTaken:
                throw SubscriptionTerms.Problem("the gateway does not take \(total.currency)")
            }
        }
    }
}
