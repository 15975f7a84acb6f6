import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Asks what will become of the subscriptions of an import, as they stand in the transaction.
struct Forecaster {
    private let judge: PlanningJudge
    private let rules: CatchUpRules
    private let now: Instant
    /// What was charged for missed periods so far, by currency, and by currency and customer.
    private var missed: [Currency: Int64] = [:]
    private var missedOfCustomer: [Currency: [String: Int64]] = [:]

    init(gateways: [String: GatewayCurrencies], rules: CatchUpRules, now: Instant) {
        judge = PlanningJudge { gateways[$0] }
        self.rules = rules
        self.now = now
    }

    /// - Returns: why the subscription will be parked; nil when it will not.
    mutating func add(_ id: String, to forecast: inout ImportForecast, _ tx: Transaction) throws -> String? {
        guard let row = try PlanningRows.find(id, tx) else { return nil }
        let customer = row.subscription.customerID
        let (all, ofCustomer) = (missed, missedOfCustomer)
        let found = try SubscriptionForecast(
            of: row, judge: judge, rules: rules, from: now, until: now.adding(days: ImportForecast.days),
            missed: { (ofCustomer[$0]?[customer] ?? 0, all[$0] ?? 0) }, tx)
        if let reason = found.parkedReason {
            forecast.parked += 1
            return reason
        }
        forecast.waiting += found.waiting
        for charge in found.charges {
            forecast.add(charge.amount, on: charge.period.start.local.date)
            if charge.isMissed { note(charge.amount, of: customer) }
        }
        return nil
    }

    /// A sum that does not fit is above every ceiling.
    private mutating func note(_ amount: Money, of customer: String) {
        func sum(_ old: Int64?) -> Int64 {
            let (sum, overflow) = (old ?? 0).addingReportingOverflow(amount.minorUnits)
            return overflow ? Int64.max : sum
        }
        missed[amount.currency] = sum(missed[amount.currency])
        missedOfCustomer[amount.currency, default: [:]][customer] = sum(
            missedOfCustomer[amount.currency]?[customer])
    }
}
