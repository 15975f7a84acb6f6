import DunlinDatabase
import DunlinTesting
import Foundation
import Testing

@Suite struct OpeningTests {
    private static func code(_ body: () throws -> Void) -> DatabaseError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? DatabaseError)?.code
        }
    }

    @Test func everyCommitIsFlushedToTheDisk() async throws {
        for mode in [DatabaseOptions.Mode.threaded, .inline] {
            let temporary = try TemporaryDatabase.onDisk(Birds.schema) { $0.mode = mode }
            let settings: [Int?] = try await temporary.database.write { tx in
                [try tx.value("PRAGMA synchronous"), try tx.value("PRAGMA foreign_keys")]
            }
            #expect(settings == [2, 1])
            let journal: String? = try await temporary.database.write { try $0.value("PRAGMA journal_mode") }
            #expect(journal == "wal")
        }
    }

    @Test func commitsAreStillFlushedAfterTheConnectionWasOpenedAgain() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema) { options in
            options.faults = DatabaseFaults { $0 == 1 ? .ioError : nil }
        }
        await #expect(throws: DatabaseError.self) { try await temporary.database.write { try Birds.add("knot", $0) } }
        let settings: [Int?] = try await temporary.database.write { tx in
            [
                try tx.value("PRAGMA synchronous"), try tx.value("PRAGMA foreign_keys"),
                try tx.value("PRAGMA recursive_triggers"), try tx.value("PRAGMA trusted_schema"),
            ]
        }
        #expect(settings == [2, 1, 1, 0])
        #expect(temporary.database.counters.reopenings == 1)
    }

    @Test func onlyTheOwnerMayReadTheFileAndItsLog() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        try await temporary.database.write { try Birds.add("dunlin", $0) }
        let path = try #require(temporary.folder?.file("dunlin.db"))
        for suffix in ["", "-wal", "-shm"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: path + suffix)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(suffix)")
        }
    }

    @Test func aDatabaseThatIsNotThereIsNotCreatedUnlessAskedFor() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("dunlin.db")
        #expect(Self.code { _ = try Database.open(.file(path)) } == .notFound)
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(Self.code { _ = try Database.open(.file(folder.path)) } == .cannotOpen)
        #expect(Self.code { _ = try Database.open(.file("/no/such/folder/d.db", opening: .create)) } == .cannotOpen)
    }

    @Test func anExistingDatabaseIsNotCreatedOver() throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        #expect(Self.code { _ = try temporary.openAgain { $0.opening = .create } } == .exists)
        #expect(Self.code { _ = try temporary.openAgain { $0.opening = .createIfMissing } } == nil)
    }

    @Test func theIdOfTheDatabaseIsGivenOnceAndKept() throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema, databaseID: "first")
        let again = try temporary.openAgain { $0.databaseID = "second" }
        #expect(temporary.database.databaseID == "first")
        #expect(again.databaseID == "first")
    }

    @Test func whatAnotherProgramWroteIsRefusedAndLeftAsItWas() async throws {
        let folder = try TemporaryFolder()
        let text = folder.file("text")
        let garbage = Data("This is no database, but it is long enough to look like one. ".utf8)
        let content = Data((0..<200).flatMap { _ in garbage })
        try content.write(to: URL(fileURLWithPath: text))
        for opening in [DatabaseOptions.Opening.mustExist, .createIfMissing] {
            #expect(Self.code { _ = try Database.open(.file(text, opening: opening)) } == .foreign)
        }
        #expect(FileManager.default.contents(atPath: text) == content)

        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        try await temporary.database.write { try $0.execute("PRAGMA application_id = 7") }
        temporary.database.close()
        for opening in [DatabaseOptions.Opening.mustExist, .createIfMissing] {
            #expect(Self.code { _ = try temporary.openAgain { $0.opening = opening } } == .foreign)
        }
    }

    @Test func anEmptyFileIsADatabaseOnlyWhenOneIsToBeCreated() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("dunlin.db")
        try Data().write(to: URL(fileURLWithPath: path))
        #expect(Self.code { _ = try Database.open(.file(path)) } == .foreign)
        #expect(Self.code { _ = try Database.open(.file(path, opening: .create)) } == nil)
    }

    @Test func aNewerDatabaseIsRefused() throws {
        let newer = Birds.schema + [Migration(id: "birds-002", sql: "CREATE TABLE nests (id INTEGER) STRICT")]
        let temporary = try TemporaryDatabase.onDisk(newer)
        #expect(Self.code { _ = try temporary.openAgain { $0.migrations = Birds.schema } } == .newer)
        let readOnly = Self.code {
            _ = try temporary.openAgain {
                $0.migrations = Birds.schema
                $0.isReadOnly = true
            }
        }
        #expect(readOnly == .newer)
    }

    @Test func anOlderDatabaseIsBroughtUpToDateUnlessThatIsNotAllowed() async throws {
        let newer = Birds.schema + [Migration(id: "birds-002", sql: "CREATE TABLE nests (id INTEGER) STRICT")]
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        let refused = Self.code {
            _ = try temporary.openAgain {
                $0.migrations = newer
                $0.migrates = false
            }
        }
        #expect(refused == .older)
        let upgraded = try temporary.openAgain { $0.migrations = newer }
        let nests: Int? = try await upgraded.read { try $0.value("SELECT count(*) FROM nests") }
        #expect(nests == 0)
    }

    @Test func aMigrationThatFailsLeavesNothingBehind() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        let broken =
            Birds.schema + [
                Migration(id: "birds-002", sql: "CREATE TABLE nests (id INTEGER) STRICT"),
                Migration(id: "birds-003", sql: "CREATE TABLE nests (id INTEGER) STRICT"),
            ]
        #expect(Self.code { _ = try temporary.openAgain { $0.migrations = broken } } == .statement)
        #expect(Self.code { _ = try temporary.openAgain() } == nil)
    }

    @Test func aMigrationThatOrphansRowsIsRefused() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        try await temporary.database.write { tx in
            try Birds.add("dunlin", tx)
            try tx.execute("INSERT INTO eggs (bird_id) VALUES (?1)", tx.lastInsertedID)
        }
        let orphaning = Birds.schema + [Migration(id: "birds-002", sql: "DELETE FROM birds")]
        let code = Self.code { _ = try temporary.openAgain { $0.migrations = orphaning } }
        #expect(code == .constraint(.foreignKey))
        #expect(try await Birds.names(temporary.database) == ["dunlin"])
    }

    @Test func aDatabaseOnANetworkFileSystemIsRefused() throws {
        let folder = try TemporaryFolder()
        var options = DatabaseOptions.file(folder.file("dunlin.db"), opening: .create)
        options.fileSystems = FileSystems { _ in "nfs4" }
        #expect(Self.code { _ = try Database.open(options) } == .networkFileSystem)
        #expect(!FileManager.default.fileExists(atPath: folder.file("dunlin.db")))
    }

    @Test func twentyOpeningsOfOneNewFileAllSucceed() async throws {
        let folder = try TemporaryFolder()
        let options = DatabaseOptions.file(
            folder.file("dunlin.db"), opening: .createIfMissing, migrations: Birds.schema, databaseID: "one")
        try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<20 { group.addTask { try Database.open(options).databaseID } }
            for try await id in group { #expect(id == "one") }
        }
    }

    @Test func processesThatCreateOneFileAtTheSameMomentAllComeToUseIt() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("dunlin.db")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    await #expect(processExitsWith: .success) { [path = path as String] in
                        for number in 0..<20 {
                            let options = DatabaseOptions.file(
                                path + "\(number)", opening: .createIfMissing, migrations: Birds.schema)
                            let database = try Database.open(options)
                            try await database.write { try Birds.add("\(getpid())", $0) }
                        }
                    }
                }
            }
        }
        for number in 0..<20 {
            let database = try Database.open(.file(path + "\(number)", migrations: Birds.schema))
            #expect(try await Birds.names(database).count == 4)
        }
    }

    @Test func aDatabaseForReadingRefusesWrites() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        try await temporary.database.write { try Birds.add("dunlin", $0) }
        let reader = try temporary.openAgain { $0.isReadOnly = true }
        #expect(try await Birds.names(reader) == ["dunlin"])
        await #expect(throws: DatabaseError.self) { try await reader.write { try Birds.add("knot", $0) } }
    }

    @Test func anotherInodeOrMachineIsAnotherStamp() throws {
        let folder = try TemporaryFolder()
        for name in ["a", "b"] { try Data("x".utf8).write(to: URL(fileURLWithPath: folder.file(name))) }
        try Data("0123\n".utf8).write(to: URL(fileURLWithPath: folder.file("machine")))
        let machine = folder.file("machine")
        let stamp = try Database.stamp(path: folder.file("a"), machineIDPath: machine)
        #expect(stamp.hasPrefix("0123:"))
        #expect(try stamp == Database.stamp(path: folder.file("a"), machineIDPath: machine))
        #expect(try stamp != Database.stamp(path: folder.file("b"), machineIDPath: machine))
        #expect(try stamp != Database.stamp(path: folder.file("a"), machineIDPath: folder.file("none")))
    }
}
