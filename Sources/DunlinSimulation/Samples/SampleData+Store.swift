public import DunlinDatabase
import DunlinLedger

extension SampleData {
    /// Rows in one transaction.
    private static let pageRows = 1000

    /// Writes the rows as their owner would, a page per transaction.
    ///
    /// - Throws: `DatabaseError` when the database refuses a row.
    public func store(in database: Database) async throws {
        try await inPages(customers, database) { try Customers.upsert($0, $1) }
        try await inPages(methods, database) { try PaymentMethods.upsert($0, $1) }
        try await inPages(subscriptions, database) { try Subscriptions.upsert($0, $1) }
    }

    private func inPages<Record: Sendable>(
        _ records: [Record], _ database: Database,
        _ upsert: @escaping @Sendable ([Record], Transaction) throws -> RowCounts
    ) async throws {
        for start in stride(from: 0, to: records.count, by: Self.pageRows) {
            let page = Array(records[start..<min(start + Self.pageRows, records.count)])
            _ = try await database.write(step: "sample") { tx in try upsert(page, tx) }
        }
    }
}
