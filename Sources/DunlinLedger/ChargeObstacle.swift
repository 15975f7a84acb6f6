public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// What is known beforehand to make a charge fail, or not be tried.
public struct ChargeObstacle: Hashable, Sendable {
    public enum Code: String, Hashable, Sendable {
        case chargingStopped = "charging_stopped"
        case noMethod = "no_method"
        case cardExpired = "card_expired"
        case budgetUsedUp = "budget_used_up"
    }

    public var code: Code
    /// For a person: what is wrong.
    public var text: String
}

/// How a charge stands before it is tried: the card it goes to, and what is in its way.
public struct ChargeOutlook: Sendable {
    public var method: PaymentMethod?
    public var obstacle: ChargeObstacle?

    /// - Parameters:
    ///   - at: when it will be tried; a card must be good then.
    ///   - day: the same as a local date of the subscription.
    ///   - sameAmountAs: the invoice, where there is one: some budgets count attempts of one amount.
    public init(
        of subscription: Subscription, gateway: String, at: Instant, on day: LocalDate, sameAmountAs invoice: Invoice?,
        budgets: [CardBudget] = CardBudget.all, _ tx: Transaction
    ) throws {
        let choice = try MethodChoice.choose(for: subscription, gateway: gateway, tx)
        method = choice.method
        if let state = try GatewayStates.find(gateway, tx), state.isStopped {
            obstacle = ChargeObstacle(
                code: .chargingStopped, text: "charging is stopped at \(gateway): \(state.stopReason ?? "")")
        } else if let method = choice.method {
            obstacle =
                try Self.expiry(of: method, on: day)
                ?? Self.budget(of: method, gateway: gateway, at: at, sameAmountAs: invoice, budgets, tx)
        } else {
            obstacle = ChargeObstacle(code: .noMethod, text: choice.passedOver.joined(separator: "; "))
        }
    }

    /// A card is good to the end of its month.
    private static func expiry(of method: PaymentMethod, on day: LocalDate) throws -> ChargeObstacle? {
        guard let year = method.expYear, let month = method.expMonth, (year, month) < (day.year, day.month) else {
            return nil
        }
        let text = "\(method.id) expires \(month < 10 ? "0" : "")\(month)/\(year), before it is charged"
        return ChargeObstacle(code: .cardExpired, text: text)
    }

    private static func budget(
        of method: PaymentMethod, gateway: String, at: Instant, sameAmountAs invoice: Invoice?, _ budgets: [CardBudget],
        _ tx: Transaction
    ) throws -> ChargeObstacle? {
        // An invoice is not charged again before its time, so that what is in flight has ended by then.
        let use = BudgetUse(of: method, gateway: gateway, budgets: budgets)
        guard let shortage = try use.shortage(for: invoice, at: at, tx), !shortage.waitsForOthers else { return nil }
        let text = "\(method.id): \(shortage.budget.usedUp(freeOn: Zone.utc.local(of: shortage.until).date))"
        return ChargeObstacle(code: .budgetUsedUp, text: text)
    }
}
