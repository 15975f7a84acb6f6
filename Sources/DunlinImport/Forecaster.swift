import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Asks the planner what it will do with the subscriptions of an import, as they stand in the transaction.
struct Forecaster {
    let gateways: [String: GatewayCurrencies]
    let now: Instant

    private var end: Instant { now.adding(days: ImportForecast.days) }
    /// No schedule has more boundaries in the days of a forecast.
    private static let boundariesMax = Int(ImportForecast.days) + 2

    /// - Returns: why the subscription will be parked; nil when it will not.
    func add(_ id: String, to forecast: inout ImportForecast, _ tx: Transaction) throws -> String? {
        guard let subscription = try Subscriptions.find(id, tx) else { return nil }
        let state = try BillingStates.find(id, tx)
        guard subscription.status != .canceled, state?.hold != .cancel else { return nil }
        do {
            let terms = try SubscriptionTerms(SubscriptionTerms.Columns(subscription))
            let currencies = try judge(subscription, terms, state, tx)
            var draft = forecast
            try walk(terms, subscription, state, currencies, &draft, tx)
            forecast = draft
            return nil
        } catch let problem as SubscriptionTerms.Problem {
            forecast.parked += 1
            return problem.description
        }
    }

    /// Plans from boundary to boundary, each time with the memory that the pass before will have left.
    private func walk(
        _ terms: SubscriptionTerms, _ subscription: Subscription, _ state: BillingState?,
        _ currencies: GatewayCurrencies, _ forecast: inout ImportForecast, _ tx: Transaction
    ) throws {
        let isPaused = subscription.status == .paused || state?.hold == .pause
        var carried = try CarriedAmounts.open(subscription.id, currency: subscription.currency, tx)
        var adjustments = try Adjustments.open(subscriptionID: subscription.id, tx)
        var memory = state.flatMap(BillingPlanner.Memory.init)
        let carriesOver = state?.isPlanned != true ? try carriedOver(subscription, tx) : nil
        var moment = now
        for step in 0..<Forecaster.boundariesMax {
            let plan = BillingPlanner.plan(
                terms, memory: memory, firstSeenOn: state.map { terms.schedule.zone.local(of: $0.firstSeenAt).date },
                carriesOverFrom: step == 0 ? carriesOver : nil, isPaused: isPaused, now: moment)
            for record in plan.records {
                switch record {
                case .decision(let decision): forecast.waiting += decision.kind == .waiting ? decision.periods : 0
                case .invoice(let period):
                    let taken = adjustments.filter { $0.applies(toPeriodFrom: period.start.local.date) }
                    adjustments.removeAll { taken.contains($0) }
                    let amount = try InvoiceAmount(
                        unitAmount: terms.unitAmount, quantity: terms.quantity,
                        adjustmentsMinor: try sum(taken, carried), currencies: currencies)
                    carried = amount.carriedOutMinor
                    if amount.amount.minorUnits > 0 { forecast.add(amount.amount, on: period.start.local.date) }
                }
            }
            guard let next = plan.nextBoundaryAt, next < end else { return }
            memory = plan.memory
            moment = next
        }
    }

    /// The planner's own judgment of rows that no file can be refused for.
    private func judge(
        _ subscription: Subscription, _ terms: SubscriptionTerms, _ state: BillingState?, _ tx: Transaction
    ) throws -> GatewayCurrencies {
        guard let customer = try Customers.find(subscription.customerID, tx),
            let currencies = gateways[customer.gateway]
        else { throw SubscriptionTerms.Problem("its customer is at no gateway of the settings") }
        guard currencies.row(terms.unitAmount.currency) != nil else {
            throw SubscriptionTerms.Problem("gateway \(customer.gateway) does not take \(terms.unitAmount.currency)")
        }
        if let id = subscription.paymentMethodID, let method = try PaymentMethods.find(id, tx), method.type != "card" {
            throw SubscriptionTerms.Problem("payment method \(shown(id)) is no card")
        }
        if state?.isPlanned != true { try judgeFirstSight(subscription, seenAt: state?.firstSeenAt ?? now, tx) }
        return currencies
    }

    private func judgeFirstSight(_ subscription: Subscription, seenAt: Instant, _ tx: Transaction) throws {
        if let replaced = subscription.replaces {
            guard try Subscriptions.find(replaced, tx)?.status == .canceled else {
                throw SubscriptionTerms.Problem("replaces \(shown(replaced)), which is not canceled")
            }
        } else if !subscription.parallel,
            let twin = try BillingStates.twin(of: subscription, seenBefore: seenAt, tx)
        {
            throw SubscriptionTerms.Problem(
                "looks like a second import of \(shown(twin)): set replaces to it, or parallel to 1")
        }
    }

    private func carriedOver(_ subscription: Subscription, _ tx: Transaction) throws -> LocalDate? {
        guard let replaced = subscription.replaces else { return nil }
        return try BillingStates.find(replaced, tx)?.billedThrough.flatMap { LocalDate($0) }
    }

    private func sum(_ adjustments: [Adjustment], _ carried: Int64) throws -> Int64 {
        try adjustments.reduce(carried) { sum, adjustment in
            let (next, overflow) = sum.addingReportingOverflow(adjustment.amountMinor)
            if overflow { throw SubscriptionTerms.Problem("the sum of its adjustments does not fit") }
            return next
        }
    }
}

extension Adjustment {
    /// Those for a period before are taken as well: it was missed.
    fileprivate func applies(toPeriodFrom start: LocalDate) -> Bool {
        applyToPeriod.map { $0 <= start.description } ?? true
    }
}

extension SubscriptionTerms.Columns {
    init(_ row: Subscription) {
        self.init(
            amountMinor: row.amountMinor, currency: row.currency, quantity: row.quantity, interval: row.interval,
            intervalCount: row.intervalCount, anchor: row.anchor, timeZone: row.timeZone, trialEnd: row.trialEnd,
            billOn: row.billOn, endsAt: row.endsAt, cancelAtPeriodEnd: row.cancelAtPeriodEnd,
            status: row.status.rawValue, billFrom: row.billFrom)
    }
}

extension BillingPlanner.Memory {
    fileprivate init?(_ state: BillingState) {
        guard let firstSeenOn = LocalDate(state.firstSeenOn), state.isPlanned else { return nil }
        self.init(
            firstSeenOn: firstSeenOn, nextPeriodStart: state.nextPeriodStart.flatMap { LocalDate($0) },
            billedThrough: state.billedThrough.flatMap { LocalDate($0) }, scheduleHash: state.scheduleHash)
    }
}
