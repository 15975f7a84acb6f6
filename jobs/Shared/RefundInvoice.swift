public import DunlinCalendar
import DunlinCore
public import DunlinDatabase
public import DunlinLedger
import DunlinQueue

/// A person wants the money of a paid invoice to go back. The row and its job are written together; the next pass
/// sends the request (money.md 24).
public enum RefundInvoice {
    /// What will go back.
    public struct Plan: Hashable, Sendable {
        public var invoice: Invoice
        public var intent: Intent
        public var amountMinor: Int64
        /// What is left of the payment then.
        public var leftMinor: Int64
        /// Why the request will wait, when it will.
        public var waits: String?
    }

    public enum Answer: Hashable, Sendable {
        case planned(Plan)
        case notHere
        /// What is in the way.
        case refused(Invoice, String)
    }

    /// What a request would do; changes nothing.
    ///
    /// - Parameter amount: in major units of the invoice's currency; nil for all that is left.
    public static func plan(invoiceID: Int64, amount: String?, _ tx: Transaction) throws -> Answer {
        guard let invoice = try Invoices.find(invoiceID, tx) else { return .notHere }
        guard invoice.state == .paid else {
            return .refused(invoice, "it is \(invoice.state.rawValue): only what was collected can go back")
        }
        let paid = try Intents.of(invoiceID, tx).filter(\.hasSucceeded)
        guard !paid.isEmpty else { return .refused(invoice, "it was not collected by Dunlin") }
        if let obstacle = try disputeObstacle(invoiceID, tx) { return .refused(invoice, obstacle) }
        for intent in paid {
            if let refund = try Refunds.inFlight(intentID: intent.id, tx) {
                return .refused(invoice, "refund \(refund.number) of it is \(refund.state.rawValue)")
            }
        }
        guard let intent = try paid.first(where: { try Refunds.leftMinor(of: $0, tx) > 0 }) else {
            return .refused(invoice, "all of it has gone back, or is on its way")
        }
        let left = try Refunds.leftMinor(of: intent, tx)
        return try plan(invoice, intent, amount: amount, left: left, tx)
    }

    /// Writes the refund and its job, and who asked for it.
    public static func request(
        invoiceID: Int64, amount: String?, reason: String, actor: String, now: Instant, _ tx: Transaction
    ) throws -> (answer: Answer, refund: Refund?) {
        let answer = try plan(invoiceID: invoiceID, amount: amount, tx)
        guard case .planned(let plan) = answer else { return (answer, nil) }
        let refund = try Refunds.insert(
            of: plan.intent, amountMinor: plan.amountMinor, reason: reason, now: now, tx)
        try Activity.add(
            "refund_asked_for", subscriptionID: plan.invoice.subscriptionID, invoiceID: invoiceID,
            amountMinor: plan.amountMinor, currency: plan.intent.currencyCode, reason: reason, actor: actor, now: now,
            tx)
        try FollowUps.refund(refund.id, of: plan.invoice, now: now, tx)
        return (answer, refund)
    }

    /// Charging was started again: what waits to be sent at this gateway is due now.
    public static func goOn(gateway: String, now: Instant, _ tx: Transaction) throws {
        let waiting = JobFilter(state: .ready, queue: gateway, kind: RefundPayment.kind)
        for job in try JobQueue.list(waiting, limit: 100_000, tx) { try JobQueue.moveForward(job.id, to: now, tx) }
    }

    private static func plan(
        _ invoice: Invoice, _ intent: Intent, amount: String?, left: Int64, _ tx: Transaction
    ) throws -> Answer {
        guard let currency = Currency(intent.currencyCode) else {
            return .refused(invoice, "its currency \(intent.currencyCode) is unknown")
        }
        var wanted = left
        if let amount {
            guard let money = Money(majorUnits: amount, currency: currency), money.minorUnits > 0 else {
                return .refused(invoice, "\(amount) is no amount of \(currency) above zero, such as 12.34")
            }
            wanted = money.minorUnits
        }
        guard wanted <= left else {
            return .refused(invoice, "only \(Money(minorUnits: left, currency: currency)) of it is left")
        }
        let isStopped = try GatewayStates.find(intent.gateway, tx)?.isStopped ?? false
        return .planned(
            Plan(
                invoice: invoice, intent: intent, amountMinor: wanted, leftMinor: left - wanted,
                waits: isStopped ? "charging is stopped at \(intent.gateway): it waits until it is started" : nil))
    }

    /// Money that is contested is not given back besides.
    static func disputeObstacle(_ invoiceID: Int64, _ tx: Transaction) throws -> String? {
        guard try Disputes.isInDispute(invoiceID: invoiceID, tx) else { return nil }
        return "it is in dispute: the gateway decides about the money"
    }
}
