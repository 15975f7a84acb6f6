import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Notes what a read shows of an intent's refunds, with what it means for the invoice: the same whether an event, our
/// own request or a question led to it.
struct NotedRefunds {
    let gateway: BillingGateway
    /// When the request whose answer this is began.
    let askedAt: Instant
    let now: Instant

    func note(_ refunds: [RefundSnapshot], of intent: Intent, _ tx: Transaction) throws {
        for refund in refunds { try note(refund, of: intent, tx) }
        try Self.count(intent.invoiceID, tx)
    }

    private func note(_ refund: RefundSnapshot, of intent: Intent, _ tx: Transaction) throws {
        let change = try GatewayRefunds.note(
            refund, of: intent, isUnnamedOurs: gateway.driver.kind == .wooshpay, askedAt: askedAt, now: now, tx)
        let kind: String
        switch change {
        case .none: return
        case .noted: return try watch(refund, of: intent, tx)
        case .succeeded: kind = "refunded"
        case .failed: kind = "refund_failed"
        }
        let invoice = try Invoices.get(intent.invoiceID, tx)
        try Activity.add(
            kind, subscriptionID: invoice.subscriptionID, invoiceID: invoice.id, amountMinor: refund.amount?.minorUnits,
            currency: refund.amount?.currency.code, reason: refund.failureReason ?? refund.reason,
            effectiveAt: refund.createdAt, now: now, tx)
    }

    /// Somebody made it at the gateway, and it is on its way: no job of ours asks about it yet.
    private func watch(_ refund: RefundSnapshot, of intent: Intent, _ tx: Transaction) throws {
        guard try GatewayRefunds.isOpenElsewhere(gatewayID: refund.id, gateway: gateway.name, tx) else { return }
        try FollowUps.watch(
            .refund(refund.id), gateway: gateway.name, customerID: try Invoices.get(intent.invoiceID, tx).customerID,
            since: now, firstAt: now.adding(seconds: Self.firstLookSeconds), now: now, tx)
    }

    private static let firstLookSeconds: Int64 = 5

    /// Sums up anew what went back of an invoice's money and what of it is contested.
    static func count(_ invoiceID: Int64, _ tx: Transaction) throws {
        try Invoices.countRefundsAndDisputes(
            invoiceID, disputedMinor: try Disputes.disputedMinor(invoiceID: invoiceID, tx), tx)
    }
}
