public import DunlinCalendar
import DunlinCore
public import DunlinDatabase
public import DunlinLedger
import DunlinQueue

/// A person says what became of a refund that the gateway cannot be asked about (money.md 24).
public enum SettleRefund {
    public enum Word: Hashable, Sendable {
        /// It is this one: it is read before it is believed.
        case isThere(gatewayID: String)
        /// The person looked, and it is not there.
        case neverHappened
    }

    public enum Answer: Hashable, Sendable {
        case noted(Refund)
        case notHere
        case refused(Invoice, String)
    }

    /// A search at the gateway may not show it sooner.
    private static let minutesMin: Int64 = 10

    public static func settle(
        invoiceID: Int64, _ word: Word, reason: String, actor: String, now: Instant, _ tx: Transaction
    ) throws -> Answer {
        guard let invoice = try Invoices.find(invoiceID, tx) else { return .notHere }
        let inFlight = try Intents.of(invoiceID, tx).compactMap { try Refunds.inFlight(intentID: $0.id, tx) }
        guard let refund = inFlight.first else { return .refused(invoice, "no refund of it is in flight") }
        guard refund.gatewayID == nil, refund.state != .requested, let sendBy = refund.sendBy else {
            return .refused(invoice, "refund \(refund.number) is \(refund.state.rawValue): Dunlin goes on by itself")
        }
        let state = try GatewayStates.find(invoice.gateway, tx)
        guard state?.kind == .wooshpay else {
            return .refused(invoice, "\(invoice.gateway) can list refunds: Dunlin asks it by itself")
        }
        guard now >= sendBy.adding(minutes: minutesMin) else {
            return .refused(invoice, "its request may still be on its way: look again in a quarter of an hour")
        }
        return try settle(refund, of: invoice, word, reason: reason, actor: actor, now: now, tx)
    }

    private static func settle(
        _ refund: Refund, of invoice: Invoice, _ word: Word, reason: String, actor: String, now: Instant,
        _ tx: Transaction
    ) throws -> Answer {
        let kind: String
        switch word {
        case .isThere(let gatewayID):
            if try Refunds.isKnown(gatewayID: gatewayID, gateway: invoice.gateway, tx) {
                return .refused(invoice, "refund \(gatewayID) is on record already, as another one")
            }
            kind = "refund_found"
            try Refunds.tell(refund.id, gatewayID: gatewayID, tx)
            try FollowUps.refund(refund.id, of: invoice, now: now, tx)
        case .neverHappened:
            kind = "refund_failed"
            _ = try Refunds.end(refund.id, as: .failed, note: "never happened: \(reason)", now: now, tx)
            try FollowUps.refundIsOver(refund.id, now: now, tx)
        }
        try Activity.add(
            kind, subscriptionID: invoice.subscriptionID, invoiceID: invoice.id, amountMinor: refund.amountMinor,
            currency: refund.currencyCode, reason: reason, actor: actor, now: now, tx)
        return .noted(try Refunds.get(refund.id, tx))
    }
}
