import DunlinDatabase
import DunlinQueue
import DunlinReports

extension Context {
    /// Runs `body` on one snapshot of the data file, opened for reading only.
    ///
    /// - Throws: a `CommandFailure` where what was asked for is not there; a `DatabaseError`.
    func look<T: Sendable>(
        _ settings: Settings, _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws -> T {
        let database = try LiveDatabase.openReadOnly(settings.database, log: log)
        defer { database.close() }
        do {
            return try await database.read(body)
        } catch let error as ReportError {
            throw CommandFailure(error)
        }
    }
}

extension CommandFailure {
    init(_ error: ReportError) {
        switch error.code {
        case .notFound, .badFilter: self.init(.badInput, error.text)
        case .unreadable, .overflow: self.init(.needsPerson, error.text)
        }
    }
}
