import DunlinTesting
import Foundation
import Testing

@testable import DunlinDatabase

/// A backup that takes the place of a data file.
@Suite struct RestoreTests {
    private let temporary: TemporaryDatabase
    private let folder: TemporaryFolder

    init() throws {
        temporary = try TemporaryDatabase.onDisk(Birds.schema)
        folder = try #require(temporary.folder)
    }

    private func backup() async throws -> String {
        let path = folder.file("backup.db")
        try await temporary.database.write { try Birds.add("dunlin", $0) }
        try await temporary.database.backup(to: path)
        try await temporary.database.write { try Birds.add("knot", $0) }
        return path
    }

    private func restore(_ backup: String, to path: String? = nil) throws -> RestoredDatabase {
        var options = temporary.database.options
        if let path { options.location = .file(path: path) }
        return try Database.restore(backup, asideSuffix: ".old", marks: ["mark": "restored"], options: options)
    }

    private func code(_ body: () throws -> Void) -> DatabaseError.Code? {
        do { try body() } catch let error as DatabaseError { return error.code } catch { return nil }
        return nil
    }

    @Test func theBackupIsThereAndTheOldFileIsKeptWithAllThatWasInIt() async throws {
        let backup = try await backup()
        temporary.database.close()
        let restored = try restore(backup)
        #expect(restored.databaseID == "test-database")
        #expect(restored.keptAside == folder.file("dunlin.db.old"))
        let now = try temporary.openAgain()
        #expect(try await Birds.names(now) == ["dunlin"])
        #expect(try await now.read { try $0.meta("mark") } == "restored")
        let old = try Database.open(.file(folder.file("dunlin.db.old"), migrations: Birds.schema))
        #expect(try await Birds.names(old) == ["dunlin", "knot"])
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("dunlin.db"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        // The backup is still what it was.
        let again = try Database.open(.file(backup, migrations: Birds.schema))
        #expect(try await Birds.names(again) == ["dunlin"])
        #expect(try await again.read { try $0.meta("mark") } == nil)
    }

    /// A plain copy of file and log, as an operating system's own backup makes it.
    @Test func aCopyWithItsLogIsTakenWithIt() async throws {
        try await temporary.database.write { try Birds.add("dunlin", $0) }
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: folder.file("dunlin.db") + suffix, toPath: folder.file("copied.db") + suffix)
        }
        _ = try restore(folder.file("copied.db"), to: folder.file("new.db"))
        let new = try Database.open(.file(folder.file("new.db"), migrations: Birds.schema))
        #expect(try await Birds.names(new) == ["dunlin"])
    }

    @Test func aLogThatWasLeftBehindIsNotTakenForThatOfTheRestoredFile() async throws {
        let backup = try await backup()
        try FileManager.default.copyItem(atPath: folder.file("dunlin.db-wal"), toPath: folder.file("gone.db-wal"))
        #expect(try restore(backup, to: folder.file("gone.db")).keptAside == nil)
        let restored = try Database.open(.file(folder.file("gone.db"), migrations: Birds.schema))
        #expect(try await Birds.names(restored) == ["dunlin"])
        #expect(FileManager.default.fileExists(atPath: folder.file("gone.db.old-wal")))
    }

    @Test func aFileThatIsNoBackupIsRefusedAndNothingIsTouched() async throws {
        let backup = try await backup()
        temporary.database.close()
        let before = try Data(contentsOf: URL(filePath: folder.file("dunlin.db")))
        #expect(code { _ = try restore(folder.file("nowhere.db")) } == .notFound)
        try Data("id,customer\n1,2\n".utf8).write(to: URL(filePath: folder.file("rows.csv")))
        #expect([.foreign, .corrupt].contains(code { _ = try restore(folder.file("rows.csv")) }))
        #expect(code { _ = try restore(folder.file("dunlin.db")) } == .exists)
        var bytes = try Data(contentsOf: URL(filePath: backup))
        bytes.replaceSubrange(4096..<min(12_288, bytes.count), with: Data(repeating: 0xAB, count: 4096))
        try bytes.write(to: URL(filePath: folder.file("damaged.db")))
        #expect(code { _ = try restore(folder.file("damaged.db")) } == .corrupt)
        var newer = temporary.database.options
        newer.migrations = []
        #expect(
            code { _ = try Database.restore(backup, asideSuffix: ".old", marks: [:], options: newer) } == .newer)
        #expect(try Data(contentsOf: URL(filePath: folder.file("dunlin.db"))) == before)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.contains("restoring") })
    }

    @Test func whatIsInTheWayIsNotOverwritten() async throws {
        let backup = try await backup()
        temporary.database.close()
        try Data().write(to: URL(filePath: folder.file("dunlin.db.old")))
        #expect(code { _ = try restore(backup) } == .exists)
    }
}
