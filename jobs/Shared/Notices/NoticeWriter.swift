import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Writes notices in the caller's transaction, each once, with the job that sends it.
struct NoticeWriter {
    let billing: Billing
    let now: Instant

    /// A try on the debt has failed, and what follows is stored. What waits for the customer is told by `TellChanges`,
    /// whoever finds it out.
    ///
    /// - Parameter told: what the policy has told of it.
    func tellFailedTry(_ invoiceID: Int64, told: [NoticeKind], _ tx: Transaction) throws {
        let invoice = try Invoices.get(invoiceID, tx)
        guard invoice.situation == .retrying, !told.isEmpty else { return }
        try tell(invoice, told: told, tx)
    }

    /// Whatever the debt's situation gives rise to.
    func tell(_ invoice: Invoice, told: [NoticeKind] = [], _ tx: Transaction) throws {
        let tries = try NoticeFacts.tries(invoice.id, tx)
        let policy = try Dunning(billing: billing, now: now).policy(of: invoice, tx)
        let finalActionSeconds = invoice.finalActionAt.map { ($0.milliseconds - now.milliseconds + 999) / 1000 }
        let dues = policy.notices(
            in: invoice.situation, told: told, declineClass: try whyItWaits(invoice, tx),
            finalActionSeconds: finalActionSeconds)
        for due in dues {
            try write(
                NewNotice(
                    noticeID: id(due.kind, of: invoice, step: tries, reminder: due.reminder), kind: due.kind,
                    customerID: invoice.customerID, subscriptionID: invoice.subscriptionID, invoiceID: invoice.id,
                    step: tries, reminder: due.reminder, dueAt: now.adding(seconds: due.delaySeconds)), tx)
        }
    }

    /// What is asked of the customer goes by the last decline; of other debts nobody asks.
    private func whyItWaits(_ invoice: Invoice, _ tx: Transaction) throws -> DeclineClass {
        guard invoice.situation == .needsCustomer || invoice.situation == .needsMethod else { return .needsMethod }
        return try Attempts.lastDeclineClass(of: invoice.id, tx) ?? .needsMethod
    }

    /// To the owner's application.
    func tellPaid(_ invoice: Invoice, _ tx: Transaction) throws {
        guard tellsApplication else { return }
        try write(
            NewNotice(
                noticeID: id(.invoicePaid, of: invoice, step: 0, reminder: 0), kind: .invoicePaid,
                customerID: invoice.customerID, subscriptionID: invoice.subscriptionID, invoiceID: invoice.id,
                dueAt: now), tx)
    }

    /// To the owner's application.
    func tellState(_ subscription: Subscription, from: String?, to: String, changeID: Int64, _ tx: Transaction) throws {
        guard tellsApplication else { return }
        let kind = NoticeKind.subscriptionStateChanged
        try write(
            NewNotice(
                noticeID: NoticeID.make(
                    databaseID: billing.databaseID, kind: kind, subject: [subscription.id, from ?? "", to],
                    step: Int(changeID), reminder: 0, at: now.milliseconds),
                kind: kind, customerID: subscription.customerID, subscriptionID: subscription.id, fromState: from,
                toState: to, dueAt: now), tx)
    }

    /// - Parameter subscriptionID: one that is charged on the card.
    func tellExpiring(_ method: PaymentMethod, subscriptionID: String, _ tx: Transaction) throws {
        let kind = NoticeKind.methodExpiring
        guard let expiry = method.expiryNumber else { return }
        try write(
            NewNotice(
                noticeID: NoticeID.make(
                    databaseID: billing.databaseID, kind: kind, subject: [method.customerID, method.id], step: expiry,
                    reminder: 0),
                kind: kind, customerID: method.customerID, subscriptionID: subscriptionID, paymentMethodID: method.id,
                step: expiry, dueAt: now), tx)
    }

    /// With nobody to send it to, the application's notices would only fill the file.
    private var tellsApplication: Bool { billing.rules.notices.tellsApplication && billing.noticeSink != nil }

    private func id(_ kind: NoticeKind, of invoice: Invoice, step: Int, reminder: Int) -> String {
        NoticeID.make(
            databaseID: billing.databaseID, kind: kind, subject: [invoice.subscriptionID, invoice.periodStart],
            step: step, reminder: reminder)
    }

    private func write(_ new: NewNotice, _ tx: Transaction) throws {
        let isListed = billing.noticeSink == nil
        guard let id = try Notices.insert(new, isListed: isListed, now: now, tx), !isListed else { return }
        try FollowUps.notice(id, customerID: new.customerID, at: new.dueAt, now: now, tx)
    }
}
