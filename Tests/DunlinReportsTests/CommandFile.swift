import DunlinDatabase
import DunlinTesting

@testable import dunlin

/// A data file of a test's own, and the commands on it.
final class CommandFile {
    let folder: TemporaryFolder
    var path: String { folder.file("dunlin.db") }

    init(_ write: @escaping @Sendable (LedgerRows) throws -> Void) async throws {
        folder = try TemporaryFolder()
        try await change(opening: .create, write)
    }

    func change(
        opening: DatabaseOptions.Opening = .mustExist, _ write: @escaping @Sendable (LedgerRows) throws -> Void
    ) async throws {
        let database = try Database.open(
            .file(path, opening: opening, migrations: LiveDatabase.migrations, databaseID: "test"))
        defer { database.close() }
        try await database.write { try write(LedgerRows(tx: $0)) }
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T {
        let database = try Database.open(.file(path, migrations: LiveDatabase.migrations))
        defer { database.close() }
        return try await database.read(body)
    }

    func run(_ arguments: String...) async -> dunlin.ExitStatus {
        await Dunlin.run(arguments + ["--database", path, "--config", "config", "--quiet"])
    }
}
