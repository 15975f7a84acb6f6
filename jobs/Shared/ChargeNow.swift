public import DunlinCalendar
public import DunlinDatabase
public import DunlinLedger

/// A person wants an open invoice tried now. The ledger decides as ever: this only moves its job forward.
public enum ChargeNow {
    public enum Answer: Hashable, Sendable {
        /// Its job is ready: the next pass tries it.
        case ready(Invoice)
        case notHere
        /// What is in the way.
        case refused(Invoice, String)
    }

    public static func request(invoiceID: Int64, now: Instant, _ tx: Transaction) throws -> Answer {
        guard let invoice = try Invoices.find(invoiceID, tx) else { return .notHere }
        guard invoice.state == .open else { return .refused(invoice, "it is \(invoice.state.rawValue)") }
        if try Attempts.of(invoiceID, tx).contains(where: { $0.state.isInFlight }) {
            return .refused(invoice, "an attempt on it is in flight")
        }
        if invoice.asksFirst { return .refused(invoice, "it is late: the gateway is asked about it first") }
        switch invoice.waitsFor {
        case .scheduled, .retrying, nil: break
        case let wait?: return .refused(invoice, "it waits: \(wait.rawValue)")
        }
        try Invoices.wait(invoiceID, for: invoice.waitsFor ?? .scheduled, nextAttemptAt: now, tx)
        try FollowUps.charge(invoice, at: now, now: now, tx)
        return .ready(invoice)
    }
}
