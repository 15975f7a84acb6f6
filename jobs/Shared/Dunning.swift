import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// The dunning policy of an invoice, and what it asks for once Dunlin itself has nothing more to try.
struct Dunning {
    let billing: Billing
    let now: Instant

    /// The policy that the invoice was given; before its first failed try the one that it would get.
    func policy(of invoice: Invoice, _ tx: Transaction) throws -> DunningPolicy {
        let policies = billing.rules.policies
        if let name = invoice.dunningPolicy { return policies.policy(named: name) }
        guard let amount = invoice.amount else { return policies.default }
        let country = try Customers.find(invoice.customerID, tx)?.country
        return policies.policy(
            named: policies.choose(for: DunningPolicies.Debt(plan: invoice.plan, country: country, amount: amount)))
    }

    /// What an attempt that is over leads to.
    struct Consequence {
        var policy: DunningPolicy
        var step: DunningPolicy.NextStep
        var declineClass: DeclineClass
        /// What is told of a try that failed.
        var told: [NoticeKind]
    }

    /// What follows an outcome of the invoice, by its policy; it keeps that policy from its first failed try on.
    ///
    /// - Parameter tries: how many of its attempts were declined, or for how many the bank wanted the customer.
    func consequence(
        of outcome: ChargeOutcome, _ classified: ClassifiedDecline?, for invoice: Invoice, tries: Int, asks: Int,
        _ tx: Transaction
    ) throws -> Consequence {
        let policy = try policy(of: invoice, tx)
        if tries > 0, invoice.dunningPolicy == nil {
            try Invoices.give(invoice.id, dunningPolicy: policy.name, tx)
        }
        let declineClass = classified?.declineClass ?? Self.fallback(outcome)
        let history = DunningPolicy.History(
            tries: tries, triesOfClass: try Attempts.declines(of: invoice.id, declineClass, tx))
        let zone = try Subscriptions.find(invoice.subscriptionID, tx)?.zone ?? .utc
        let step = policy.nextStep(
            after: outcome, history: history, classified: classified, asks: asks, zone: zone, now: now)
        return Consequence(
            policy: policy, step: step, declineClass: declineClass,
            told: policy.notices(after: step, declineClass, history))
    }

    private static func fallback(_ outcome: ChargeOutcome) -> DeclineClass {
        switch outcome {
        case .needsCustomer: .needsAuth
        case .refused(let refusal) where refusal.isAboutMethod: .needsMethod
        default: .issuerSoft
        }
    }

    /// The customer's time begins to run: the final action is carried out at its end, or at once where there is none.
    func beginGrace(
        of invoice: Invoice, after step: DunningPolicy.NextStep, _ declineClass: DeclineClass, _ tx: Transaction
    ) throws {
        let policy = try policy(of: invoice, tx)
        try Invoices.give(invoice.id, dunningPolicy: policy.name, tx)
        guard let end = policy.finalAt(after: step, declineClass, now: now) else {
            return try Invoices.setFinalAction(invoice.id, at: nil, tx)
        }
        guard end > now else { return try carryOutFinalAction(of: invoice, policy, tx) }
        try Invoices.setFinalAction(invoice.id, at: end, tx)
        try FollowUps.endDunning(invoice, at: end, now: now, tx)
    }

    // MARK: - The card

    /// The customer's card that the debt is tried with next, if one is not closed to it.
    func choice(for invoice: Invoice, _ tx: Transaction) throws -> MethodChoice.Choice? {
        try Subscriptions.find(invoice.subscriptionID, tx).map { subscription in
            try MethodChoice.choose(
                for: subscription, gateway: invoice.gateway, on: subscription.localDate(of: now), tx)
        }
    }

    /// There is no card to try: the debt waits for one, and the customer's time begins to run.
    func askMethod(for invoice: Invoice, _ reason: String, _ tx: Transaction) throws {
        try InvoiceRest.needsMethod(invoice.id, reason: reason, failedAt: now, now: now, tx)
        try beginGrace(of: invoice, after: .askMethod, .needsMethod, tx)
        try Activity.add(
            "needs_method", subscriptionID: invoice.subscriptionID, invoiceID: invoice.id, reason: reason, now: now, tx)
        try BillingStates.refreshStanding(invoice.subscriptionID, tx)
    }

    // MARK: - The final action

    /// The hold's reason by which it is known again when the debt is paid after all.
    static let holdReason = "the dunning of a debt ended without payment"

    func carryOutFinalAction(of invoice: Invoice, _ policy: DunningPolicy, _ tx: Transaction) throws {
        let tries = try Attempts.of(invoice.id, tx).count { $0.state == .declined || $0.state == .needsCustomer }
        let reason = tries == 0 ? "there was no card to charge" : "declined \(tries.counted("time"))"
        switch policy.finalAction.invoice {
        case .uncollectible: try EndingDebts.end(invoice, as: .uncollectible, reason: reason, now: now, tx)
        case .open: try Invoices.setFinalAction(invoice.id, at: nil, tx)
        }
        let subscription = policy.finalAction.subscription
        if let hold = subscription.hold {
            _ = try BillingStates.hold(invoice.subscriptionID, hold, reason: Self.holdReason, tx)
        }
        try Activity.add(
            "dunning_ended", subscriptionID: invoice.subscriptionID, invoiceID: invoice.id,
            amountMinor: invoice.amountMinor, currency: invoice.currencyCode,
            reason: "\(reason): \(subscription.rawValue), the invoice is \(policy.finalAction.invoice.rawValue)",
            now: now, tx)
    }

    /// Money came: what the policy had stopped goes on, unless something else is still owed.
    static func resumeIfPaid(_ invoice: Invoice, now: Instant, _ tx: Transaction) throws {
        guard try BillingStates.liftHold(invoice.subscriptionID, reason: holdReason, tx) else { return }
        try Activity.add(
            "billing_resumed", subscriptionID: invoice.subscriptionID, invoiceID: invoice.id,
            reason: "the debt is paid", now: now, tx)
    }
}

extension FinalAction.OfSubscription {
    fileprivate var hold: BillingState.Hold? {
        switch self {
        case .cancelSubscription: .cancel
        case .markUnpaid: .unpaid
        case .pause: .pause
        case .leaveOpen: nil
        }
    }
}
