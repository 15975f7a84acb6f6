import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Asks what will become of the subscriptions of an import, as they stand in the transaction.
struct Forecaster {
    private let judge: PlanningJudge
    private let rules: CatchUpRules
    private let now: Instant
    private var missed = MissedTally()

    init(gateways: [String: GatewayCurrencies], rules: CatchUpRules, now: Instant) {
        judge = PlanningJudge { gateways[$0] }
        self.rules = rules
        self.now = now
    }

    /// - Returns: why the subscription will be parked; nil when it will not.
    mutating func add(_ id: String, to forecast: inout ImportForecast, _ tx: Transaction) throws -> String? {
        guard let row = try PlanningRows.find(id, tx) else { return nil }
        let customer = row.subscription.customerID
        let missed = missed
        let found = try SubscriptionForecast(
            of: row, judge: judge, rules: rules, from: now, until: now.adding(days: ImportForecast.days),
            missed: { missed.amounts($0, of: customer) }, tx)
        if let reason = found.parkedReason {
            forecast.parked += 1
            return reason
        }
        forecast.waiting += found.waiting
        for charge in found.charges {
            forecast.add(charge.amount, on: charge.period.start.local.date)
            if charge.isMissed { self.missed.note(charge.amount, of: customer) }
        }
        return nil
    }
}
