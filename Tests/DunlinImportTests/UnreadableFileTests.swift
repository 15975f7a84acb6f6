import DunlinCalendar
import DunlinDatabase
import DunlinImport
import DunlinLedger
import DunlinTesting
import Foundation
import Testing

@Suite struct UnreadableFileTests {
    private func code(_ sources: [ImportSource], temporaryFolder: String? = nil) async throws -> ImportError.Code? {
        let fixture = try ImportFixture()
        let importer = Importer(
            database: fixture.database, gateways: [:], temporaryFolder: temporaryFolder ?? fixture.folder.path)
        let error = await #expect(throws: ImportError.self) { try await importer.apply(sources, now: fixture.now) }
        return error?.code
    }

    @Test func aFileThatCannotBeReadIsSaidSo() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.file("customers.csv"), withIntermediateDirectories: false)
        #expect(try await code([.file(folder.file("customers.csv"))]) == .unreadable)
        #expect(try await code([.file(folder.file("subscriptions.csv"))]) == .unreadable)
        struct Broken: Error {}
        #expect(try await code([.stream(table: .customers) { _ in throw Broken() }]) == .unreadable)
    }

    @Test func aFileWhoseTableIsNotKnownIsSaidSo() async throws {
        #expect(try await code([.file("/tmp/invoices.csv")]) == .unknownTable)
        #expect(try await code([.file("/tmp/customers")]) == .unknownTable)
        #expect(try await code([.stream(table: nil) { _ in [] }]) == .unknownTable)
        #expect(try await code([]) == .noFiles)
    }

    @Test func aStreamThatCannotBeCopiedIsSaidSo() async throws {
        let folder = try TemporaryFolder()
        let source = ImportSource.stream(table: .customers) { _ in [] }
        #expect(try await code([source], temporaryFolder: folder.file("missing")) == .notSpooled)
    }

    @Test func anImportThatCannotBeCommittedStoresNothing() async throws {
        let folder = try TemporaryFolder()
        let fixture = try ImportFixture()
        let source = try fixture.file("customers.csv", ImportFixture.csv(.customers))
        let isFull = Switch()
        var options = DatabaseOptions.file(
            folder.file("dunlin.db"), opening: .create, migrations: Ledger.migrations, databaseID: "test")
        options.faults = DatabaseFaults { _ in isFull.isOn ? .full : nil }
        let database = try Database.open(options)
        defer { database.close() }
        let importer = Importer(
            database: database, gateways: fixture.importerGateways, temporaryFolder: fixture.folder.path)
        isFull.turn(on: true)
        await #expect(throws: DatabaseError.self) { try await importer.apply([source], now: fixture.now) }
        isFull.turn(on: false)
        let plan = try await importer.plan([source], now: fixture.now)
        #expect(plan.tables[.customers]?.rows == RowCounts(added: 1))
    }
}
