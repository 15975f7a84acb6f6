public import DunlinCalendar
import DunlinCore
public import DunlinDatabase
public import DunlinLedger
import DunlinQueue

/// What a person decides about jobs.
public enum JobVerb: HandVerb {
    public static let noun = "job"
    public static let filterKeys: [RowFilter.Key] = [.state, .kind, .queue]
    public static let filterStates = ["ready", "dead"]

    /// Dead ones become ready with all their runs, waiting ones are due now.
    case retry
    /// They are given up; an invoice that one would have charged is put on hold.
    case discard

    public func select(_ filter: RowFilter, limit: Int, _ tx: Transaction) throws -> [Int64] {
        let jobs = JobFilter(
            state: filter[.state].flatMap(JobState.init(rawValue:)), queue: filter[.queue], kind: filter[.kind])
        return try JobQueue.list(jobs, limit: limit, tx).filter { !$0.state.isFinal || $0.state == .dead }.map(\.id)
    }

    public func carryOut(on id: Int64, _ order: HandOrder, at: Instant, _ tx: Transaction) throws -> HandDone {
        do {
            switch self {
            case .retry: try JobQueue.retryNow(id, now: at, tx)
            case .discard: try JobQueue.discard(id, reason: order.reason, now: order.now, tx)
            }
        } catch let error as QueueError {
            throw HandRefusal(id: String(id), reason: error.description)
        }
        guard let job = try JobQueue.show(id, tx) else {
            throw HandRefusal(id: String(id), reason: "there is no such job")
        }
        let invoice = try Self.invoice(of: job, tx)
        if self == .discard, let invoice { try hold(invoice, jobID: id, order, tx) }
        try Activity.add(
            self == .retry ? "job_retried" : "job_discarded", subscriptionID: invoice?.subscriptionID,
            invoiceID: invoice?.id, reason: "\(job.kind) \(id): \(order.reason)", actor: order.actor, now: order.now,
            tx)
        return HandDone(
            id: String(id), subscriptionID: invoice?.subscriptionID, what: "\(job.kind) is \(job.state.rawValue)",
            amount: invoice?.amount, at: self == .retry ? at : nil)
    }

    /// Every open invoice keeps a next step (P2): without its job it waits for a person.
    private func hold(_ invoice: Invoice, jobID: Int64, _ order: HandOrder, _ tx: Transaction) throws {
        guard invoice.state == .open, invoice.waitsFor == .scheduled || invoice.waitsFor == .retrying else { return }
        try InvoiceRest.onHold(
            invoice.id, reason: "job \(jobID) was discarded: \(order.reason)", now: order.now, tx)
    }

    private static func invoice(of job: JobRecord, _ tx: Transaction) throws -> Invoice? {
        let parts = job.uniqueKey?.split(separator: "/") ?? []
        guard parts.count == 2, parts[0] == "charge-invoice", let id = Int64(parts[1]) else { return nil }
        return try Invoices.find(id, tx)
    }
}
