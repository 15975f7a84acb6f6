import DunlinCalendar
import DunlinDatabase
import DunlinLedger

/// While a customer disputes a charge nothing more of theirs is charged: their other open invoices wait.
struct DisputeHold {
    let now: Instant

    /// What is in flight is left to its settling; what comes of it is held when it is to be tried again.
    func begin(_ customerID: String, disputeID: String, _ tx: Transaction) throws {
        for invoice in try Invoices.open(ofCustomer: customerID, tx) {
            try OpenInvoices.rest(invoice, reason: Self.reason(disputeID), now: now, tx)
        }
    }

    /// Won, or withdrawn: what waited goes on, unless another dispute is open. Lost: a person decides whether this
    /// customer is charged any more.
    func end(_ customerID: String, disputeID: String, isLost: Bool, _ tx: Transaction) throws {
        let other = try Disputes.open(ofCustomer: customerID, tx)
        for invoice in try Invoices.open(ofCustomer: customerID, tx)
        where invoice.waitsFor == .onHold && invoice.holdReason == Self.reason(disputeID) {
            if isLost {
                try InvoiceRest.onHold(
                    invoice.id, reason: "the customer won dispute \(disputeID): release or void it", now: now, tx)
            } else if let other {
                try InvoiceRest.onHold(invoice.id, reason: Self.reason(other), now: now, tx)
            } else {
                try OpenInvoices.goOn(invoice, at: now, now: now, tx)
            }
        }
    }

    static func reason(_ disputeID: String) -> String { "dispute \(disputeID) of this customer is open" }
}
