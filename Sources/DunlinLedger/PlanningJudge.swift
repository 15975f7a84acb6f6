public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// Whether a subscription can be billed as its rows stand. What is refused here is parked with the reason (P10).
///
/// One judge for planning, for the forecast of an import and for preflight: what they say must be what happens.
public struct PlanningJudge: Sendable {
    /// What the gateway of this name takes; nil for one that the settings do not have.
    let currencies: @Sendable (_ gateway: String) -> GatewayCurrencies?

    public init(currencies: @escaping @Sendable (_ gateway: String) -> GatewayCurrencies?) {
        self.currencies = currencies
    }

    /// What the gateway of a row that was judged takes.
    ///
    /// - Throws: a `SubscriptionTerms.Problem` when there is no such gateway.
    public func currencies(of row: PlanningRow) throws -> GatewayCurrencies {
        guard let name = row.gateway else {
            throw SubscriptionTerms.Problem("customer \(row.subscription.customerID) does not exist")
        }
        guard let found = currencies(name) else {
            throw SubscriptionTerms.Problem("the settings have no gateway \(name)")
        }
        return found
    }

    /// - Throws: a `SubscriptionTerms.Problem` that says why the subscription is parked.
    public func terms(of row: PlanningRow, now: Instant, _ tx: Transaction) throws -> SubscriptionTerms {
        if let problem = row.sourceProblem { throw SubscriptionTerms.Problem(problem) }
        let terms = try SubscriptionTerms(SubscriptionTerms.Columns(row.subscription))
        guard try currencies(of: row).row(terms.unitAmount.currency) != nil else {
            throw SubscriptionTerms.Problem("gateway \(row.gateway ?? "") does not take \(terms.unitAmount.currency)")
        }
        try judgeMethod(row)
        if row.state?.isPlanned != true { try judgeFirstSight(row, now: now, tx) }
        return terms
    }

    private func judgeMethod(_ row: PlanningRow) throws {
        guard let id = row.subscription.paymentMethodID else { return }
        guard let method = row.method else {
            throw SubscriptionTerms.Problem("payment method \(id) does not exist")
        }
        if method.customerID != row.subscription.customerID {
            throw SubscriptionTerms.Problem("payment method \(id) belongs to another customer")
        }
        if method.type != "card" {
            throw SubscriptionTerms.Problem("payment method \(id) is of type \(method.type), only cards are charged")
        }
    }

    /// A second subscription for the same thing, seen later, may be a mistake of the import (money.md 16).
    private func judgeFirstSight(_ row: PlanningRow, now: Instant, _ tx: Transaction) throws {
        let subscription = row.subscription
        if let replaced = subscription.replaces {
            guard let old = try Subscriptions.find(replaced, tx) else {
                throw SubscriptionTerms.Problem("replaces \(replaced), which does not exist")
            }
            if old.status != .canceled {
                throw SubscriptionTerms.Problem("replaces \(replaced), which is not canceled")
            }
            if let other = try BillingStates.replacer(of: replaced, otherThan: subscription.id, tx) {
                throw SubscriptionTerms.Problem("replaces \(replaced), which \(other) replaces already")
            }
        } else if !subscription.parallel, row.state?.allowsTwin != true,
            let twin = try BillingStates.twin(of: subscription, seenBefore: row.state?.firstSeenAt ?? now, tx)
        {
            throw SubscriptionTerms.Problem(
                "looks like a second import of \(twin): set replaces to \(twin), or parallel to 1")
        }
    }
}

extension SubscriptionTerms.Columns {
    public init(_ row: Subscription) {
        self.init(
            amountMinor: row.amountMinor, currency: row.currency, quantity: row.quantity, interval: row.interval,
            intervalCount: row.intervalCount, anchor: row.anchor, timeZone: row.timeZone, trialEnd: row.trialEnd,
            billOn: row.billOn, endsAt: row.endsAt, cancelAtPeriodEnd: row.cancelAtPeriodEnd,
            status: row.status.rawValue, billFrom: row.billFrom, onResume: row.onResume)
    }
}

extension BillingPlanner.Memory {
    /// What is stored of a subscription that was planned; nil for one that was not.
    public init?(_ state: BillingState) {
        guard let firstSeenOn = LocalDate(state.firstSeenOn), state.isPlanned else { return nil }
        self.init(
            firstSeenOn: firstSeenOn, nextPeriodStart: state.nextPeriodStart.flatMap { LocalDate($0) },
            billedThrough: state.billedThrough.flatMap { LocalDate($0) }, scheduleHash: state.scheduleHash,
            pause: state.pausedOn.flatMap { LocalDate($0) }.map {
                BillingPlanner.Pause(since: $0, shifts: state.pauseShifts)
            }, shiftedAnchor: state.shiftedAnchor.flatMap { LocalDateTime($0) })
    }
}
