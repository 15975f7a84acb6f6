import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Opens the invoice of a period, with the job that collects it.
struct OpenInvoice {
    let billing: Billing
    let now: Instant

    /// - Parameters:
    ///   - row: as it was read in this transaction.
    ///   - isMissed: the period was missed, and is billed by the catch-up policy.
    ///   - isFirst: no other invoice was opened since then, so that the row still says what is carried over.
    ///   - asksFirst: the gateway is asked about the debt first, however young it is.
    /// - Returns: the invoice's id.
    /// - Throws: a `SubscriptionTerms.Problem` when the gateway cannot charge the amount: the row is parked, and
    ///   nothing of its plan is kept.
    @discardableResult
    func open(
        _ period: BillingPeriod, _ terms: SubscriptionTerms, row: PlanningRow, isFirst: Bool, isMissed: Bool,
        asksFirst: Bool = false, _ tx: Transaction
    ) throws -> Int64 {
        let (subscription, gateway) = (row.subscription, row.gateway ?? "")
        let start = period.start.local.date.description
        let currency = terms.unitAmount.currency.code
        let adjustments =
            row.hasAdjustments
            ? try Adjustments.taken(
                try Adjustments.open(subscriptionID: subscription.id, tx), byPeriodFrom: period.start.local.date,
                currency: terms.unitAmount.currency) : []
        let carriedIn =
            row.hasCarriedAmounts || !isFirst ? try CarriedAmounts.open(subscription.id, currency: currency, tx) : 0
        let amount = try InvoiceAmount(
            unitAmount: terms.unitAmount, quantity: terms.quantity,
            adjustmentsMinor: try Adjustments.sum(adjustments, carried: carriedIn),
            currencies: try billing.gateway(gateway).driver.currencies)
        let isLate = asksFirst || now.milliseconds(since: period.start.instant) > billing.rules.lateAfterSeconds * 1000
        let id = try Invoices.insert(
            NewInvoice(
                subscription: subscription, gateway: gateway, periodStart: start,
                periodEnd: period.end.local.date.description, dueAt: period.start.instant, amount: amount,
                asksFirst: isLate, isMissed: isMissed), now: now, tx)
        for adjustment in adjustments { try CarriedAmounts.apply(adjustment, to: id, tx) }
        if carriedIn != 0 || amount.carriedOutMinor != 0 {
            try CarriedAmounts.settle(
                subscription.id, currency: currency, invoiceID: id, carriedOutMinor: amount.carriedOutMinor, tx)
        }
        try Activity.add(
            "invoiced", subscriptionID: subscription.id, invoiceID: id, amountMinor: amount.amount.minorUnits,
            currency: currency, effectiveAt: period.start.instant, now: now, tx)
        guard amount.amount.minorUnits > 0 else { return id }
        if isLate {
            try FollowUps.askAboutLateDebts(gateway: gateway, now: now, tx)
        } else {
            try FollowUps.charge(
                invoiceID: id, customerID: subscription.customerID, gateway: gateway, dueAt: period.start.instant,
                at: max(now, spread.runAt(of: period.start, subscriptionID: subscription.id)), now: now, tx)
        }
        return id
    }

    private var spread: RenewalSpread { RenewalSpread(seconds: billing.rules.spreadSeconds) }
}
