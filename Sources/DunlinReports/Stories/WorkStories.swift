public import DunlinDatabase
import DunlinQueue

extension Story {
    /// An attempt, with what was exchanged with the gateway for it.
    ///
    /// - Throws: `ReportError` when there is no such attempt.
    public static func attempt(_ id: Int64, _ tx: Transaction) throws -> Story {
        let cells = try tx.row("\(AttemptCells.select) WHERE a.id = ?1", id, read: AttemptCells.cells)
        guard let cells else { throw ReportError(.notFound, "there is no attempt \(id)") }
        let exchanges = PartQuery(
            name: "exchanges", columns: InvoiceParts.exchanges.columns,
            sql: """
                SELECT e.started_at AS started_at, e.attempt_number AS attempt_number, e.method AS method,
                    e.path AS path, e.http_status AS http_status, e.elapsed_ms AS elapsed_ms,
                    e.request_id AS request_id, COALESCE(e.error_code, e.error_type) AS error_code,
                    e.decline_code AS decline_code, e.object_id AS object_id, e.fault AS fault
                FROM exchanges e JOIN attempts a ON a.invoice_id = e.invoice_id AND a.number = e.attempt_number
                WHERE a.id = ?1 ORDER BY e.started_at, e.id
                """)
        return Story(
            title: "attempt \(id)", fields: zip(AttemptCells.columns, cells).map { Field($0.name, $1) },
            parts: [try exchanges.read(tx, id)])
    }

    /// A job, with its lease and its last error.
    ///
    /// - Throws: `ReportError` when there is no such job.
    public static func job(_ id: Int64, _ tx: Transaction) throws -> Story {
        guard let job = try JobQueue.show(id, tx) else { throw ReportError(.notFound, "there is no job \(id)") }
        let fields = zip(JobCells.columns, JobCells.cells(job)).map { Field($0.name, $1) }
        return Story(
            title: "job \(id)", fields: fields + [Field("lease_holder", Cell(job.leaseHolder))], parts: [])
    }
}
