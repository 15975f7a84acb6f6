import DunlinCalendar
import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// What a person decides about jobs: all of them in one transaction, or none.
enum JobVerb: String, Sendable {
    case retry, discard

    struct Decided: Encodable, Sendable {
        let job: Int64
        let kind: String
        let state: String
    }

    func run(_ target: JobsCommand.Target, _ context: Context) async throws -> ExitStatus {
        let database = try context.openDatabase(try context.settings())
        defer { database.close() }
        let (ids, reason, actor, now) = (target.ids, target.reason, context.actor, context.clock.now())
        let decided = try await database.write(step: "decide-jobs") { tx in
            try ids.map { id in try decide(id, reason: reason, actor: actor, now: now, tx) }
        }
        try context.output.show(decided) {
            Table(
                [.right("JOB"), .left("KIND"), .left("STATE")],
                rows: decided.map { [String($0.job), $0.kind, $0.state] })
        }
        return .done
    }

    private func decide(
        _ id: Int64, reason: String, actor: String, now: Instant, _ tx: Transaction
    ) throws -> Decided {
        do {
            switch self {
            case .retry: try JobQueue.retryNow(id, now: now, tx)
            case .discard: try JobQueue.discard(id, reason: reason, now: now, tx)
            }
        } catch let error as QueueError {
            throw CommandFailure(.badInput, error.description)
        }
        guard let job = try JobQueue.show(id, tx) else { throw CommandFailure(.badInput, "there is no job \(id)") }
        let invoiceID = Self.invoiceID(of: job)
        if self == .discard, let invoiceID { try hold(invoiceID, jobID: id, reason: reason, tx) }
        try Activity.add(
            self == .retry ? "job_retried" : "job_discarded", invoiceID: invoiceID,
            reason: "\(job.kind) \(id): \(reason)",
            actor: actor, now: now, tx)
        return Decided(job: id, kind: job.kind, state: job.state.rawValue)
    }

    /// Every open invoice keeps a next step (P2): without its job it waits for a person.
    private func hold(_ invoiceID: Int64, jobID: Int64, reason: String, _ tx: Transaction) throws {
        guard let invoice = try Invoices.find(invoiceID, tx), invoice.state == .open,
            invoice.waitsFor == .scheduled || invoice.waitsFor == .retrying
        else { return }
        try Invoices.wait(invoiceID, for: .onHold, holdReason: "job \(jobID) was discarded: \(reason)", tx)
    }

    private static func invoiceID(of job: JobRecord) -> Int64? {
        let parts = job.uniqueKey?.split(separator: "/") ?? []
        return parts.count == 2 && parts[0] == "charge-invoice" ? Int64(parts[1]) : nil
    }
}
