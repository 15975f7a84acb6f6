import DunlinCore

extension Settings {
    static func catchUp(_ reader: SettingsReader) -> CatchUpRules? {
        let policy: CatchUp.Policy? = reader.choice("catch_up.policy")
        let hours = reader.integer("catch_up.missed_after_hours", in: 1...8_784)
        let periods = reader.integer("catch_up.periods_per_subscription", in: 1...1_000)
        let customer = amounts(reader, "catch_up.amount_per_customer")
        let run = amounts(reader, "catch_up.total_per_run")
        let plans = plans(reader)
        let pastDue: PastDueRule.Policy? = reader.choice("while_past_due")
        let openMax = reader.integer("past_due_invoices_max", in: 1...100)
        guard let policy, let hours, let periods, let pastDue, let openMax else { return nil }
        var rules = CatchUpRules()
        rules.policy = policy
        rules.plans = plans
        rules.pastDue = PastDueRule(policy: pastDue, openInvoicesMax: openMax)
        rules.missedAfterSeconds = Int64(hours) * 3600
        rules.periodsMax = periods
        for amount in customer { rules.customerMax[amount.currency] = amount.minorUnits }
        for amount in run { rules.runMax[amount.currency] = amount.minorUnits }
        return rules
    }

    /// Names of plans are the owner's: any text, dots included.
    private static func plans(_ reader: SettingsReader) -> [String: CatchUp.Policy] {
        let path = "catch_up.plans"
        let names = CatchUp.Policy.allCases.map(\.rawValue).joined(separator: ", ")
        var plans: [String: CatchUp.Policy] = [:]
        for (plan, written) in reader.entries(of: path) {
            guard let policy = written.flatMap({ CatchUp.Policy(rawValue: $0.text) }) else {
                let text = written.map { "“\($0.text)” is not accepted; expects" } ?? "expects"
                reader.report("\(path).\(plan): \(text) one of: \(names)", at: written?.origin)
                continue
            }
            plans[plan] = policy
        }
        return plans
    }

    /// An amount per currency.
    static func amounts(_ reader: SettingsReader, _ path: String) -> [Money] {
        reader.keys(of: path).compactMap { code in
            let place = "\(path).\(code)"
            guard let currency = Currency(code), currency.code == code else {
                let origin = reader.written(place)?.origin ?? reader.origin(of: place)
                reader.report("\(place): \(code) is no currency of ISO 4217", at: origin)
                return nil
            }
            return reader.value(place, expected: "an amount in major units, such as 50000.00") {
                Money(majorUnits: $0, currency: currency).flatMap { $0.minorUnits > 0 ? $0 : nil }
            }
        }
    }
}
