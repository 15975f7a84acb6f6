import DunlinDatabase
import DunlinTesting
import Foundation
import Synchronization
import Testing

@Suite struct UseTests {
    @Test func aReaderSeesItsSnapshotWhileTheWriterGoesOn() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        let database = temporary.database
        try await database.write { try Birds.add("dunlin", $0) }
        let gate = Gate()
        async let counts = database.read { tx -> [Int?] in
            let before: Int? = try tx.value("SELECT count(*) FROM birds")
            gate.pass()
            return [before, try tx.value("SELECT count(*) FROM birds")]
        }
        await eventually { gate.wasReached }
        try await database.write { try Birds.add("knot", $0) }
        gate.open()
        #expect(try await counts == [1, 1])
        #expect(try await Birds.names(database) == ["dunlin", "knot"])
    }

    @Test func aReadCannotWrite() async throws {
        let inMemory = try TemporaryDatabase.inMemory(Birds.schema)
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        for database in [inMemory, temporary.database] {
            await #expect {
                try await database.read { try Birds.add("dunlin", $0) }
            } throws: { ($0 as? DatabaseError)?.code == .readOnly }
            try await database.write { try Birds.add("knot", $0) }
            #expect(try await Birds.names(database) == ["knot"])
        }
    }

    @Test func cancellingTheTaskDoesNotInterruptItsWrite() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        let database = temporary.database
        let gate = Gate()
        let task = Task {
            try await database.write { tx in
                gate.pass()
                try Birds.add("dunlin", tx)
            }
            try await database.write { try Birds.add("knot", $0) }
        }
        await eventually { gate.wasReached }
        task.cancel()
        gate.open()
        try await task.value
        #expect(try await Birds.names(database) == ["dunlin", "knot"])
    }

    @Test func aWriteWaitsForAnotherProcessAndGivesUpAtItsDeadline() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        let impatient = try temporary.openAgain { $0.busyTriesMax = 5 }
        let patient = try temporary.openAgain()
        let gate = Gate()
        async let held: Void = temporary.database.write { tx in
            try Birds.add("dunlin", tx)
            gate.pass()
        }
        await eventually { gate.wasReached }
        await #expect {
            try await impatient.write { try Birds.add("knot", $0) }
        } throws: { ($0 as? DatabaseError)?.code == .busy }
        #expect(impatient.counters.busyWaits == 5)
        async let waited: Void = patient.write { try Birds.add("ruff", $0) }
        await eventually { patient.counters.busyWaits > 0 }
        gate.open()
        try await held
        try await waited
        #expect(try await Birds.names(patient) == ["dunlin", "ruff"])
    }

    @Test func manyConnectionsCountTogetherWithoutLosingOne() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        try await temporary.database.write { tx in try tx.execute("INSERT INTO birds (id, name) VALUES (0, '0')") }
        let databases = try (0..<8).map { _ in try temporary.openAgain() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for database in databases {
                for _ in 0..<25 {
                    group.addTask {
                        try await database.write { tx in
                            let count: String? = try tx.value("SELECT name FROM birds WHERE id = 0")
                            let next = try #require(count.flatMap(Int.init)) + 1
                            try tx.execute("UPDATE birds SET name = ?1 WHERE id = 0", String(next))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await Birds.names(temporary.database) == ["200"])
    }

    @Test func moreWritesThanMayWaitAreRefused() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema) { $0.pendingMax = 1 }
        let database = temporary.database
        let gate = Gate()
        async let held: Void = database.write { _ in gate.pass() }
        await eventually { gate.wasReached }
        async let waiting: Void = database.write { try Birds.add("dunlin", $0) }
        await eventually { database.waitingWrites == 1 }
        await #expect {
            try await database.write { try Birds.add("knot", $0) }
        } throws: { ($0 as? DatabaseError)?.code == .busy }
        gate.open()
        try await held
        try await waiting
        #expect(try await Birds.names(database) == ["dunlin"])
    }

    @Test func closingLetsWaitingWritesFinishAndRefusesLaterOnes() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        let database = temporary.database
        let gate = Gate()
        async let held: Void = database.write { tx in
            gate.pass()
            try Birds.add("dunlin", tx)
        }
        await eventually { gate.wasReached }
        gate.open()
        database.close()
        try await held
        await #expect {
            try await database.write { try Birds.add("knot", $0) }
        } throws: { ($0 as? DatabaseError)?.code == .closed }
        #expect(try await Birds.names(try temporary.openAgain()) == ["dunlin"])
    }

    @Test func aRunCutOffBeforeAStepLeavesNothing() async throws {
        struct Cut: Error {}
        let database = try TemporaryDatabase.inMemory(Birds.schema) { options in
            options.steps = Steps { if $0 == "add the knot" { throw Cut() } }
        }
        try await database.write(step: "add the dunlin") { try Birds.add("dunlin", $0) }
        await #expect(throws: Cut.self) {
            try await database.write(step: "add the knot") { try Birds.add("knot", $0) }
        }
        #expect(try await Birds.names(database) == ["dunlin"])
    }

    @Test func aTransactionIsOfNoUseAfterItsClosure() async throws {
        let database = try TemporaryDatabase.inMemory(Birds.schema)
        let leaked = Mutex<Leak?>(nil)
        try await database.write { tx in leaked.withLock { $0 = Leak(tx: tx) } }
        let leak = try #require(leaked.withLock { $0 })
        #expect { try Birds.add("knot", leak.tx) } throws: { ($0 as? DatabaseError)?.code == .closed }
    }

    @Test func oneStatementMayBeUsedInsideItsOwnRows() async throws {
        let database = try TemporaryDatabase.inMemory(Birds.schema)
        let pairs = try await database.write { tx -> Int in
            for name in ["a", "b", "c"] { try Birds.add(name, tx) }
            var pairs = 0
            try tx.forEach("SELECT name FROM birds") { _ in
                try tx.forEach("SELECT name FROM birds") { _ in pairs += 1 }
            }
            return pairs
        }
        #expect(pairs == 9)
    }

    @Test func changedRowsAreCountedAndADefinitionChangesNone() async throws {
        let database = try TemporaryDatabase.inMemory(Birds.schema)
        let counts = try await database.write { tx in
            [
                try tx.execute("INSERT INTO birds (name) VALUES ('a'), ('b')"),
                try tx.execute("CREATE TABLE nests (id INTEGER) STRICT"),
                try tx.execute("UPDATE birds SET song = NULL"),
                try tx.execute("DELETE FROM birds WHERE name = 'none'"),
                try tx.execute("INSERT INTO birds (name) VALUES ('a') ON CONFLICT (name) DO NOTHING"),
            ]
        }
        #expect(counts == [2, 0, 2, 0, 0])
    }

    @Test func aSecondRowIsAnErrorWhereOneWasExpected() async throws {
        let database = try TemporaryDatabase.inMemory(Birds.schema)
        try await database.write { tx in try tx.execute("INSERT INTO birds (name) VALUES ('a'), ('b')") }
        await #expect {
            try await database.read { tx in _ = try tx.value("SELECT id FROM birds", as: Int.self) }
        } throws: { ($0 as? DatabaseError)?.code == .tooManyRows }
    }

    @Test func whatTheSchemaRefusesIsToldByKindAndWithoutTheArguments() async throws {
        let database = try TemporaryDatabase.inMemory(Birds.schema)
        try await database.write { try Birds.add("secret", $0) }
        await #expect {
            try await database.write { try Birds.add("secret", $0) }
        } throws: { error in
            guard let error = error as? DatabaseError else { return false }
            return error.isDuplicate && !error.description.contains("secret")
        }
        await #expect {
            try await database.write { try $0.execute("INSERT INTO eggs (bird_id) VALUES (99)") }
        } throws: { ($0 as? DatabaseError)?.code == .constraint(.foreignKey) }
    }

    @Test func aWrongNumberOfArgumentsIsAnErrorAndNumbersMeanWhatTheySay() async throws {
        let database = try TemporaryDatabase.inMemory(Birds.schema)
        await #expect(throws: DatabaseError.self) {
            try await database.write { try $0.execute("INSERT INTO birds (id, name) VALUES (?1, ?2)", 1) }
        }
        let pair: String? = try await database.read { try $0.value("SELECT ?2 || ?1 || ?2", "a", "b") }
        #expect(pair == "bab")
    }

    @Test func factsAboutTheDatabaseAreKept() async throws {
        let database = try TemporaryDatabase.inMemory()
        try await database.write { tx in
            #expect(try tx.meta("account") == nil)
            try tx.setMeta("account", "one")
            try tx.setMeta("account", "two")
            #expect(try tx.meta("account") == "two")
        }
    }

    @Test func aBackupIsAWholeDatabaseForItsOwnerOnly() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        let path = try #require(temporary.folder).file("copy.db")
        try await temporary.database.write { try Birds.add("dunlin", $0) }
        try await temporary.database.backup(to: path)
        try await temporary.database.write { try Birds.add("knot", $0) }
        let copy = try Database.open(.file(path, migrations: Birds.schema))
        #expect(try await Birds.names(copy) == ["dunlin"])
        #expect(copy.databaseID == temporary.database.databaseID)
        #expect(try await copy.quickCheck() == [])
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        await #expect(throws: DatabaseError.self) { try await temporary.database.backup(to: path) }
    }

    @Test func aDamagedFileIsFound() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        try await temporary.database.write { tx in
            for number in 0..<500 {
                try tx.execute(
                    "INSERT INTO birds (name, song) VALUES (?1, ?2)", "\(number)", [UInt8](repeating: 1, count: 200))
            }
        }
        temporary.database.close()
        let path = try #require(temporary.folder).file("dunlin.db")
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.seek(toOffset: 4096 * 12)
        try file.write(contentsOf: Data(repeating: 0xAB, count: 4096))
        try file.close()
        let damaged = try temporary.openAgain()
        do {
            #expect(try await !damaged.quickCheck().isEmpty)
        } catch let error as DatabaseError {
            #expect(error.code == .corrupt)
        }
    }
}

/// Carries a transaction out of its closure, which no code of the product does.
private struct Leak: @unchecked Sendable {
    let tx: Transaction
}
