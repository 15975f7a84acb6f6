public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// What is known beforehand to make a charge fail, or not be tried.
public struct ChargeObstacle: Hashable, Sendable {
    public enum Code: String, Hashable, Sendable {
        case chargingStopped = "charging_stopped"
        case noMethod = "no_method"
        case cardExpired = "card_expired"
        case cardClosed = "card_closed"
        case cardDetached = "card_detached"
        case mandateMissing = "mandate_missing"
        case newAgreementNeeded = "new_agreement_needed"
        case budgetUsedUp = "budget_used_up"
    }

    public var code: Code
    /// For a person: what is wrong.
    public var text: String
}

/// How a charge stands before it is tried: the card it goes to, and what is in its way.
public struct ChargeOutlook: Sendable {
    /// Where none can be charged, the one that comes first.
    public var method: PaymentMethod?
    public var obstacle: ChargeObstacle?

    /// - Parameters:
    ///   - at: when it will be tried; a card must be good then.
    ///   - day: the same as a local date of the subscription.
    ///   - sameAmountAs: the invoice, where there is one: some budgets count attempts of one amount.
    ///   - attempts: on that invoice so far.
    public init(
        of subscription: Subscription, gateway: String, at: Instant, on day: LocalDate, sameAmountAs invoice: Invoice?,
        after attempts: [Attempt] = [], budgets: [CardBudget] = CardBudget.all, _ tx: Transaction
    ) throws {
        let choice = try MethodChoice.choose(for: subscription, gateway: gateway, on: day, after: attempts, tx)
        method = choice.method
        if let state = try GatewayStates.find(gateway, tx), state.isStopped {
            obstacle = ChargeObstacle(
                code: .chargingStopped, text: "charging is stopped at \(gateway): \(state.stopReason ?? "")")
        } else if let method = choice.method {
            obstacle = try Self.budget(of: method, gateway: gateway, at: at, sameAmountAs: invoice, budgets, tx)
        } else {
            obstacle = ChargeObstacle(code: Self.code(choice), text: choice.reason)
            let firstID = choice.passedOver.first?.methodID
            method = try firstID.flatMap { try PaymentMethods.find($0, tx) }
        }
    }

    /// What is wrong with the method that comes first.
    private static func code(_ choice: MethodChoice.Choice) -> ChargeObstacle.Code {
        switch choice.passedOver.first?.why {
        case nil, .notCard, .noConsent, .declinedBefore: .noMethod
        case .expired: .cardExpired
        case .otherBrand: .newAgreementNeeded
        case .closed(.detached), .closed(.customerDeleted): .cardDetached
        case .closed(.mandate): .mandateMissing
        case .closed(.never), .closed(.needsMethod): .cardClosed
        }
    }

    private static func budget(
        of method: PaymentMethod, gateway: String, at: Instant, sameAmountAs invoice: Invoice?, _ budgets: [CardBudget],
        _ tx: Transaction
    ) throws -> ChargeObstacle? {
        for budget in budgets where budget.covers(brand: method.brand) {
            // A budget per amount is known for an invoice only.
            if budget.isPerAmount, invoice == nil { continue }
            let last = try Attempts.decline(
                number: budget.declinesMax, gateway: gateway, cardKey: method.cardKey,
                sameAmountAs: budget.isPerAmount ? invoice : nil, tx)
            guard let free = budget.freeAt(lastOfBudget: last, now: at) else { continue }
            let text =
                "\(method.id) was declined \(budget.declinesMax) times in \(budget.days) days; the network lets it be "
                + "tried again at \(free.rfc3339Seconds)"
            return ChargeObstacle(code: .budgetUsedUp, text: text)
        }
        return nil
    }
}
