public import DunlinDatabase
import DunlinQueue

/// The jobs of the queue, as `jobs list` shows them.
public struct JobList: Report {
    public let name = "jobs"
    public let schemaVersion = 1
    public let columns = JobCells.columns
    public let shortColumns: [String]? = ["id", "queue", "kind", "state", "run_at", "runs", "unique_key", "last_error"]
    private let filter: JobFilter
    private let afterID: Int64
    private let limit: Int

    /// - Parameter kind: only jobs of this kind.
    /// - Throws: `ReportError` for a state or page mark that means nothing.
    public init(_ filter: ListFilter, kind: String? = nil, queue: String? = nil) throws {
        let state = try filter.state.map { word in
            guard let state = JobState(rawValue: word) else {
                let known = JobState.allCases.map(\.rawValue).joined(separator: ", ")
                throw ReportError(.badFilter, "no job is ever \(word); the states are \(known)")
            }
            return state
        }
        self.filter = JobFilter(state: state, queue: queue, kind: kind)
        afterID = try filter.afterNumber() ?? 0
        limit = filter.limit
    }

    public func write(_ tx: Transaction, to sink: inout some RowSink) throws -> ReportTotals {
        var totals = ReportTotals()
        try sink.begin(columns)
        for job in try JobQueue.list(filter, afterID: afterID, limit: limit, tx) {
            try sink.write(JobCells.cells(job))
            totals.addRow()
        }
        try sink.end()
        return totals
    }
}

/// How a job is shown, in the list and beside the invoice it is for.
enum JobCells {
    static let columns = [
        ReportColumn("id", .integer), ReportColumn("queue"), ReportColumn("kind"), ReportColumn("state"),
        ReportColumn("run_at", .time), ReportColumn("runs"), ReportColumn("arguments"), ReportColumn("unique_key"),
        ReportColumn("concurrency_key"), ReportColumn("lease_until", .time), ReportColumn("created_at", .time),
        ReportColumn("finished_at", .time), ReportColumn("last_error"),
    ]

    static func cells(_ job: JobRecord) -> [Cell] {
        [
            .integer(job.id), .text(job.queue), .text(job.kind), .text(job.state.rawValue), .time(job.runAt),
            .text(job.neverDies ? "\(job.runCount)" : "\(job.runCount) of \(job.runsMax)"), .text(job.arguments),
            Cell(job.uniqueKey), Cell(job.concurrencyKey), Cell(job.leaseUntil), .time(job.createdAt),
            Cell(job.finishedAt), Cell(job.lastError),
        ]
    }
}
