import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// The jobs that follow from what happened, each with its unique key. One customer's money moves one step at a time:
/// all of them share the customer's concurrency key, and of the charges the oldest debt's goes first (money.md 35).
enum FollowUps {
    /// A debt that the gateway must be asked about first is asked about, and charged then.
    static func charge(_ invoice: Invoice, at runAt: Instant, now: Instant, _ tx: Transaction) throws {
        if invoice.asksFirst { return try askAboutLateDebts(gateway: invoice.gateway, now: now, tx) }
        try charge(
            invoiceID: invoice.id, customerID: invoice.customerID, gateway: invoice.gateway, dueAt: invoice.dueAt,
            at: runAt, now: now, tx)
    }

    static func charge(
        invoiceID: Int64, customerID: String, gateway: String, dueAt: Instant, at runAt: Instant, now: Instant,
        _ tx: Transaction
    ) throws {
        try JobQueue.enqueue(
            NewJob(
                queue: gateway, kind: ChargeInvoice.kind, arguments: JobArguments(invoice: invoiceID).text,
                uniqueKey: chargeKey(invoiceID), concurrencyKey: customerKey(customerID), orderAt: dueAt,
                priority: .charge,
                runAt: runAt, runsMax: 30), now: now, tx)
    }

    /// Nothing is tried by the schedule any more, or not at the time that was meant. A job that runs is left to find
    /// out for itself.
    static func chargeIsOver(_ invoiceID: Int64, reason: String, now: Instant, _ tx: Transaction) throws {
        try JobQueue.withdraw(uniqueKey: chargeKey(invoiceID), reason: reason, now: now, tx)
    }

    /// The job of a customer's visit, to be claimed where it is written.
    static func visit(_ invoice: Invoice, now: Instant) -> NewJob {
        NewJob(
            queue: invoice.gateway, kind: PayInSession.kind, arguments: JobArguments(invoice: invoice.id).text,
            concurrencyKey: customerKey(invoice), priority: .settle, runAt: now)
    }

    static func settle(
        attemptID: Int64, gateway: String, of invoice: Invoice, at runAt: Instant, now: Instant, _ tx: Transaction
    ) throws {
        try JobQueue.enqueue(
            NewJob(
                queue: gateway, kind: SettleAttempt.kind, arguments: JobArguments(attempt: attemptID).text,
                uniqueKey: settleKey(attemptID), concurrencyKey: customerKey(invoice), priority: .settle, runAt: runAt,
                neverDies: true), now: now, tx)
    }

    static func settleIsOver(attemptID: Int64, now: Instant, _ tx: Transaction) throws {
        try JobQueue.withdraw(uniqueKey: settleKey(attemptID), reason: "the attempt has ended", now: now, tx)
    }

    static func cancel(_ intent: Intent, of invoice: Invoice, now: Instant, _ tx: Transaction) throws {
        try JobQueue.enqueue(
            NewJob(
                queue: intent.gateway, kind: CancelIntent.kind, arguments: JobArguments(intent: intent.id).text,
                uniqueKey: "cancel-intent/\(intent.id)", concurrencyKey: customerKey(invoice), priority: .settle,
                runAt: now, neverDies: true, whileRunning: .runAgain), now: now, tx)
    }

    /// The final action of a debt's dunning policy, at the end of the customer's time. It is asked anew then whether it is
    /// still wanted.
    static func endDunning(_ invoice: Invoice, at runAt: Instant, now: Instant, _ tx: Transaction) throws {
        try JobQueue.enqueue(
            NewJob(
                queue: invoice.gateway, kind: EndDunning.kind, arguments: JobArguments(invoice: invoice.id).text,
                uniqueKey: endDunningKey(invoice.id), concurrencyKey: customerKey(invoice), priority: .charge,
                runAt: runAt, neverDies: true), now: now, tx)
    }

    static func dunningIsOver(_ invoiceID: Int64, now: Instant, _ tx: Transaction) throws {
        try JobQueue.withdraw(uniqueKey: endDunningKey(invoiceID), reason: "the debt has ended", now: now, tx)
    }

    static func refund(_ refundID: Int64, of invoice: Invoice, now: Instant, _ tx: Transaction) throws {
        try JobQueue.enqueue(
            NewJob(
                queue: invoice.gateway, kind: RefundPayment.kind, arguments: JobArguments(refund: refundID).text,
                uniqueKey: refundKey(refundID), concurrencyKey: customerKey(invoice), priority: .charge,
                runAt: now, neverDies: true), now: now, tx)
    }

    static func refundIsOver(_ refundID: Int64, now: Instant, _ tx: Transaction) throws {
        try JobQueue.withdraw(uniqueKey: refundKey(refundID), reason: "the refund has ended", now: now, tx)
    }

    static func askAboutLateDebts(gateway: String, now: Instant, _ tx: Transaction) throws {
        try JobQueue.enqueue(
            NewJob(
                queue: gateway, kind: AskAboutLateDebts.kind, uniqueKey: "ask-about-late-debts/\(gateway)",
                priority: .settle, runAt: now, neverDies: true, whileRunning: .runAgain), now: now, tx)
    }

    /// One job for all events of a subject: they need one read. One that is at work runs again, since it may have read
    /// before this event.
    ///
    /// - Parameter customerID: whose money it is about, where that is known.
    static func apply(
        _ eventID: String, _ subject: EventSubject, gateway: String, customerID: String?,
        priority: JobPriority = .settle, now: Instant, _ tx: Transaction
    ) throws {
        guard let key = subject.key else { return }
        try JobQueue.enqueue(
            NewJob(
                queue: gateway, kind: ApplyEvent.kind, arguments: JobArguments(event: eventID).text,
                uniqueKey: "apply-event/\(gateway)/\(key)", concurrencyKey: customerID.map { customerKey($0) },
                priority: priority, runAt: now, runsMax: ApplyEvent.runsMax, whileRunning: .runAgain), now: now, tx)
    }

    /// Reads the object on the poller's schedule until it has ended.
    ///
    /// - Parameters:
    ///   - since: since when it has been open: the older, the longer the waits.
    ///   - firstAt: when it is read first.
    static func watch(
        _ subject: EventSubject, gateway: String, customerID: String, since: Instant, firstAt: Instant, now: Instant,
        _ tx: Transaction
    ) throws {
        guard let key = subject.key else { return }
        try JobQueue.enqueue(
            NewJob(
                queue: gateway, kind: WatchObject.kind,
                arguments: JobArguments(subject: key, since: since.milliseconds).text,
                uniqueKey: "watch-object/\(gateway)/\(key)", concurrencyKey: customerKey(customerID), priority: .poll,
                runAt: firstAt, runsMax: WatchObject.runsMax), now: now, tx)
    }

    /// A customer's notices leave one after the other, in the order in which they were written.
    static func notice(_ noticeRow: Int64, customerID: String, at runAt: Instant, now: Instant, _ tx: Transaction)
        throws
    {
        try JobQueue.enqueue(
            NewJob(
                queue: NoticeWorker.queue, kind: SendNotice.kind, arguments: JobArguments(notice: noticeRow).text,
                uniqueKey: "send-notice/\(noticeRow)", concurrencyKey: "notices/\(customerID)",
                orderAt: Instant(milliseconds: noticeRow), priority: .poll, runAt: runAt, neverDies: true,
                whileRunning: .runAgain), now: now, tx)
    }

    private static func endDunningKey(_ invoiceID: Int64) -> String { "end-dunning/\(invoiceID)" }
    static func chargeKey(_ invoiceID: Int64) -> String { "charge-invoice/\(invoiceID)" }
    static func customerKey(_ invoice: Invoice) -> String { customerKey(invoice.customerID) }
    private static func customerKey(_ customerID: String) -> String { "customer/\(customerID)" }
    private static func refundKey(_ refundID: Int64) -> String { "refund-payment/\(refundID)" }
    private static func settleKey(_ attemptID: Int64) -> String { "settle-attempt/\(attemptID)" }
}
