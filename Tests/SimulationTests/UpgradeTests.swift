import DunlinCalendar
import DunlinDatabase
import DunlinReports
import DunlinTesting
import Foundation
import Testing

@testable import dunlin

/// Data files of earlier versions, kept in `Fixtures`: each is brought up to date, and keeps every promise.
///
/// `make fixture V=1.0.0` adds one with a release. Until the first release there is `unreleased.sqlite`, which whoever
/// changes the first schema makes anew with `make fixture`.
@Suite struct UpgradeTests {
    struct Fixture: Sendable, CustomTestStringConvertible {
        let path: String
        var testDescription: String { URL(filePath: path).deletingPathExtension().lastPathComponent }

        static let all: [Fixture] = {
            let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return names.filter { $0.hasSuffix(".sqlite") }.sorted().map { Fixture(path: "\(folder)/\($0)") }
        }()

        var isReleased: Bool { testDescription != "unreleased" }
        /// One of the schema that is not released yet counts only while it is of this very schema.
        var counts: Bool {
            get throws { try isReleased || UpgradeTests.schema(of: path) == UpgradeTests.newSchema() }
        }
    }

    private static let counted = Fixture.all.filter { (try? $0.counts) ?? true }

    @Test(
        .enabled(if: !counted.isEmpty, "the schema changed before its first release: make fixture"), arguments: counted)
    func aDataFileOfAnEarlierVersionIsBroughtUpToDateAndProves(_ fixture: Fixture) async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("dunlin.db")
        try FileManager.default.copyItem(atPath: fixture.path, toPath: path)
        let database = try Database.open(.file(path, migrations: LiveDatabase.migrations))
        let now = DemoCommand.start.adding(days: 60)
        let proof = try await database.read { tx in try Prover.prove(ProofOptions(now: now), tx) }
        #expect(proof.promises.flatMap(\.violations).map { "\($0.rule) \($0.ids)" } == [])
        #expect(try await database.read { tx in try tx.integrityFindings() } == [])
        #expect(try await database.read { tx in try tx.brokenReferences() } == [])
        let invoices: Int = try await database.read { tx in try tx.value("SELECT COUNT(*) FROM invoices") ?? 0 }
        #expect(invoices > 0)
        database.close()
        // By whatever way it came there, the schema is that of a new file.
        #expect(try Self.schema(of: path) == Self.newSchema())
    }

    /// What was released is never edited: an old file has gone a part of the way that a new one goes.
    @Test(arguments: Fixture.all.filter(\.isReleased))
    func theStepsOfAReleasedSchemaAreStillTheFirstOnes(_ fixture: Fixture) throws {
        let raw = try RawSQLite(fixture.path)
        let steps = try raw.prepare("SELECT id FROM schema_migrations ORDER BY position")
        var old: [String] = []
        while try steps.step() { old.append(steps.text(0)) }
        let own = LiveDatabase.migrations.map(\.id)
        #expect(Array(own.prefix(old.count - 1)) == Array(old.dropFirst()))
    }

    // MARK: - Schemas

    /// Every table, index, trigger and view, as the file has it.
    private static func schema(of path: String) throws -> [String] {
        let folder = try TemporaryFolder()
        let copy = folder.file("copy.db")
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        let raw = try RawSQLite(copy)
        let rows = try raw.prepare(
            "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1")
        var found: [String] = []
        while try rows.step() { found.append(rows.text(0)) }
        return found.filter { !$0.contains(" sqlite_") }
    }

    private static func newSchema() throws -> [String] {
        let folder = try TemporaryFolder()
        let path = folder.file("new.db")
        let options = DatabaseOptions.file(
            path, opening: .create, migrations: LiveDatabase.migrations, databaseID: "new")
        try Database.open(options).close()
        return try schema(of: path)
    }
}
