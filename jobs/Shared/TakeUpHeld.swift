import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import Logging

/// Takes up the periods that waited while their subscription was past due, once that debt is settled: by the catch-up
/// policy, like periods that were missed.
struct TakeUpHeld {
    let billing: Billing
    let gateways: Set<String>
    let now: Instant

    /// A subscription that cannot be billed as it stands is left as it is; planning parks it.
    func takeUp(_ id: String, _ tx: Transaction) throws -> BillDueSubscriptions.Summary {
        guard let row = try PlanningRows.find(id, tx), let gateway = row.gateway, gateways.contains(gateway),
            !row.isCanceled, !row.isPaused
        else { return BillDueSubscriptions.Summary() }
        do {
            return try tx.part { try takeUp(row, tx) }
        } catch let problem as SubscriptionTerms.Problem {
            leave(id, problem.description)
        } catch let error as DatabaseError where error.isRefusedRow {
            leave(id, error.message)
        }
        return BillDueSubscriptions.Summary()
    }

    private func leave(_ id: String, _ why: String) {
        billing.logger.warning(
            "periods that waited for a debt are not taken up", metadata: ["subscription": "\(id)", "reason": "\(why)"])
    }

    private func takeUp(_ row: PlanningRow, _ tx: Transaction) throws -> BillDueSubscriptions.Summary {
        let judge = PlanSubscription(billing: billing, gateways: gateways, now: now).judge
        let terms = try judge.terms(of: row, now: now, tx)
        let periods = try periods(of: row, terms, tx)
        let catchUp = try catchUp(row, terms, tx)
        let fates = BillingPlanner.fates(ofHeld: periods.map(\.start.instant), terms, catchUp, now: now)
        var summary = BillDueSubscriptions.Summary()
        for (period, fate) in zip(periods, fates) {
            try release(period, of: row.subscription.id, tx)
            switch fate {
            case .invoice(let isMissed):
                try OpenInvoice(billing: billing, now: now).open(
                    period, terms, row: row, isFirst: summary.invoiced == 0, isMissed: isMissed, tx)
                summary.invoiced += 1
            case .decision(let kind, let reason):
                let decision = BillingPlanner.Decision(
                    kind: kind, reason: reason, start: period.start.local.date, end: period.end.local.date, periods: 1)
                try Decisions.insert(
                    decision, subscriptionID: row.subscription.id, actor: Activity.dunlin, now: now, tx)
                if kind == .waiting { summary.waiting += 1 }
            }
        }
        return summary
    }

    /// The held periods as the schedule cuts them, oldest first. A run of another schedule waits for a person.
    private func periods(of row: PlanningRow, _ terms: SubscriptionTerms, _ tx: Transaction) throws -> [BillingPeriod] {
        let shifted = row.state?.shiftedAnchor.flatMap { LocalDateTime($0) }.flatMap { try? terms.shifted(to: $0) }
        let schedules = [shifted?.schedule, terms.schedule].compactMap { $0 }
        var found: [BillingPeriod] = []
        for run in try Decisions.waiting(of: row.subscription.id, reason: PastDueRule.reason, tx) {
            let periods = schedules.lazy.compactMap {
                WaitingPeriods.split(from: run.start, to: run.end, count: run.periods, $0)
            }.first
            if let periods {
                found += periods
            } else {
                try Decisions.explain(run, reason: "missed", tx)
            }
        }
        return found
    }

    private func release(_ period: BillingPeriod, of id: String, _ tx: Transaction) throws {
        let (start, end) = (period.start.local.date, period.end.local.date)
        let runs = try Decisions.runs(of: id, from: start, through: start, tx)
        guard let run = runs.first(where: { $0.reason == PastDueRule.reason }) else {
            throw LedgerError(.missingRow, "no decision of subscription \(id) covers \(start)")
        }
        try Decisions.takeOut(run, from: start, to: end, before: 0, count: 1, tx)
    }

    private func catchUp(_ row: PlanningRow, _ terms: SubscriptionTerms, _ tx: Transaction) throws -> CatchUp {
        let rules = billing.rules.catchUp
        var catchUp = rules.catchUp(plan: row.subscription.plan)
        let currency = terms.unitAmount.currency
        guard rules.hasCeiling(currency) else { return catchUp }
        catchUp.roomMinor = rules.roomMinor(
            currency,
            customerMinor: try Invoices.missedMinor(
                since: now, customerID: row.subscription.customerID, currency: currency, tx),
            runMinor: try Invoices.missedMinor(since: now, currency: currency, tx))
        return catchUp
    }
}
