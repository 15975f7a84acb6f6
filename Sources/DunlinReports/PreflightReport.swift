public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase
public import DunlinLedger

/// What will be charged in the coming days if nothing changes, and what is known already to fail: the renewals that
/// passes will invoice, the tries of open invoices, and subscriptions that are or will be parked.
public struct PreflightReport: Report {
    public let name = "preflight"
    public let schemaVersion = 1
    public let shortColumns: [String]? = [
        "charge_at", "subscription_id", "what", "period_start", "amount", "currency", "card", "problem", "problem_text",
    ]
    public let columns = [
        ReportColumn("charge_at", .time), ReportColumn("customer_id"), ReportColumn("customer_name"),
        ReportColumn("subscription_id"), ReportColumn("plan"), ReportColumn("what"),
        ReportColumn("period_start", .date), ReportColumn("invoice_id", .integer), ReportColumn("amount", .money),
        ReportColumn("currency"), ReportColumn("gateway"), ReportColumn("payment_method_id"), ReportColumn("card"),
        ReportColumn("card_expires"), ReportColumn("problem"), ReportColumn("problem_text"),
    ]

    let now: Instant
    let end: Instant
    let judge: PlanningJudge
    let rules: CatchUpRules
    let spread: RenewalSpread

    private static let pageSize = 500

    public init(now: Instant, days: Int64, judge: PlanningJudge, rules: CatchUpRules, spread: RenewalSpread) {
        self.now = now
        end = now.adding(days: days)
        self.judge = judge
        self.rules = rules
        self.spread = spread
    }

    public func write(_ tx: Transaction, to sink: inout some RowSink) throws -> ReportTotals {
        var totals = ReportTotals()
        var missed = MissedTally()
        try sink.begin(columns)
        var last: String? = ""
        while let after = last {
            let page = try PlanningRows.page(after: after, limit: Self.pageSize, tx)
            for row in page { for line in try lines(of: row, &missed, tx) { try line.write(to: &sink, &totals) } }
            last = page.last?.subscription.id
        }
        try sink.end()
        return totals
    }

    private func lines(of row: PlanningRow, _ missed: inout MissedTally, _ tx: Transaction) throws -> [PreflightLine] {
        guard !row.isCanceled else { return [] }
        let customer = try Customers.find(row.subscription.customerID, tx)
        let subscription = row.subscription
        let open = try Invoices.unended(ofSubscription: subscription.id, tx).compactMap { invoice in
            try line(of: invoice, subscription, customer, tx)
        }
        let tally = missed
        let forecast = try SubscriptionForecast(
            of: row, judge: judge, rules: rules, from: now, until: end,
            missed: { tally.amounts($0, of: subscription.customerID) }, tx)
        if let reason = forecast.parkedReason {
            let price = Currency(subscription.currency).flatMap {
                Money(minorUnits: subscription.amountMinor, currency: $0).multiplied(by: subscription.quantity)
            }
            return open + [
                PreflightLine(
                    subscription: subscription, customer: customer, what: "parked", amount: price, problem: "parked",
                    problemText: reason)
            ]
        }
        return open
            + (try forecast.charges.map { charge in
                if charge.isMissed { missed.note(charge.amount, of: subscription.customerID) }
                return try line(of: charge, subscription, customer, tx)
            })
    }

    private func line(
        of charge: SubscriptionForecast.Charge, _ subscription: Subscription, _ customer: Customer?, _ tx: Transaction
    ) throws -> PreflightLine {
        let start = charge.period.start
        let at = max(now, spread.runAt(of: start, subscriptionID: subscription.id))
        let outlook = try ChargeOutlook(
            of: subscription, gateway: customer?.gateway ?? "", at: at,
            on: max(start.local.date, subscription.localDate(of: at)),
            sameAmountAs: nil, tx)
        return PreflightLine(
            subscription: subscription, customer: customer, what: charge.isMissed ? "missed" : "renewal", at: at,
            periodStart: start.local.date, amount: charge.amount, outlook: outlook)
    }

    /// The next try of an invoice that is open already; nil where none is planned in these days.
    private func line(
        of invoice: Invoice, _ subscription: Subscription, _ customer: Customer?, _ tx: Transaction
    ) throws -> PreflightLine? {
        guard invoice.state == .open, invoice.waitsFor == .scheduled || invoice.waitsFor == .retrying,
            let amount = invoice.amount
        else { return nil }
        let at = max(now, invoice.nextAttemptAt ?? now)
        guard at < end else { return nil }
        let outlook = try ChargeOutlook(
            of: subscription, gateway: invoice.gateway, at: at, on: subscription.localDate(of: at),
            sameAmountAs: invoice,
            after: Attempts.of(invoice.id, tx), tx)
        return PreflightLine(
            subscription: subscription, customer: customer, what: invoice.waitsFor == .retrying ? "retry" : "open",
            at: at, periodStart: LocalDate(invoice.periodStart), invoiceID: invoice.id, amount: amount,
            outlook: outlook)
    }
}

/// One row of the report.
private struct PreflightLine {
    var subscription: Subscription
    var customer: Customer?
    var what: String
    var at: Instant?
    var periodStart: LocalDate?
    var invoiceID: Int64?
    var amount: Money?
    var outlook: ChargeOutlook?
    var problem: String?
    var problemText: String?

    func write(to sink: inout some RowSink, _ totals: inout ReportTotals) throws {
        let method = outlook?.method
        let problem = problem ?? outlook?.obstacle?.code.rawValue
        let expires = method.flatMap {
            MethodWords.expiry(year: $0.expYear.map(Int64.init), month: $0.expMonth.map(Int64.init))
        }
        try sink.write([
            Cell(at), .text(subscription.customerID), Cell(customer?.name), .text(subscription.id),
            .text(subscription.plan), .text(what), Cell(periodStart), Cell(invoiceID), Cell(amount),
            .text(subscription.currency), Cell(customer?.gateway), Cell(method?.id),
            Cell(method.flatMap { MethodWords.text(name: $0.brand ?? $0.type, last4: $0.last4) }), Cell(expires),
            Cell(problem),
            Cell(problemText ?? outlook?.obstacle?.text),
        ])
        // What is parked is not charged.
        if problem != nil, let amount, what != "parked" {
            try totals.addProblem(amount)
        } else if problem != nil {
            totals.addProblem()
        }
        if let amount, what != "parked" { try totals.add(amount) } else { totals.addRow() }
    }
}
