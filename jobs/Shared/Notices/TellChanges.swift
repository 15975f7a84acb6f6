import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Makes notices of what has changed since the last pass. The changes are noted by the schema, in the transaction of the
/// change and whatever connection makes it, so that none is missed; here the rules say who is told.
struct TellChanges {
    static let pageSize = 500

    let billing: Billing

    func run() async throws {
        guard try await !billing.database.read({ tx in try StateChanges.isEmpty(tx) }) else { return }
        var isDone = false
        while !isDone {
            let now = billing.clock.now()
            isDone = try await billing.database.write(step: "tell-changes") { tx in
                let changes = try StateChanges.take(limit: Self.pageSize, tx)
                let writer = NoticeWriter(billing: billing, now: now)
                for change in changes { try tell(change, writer, tx) }
                if let last = changes.last { try StateChanges.clear(through: last.id, tx) }
                return changes.count < Self.pageSize
            }
        }
    }

    private func tell(_ change: StateChange, _ writer: NoticeWriter, _ tx: Transaction) throws {
        guard let invoiceID = change.invoiceID else {
            guard let subscription = try Subscriptions.find(change.subscriptionID, tx) else { return }
            return try writer.tellState(
                subscription, from: change.fromState, to: change.toState, changeID: change.id, tx)
        }
        guard let invoice = try Invoices.find(invoiceID, tx) else { return }
        switch invoice.situation {
        case .paid:
            try writer.tellPaid(invoice, tx)
            // Money for a debt that had ended is a person's matter first, and may go back.
            // And who never heard that it failed need not hear that it is mended.
            guard try NoticeFacts.debt(invoiceID, tx)?.isLate == false, try Notices.hasAsked(about: invoiceID, tx)
            else { return }
            try writer.tell(invoice, tx)
        case .givenUp:
            // Whoever writes a debt off by hand speaks with the customer.
            if try NoticeFacts.endedBy(invoiceID, tx) == Activity.dunlin { try writer.tell(invoice, tx) }
        case .needsCustomer, .needsMethod: try writer.tell(invoice, tx)
        case .scheduled, .retrying, .settling, .held, .over: break
        }
    }
}
