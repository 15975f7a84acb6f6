import DunlinDatabase
import DunlinTesting
import Synchronization
import Testing

@Suite struct GroupCommitTests {
    private typealias Write = @Sendable (Transaction) throws -> Void

    @Test func sixtyFourWritesThatWaitTogetherTakeOneCommit() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        let database = temporary.database
        let writes: [Write] = (0..<64).map { number in { tx in try Birds.add("bird \(number)", tx) } }
        let codes = try await Birds.together(database, writes)
        #expect(codes.allSatisfy { $0 == nil })
        #expect(try await Birds.names(database).count == 64)
        #expect(database.counters.flushingCommits == 1)
        #expect(database.counters.largestBatch == 64)
    }

    @Test func aBatchIsNeverLargerThanItsLimit() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema) { $0.batchMax = 10 }
        let database = temporary.database
        let writes: [Write] = (0..<25).map { number in { tx in try Birds.add("bird \(number)", tx) } }
        _ = try await Birds.together(database, writes)
        #expect(database.counters.largestBatch == 10)
        #expect(database.counters.flushingCommits == 3)
    }

    @Test func aClosureThatThrowsTakesOnlyItsOwnChangesBack() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        let codes = try await Birds.together(
            temporary.database,
            [
                { try Birds.add("dunlin", $0) },
                { tx in
                    try Birds.add("knot", tx)
                    throw DatabaseError(.notFound, "the closure's own error")
                },
                { try Birds.add("ruff", $0) },
            ])
        #expect(codes == [nil, .notFound, nil])
        #expect(try await Birds.names(temporary.database) == ["dunlin", "ruff"])
        #expect(temporary.database.counters.batchesLost == 0)
    }

    @Test func aTriggerThatRollsBackEverythingHarmsOnlyTheClosureThatFiredIt() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        let codes = try await Birds.together(
            temporary.database,
            [
                { try Birds.add("dunlin", $0) },
                { try Birds.add("cuckoo", $0) },
                { try Birds.add("ruff", $0) },
            ])
        #expect(codes == [nil, .constraint(.trigger), nil])
        #expect(try await Birds.names(temporary.database) == ["dunlin", "ruff"])
        #expect(temporary.database.counters.batchesLost == 1)
    }

    @Test func aClosureThatSwallowsTheLossOfItsTransactionStillHearsOfIt() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        let swallow: Write = { tx in
            try Birds.add("knot", tx)
            do { try Birds.add("cuckoo", tx) } catch { return }
        }
        let codes = try await Birds.together(temporary.database, [swallow, { try Birds.add("ruff", $0) }])
        #expect(codes == [.transactionLost, nil])
        #expect(try await Birds.names(temporary.database) == ["ruff"])
    }

    @Test func aFailedCommitIsRolledBackAndEachClosureRunsAgainAlone() async throws {
        // The first commit is that of the write which holds the others back.
        let temporary = try TemporaryDatabase.onDisk(Birds.schema) { options in
            options.faults = DatabaseFaults { $0 == 2 ? .ioError : nil }
        }
        let codes = try await Birds.together(
            temporary.database, [{ try Birds.add("dunlin", $0) }, { try Birds.add("ruff", $0) }])
        #expect(codes == [nil, nil])
        #expect(try await Birds.names(temporary.database) == ["dunlin", "ruff"])
        let counters = temporary.database.counters
        #expect(counters.batchesLost == 1)
        #expect(counters.reopenings == 1)
        #expect(counters.flushingCommits == 2)
    }

    @Test func whatAClosureDecidedOnLostChangesIsDecidedAnew() async throws {
        // Commit 2 is the batch's, commit 3 that of the first closure alone: both fail.
        let temporary = try TemporaryDatabase.onDisk(Birds.schema) { options in
            options.faults = DatabaseFaults { [2, 3].contains($0) ? .ioError : nil }
        }
        let codes = try await Birds.together(
            temporary.database, [{ try Birds.add("dunlin", $0) }, { try Birds.add("dunlin", $0) }])
        #expect(codes == [.ioError, nil], "the second was refused as a twin only while the first was thought to hold")
        #expect(try await Birds.names(temporary.database) == ["dunlin"])
    }

    @Test func whileTheDiskFailsNobodyHearsOfASuccess() async throws {
        let disk = BrokenDisk()
        let temporary = try TemporaryDatabase.onDisk(Birds.schema) { options in
            options.faults = DatabaseFaults { _ in disk.failure }
        }
        let database = temporary.database
        for name in ["dunlin", "ruff"] {
            await #expect(throws: DatabaseError.self) { try await database.write { try Birds.add(name, $0) } }
        }
        await #expect(throws: DatabaseError.self) { try await database.write { _ in } }
        await #expect(throws: DatabaseError.self) { try await database.read { _ in } }
        #expect(database.storeFailure?.code == .ioError)

        disk.repair()
        try await database.write { _ in }
        #expect(database.storeFailure == nil)
        #expect(try await Birds.names(database) == [])
        let probe: String? = try await database.read {
            try $0.value("SELECT value FROM meta WHERE key = 'write_probe'")
        }
        #expect(probe == "1", "the write that healed changed nothing by itself, so only its probe proves the disk")
    }

    @Test func afterAFailureNoBatchIsBelievedBeforeTheDiskHasProvedItself() async throws {
        // The first commit fails, and so does that of the write that holds the others back.
        let temporary = try TemporaryDatabase.onDisk(Birds.schema) { options in
            options.faults = DatabaseFaults { $0 <= 2 ? .ioError : nil }
        }
        let database = temporary.database
        await #expect(throws: DatabaseError.self) { try await database.write { try Birds.add("knot", $0) } }
        let codes = try await Birds.together(database, [{ _ in }, { _ in }], firstFails: true)
        #expect(codes == [nil, nil])
        #expect(database.storeFailure == nil)
        #expect(database.counters.flushingCommits == 1)
    }

    @Test func aWriteThatMustNotBeLostIsRepeatedUntilTheDiskTakesIt() async throws {
        let disk = BrokenDisk()
        let database = try TemporaryDatabase.inMemory(Birds.schema) { options in
            options.faults = DatabaseFaults { _ in disk.failure }
        }
        let pauses = Mutex<[Int]>([])
        let pause: @Sendable (Int) async throws -> Void = { tries in
            pauses.withLock { $0.append(tries) }
            if tries == 3 { disk.repair() }
        }
        try await database.writeUntilStored(pause: pause) { try Birds.add("dunlin", $0) }
        #expect(pauses.withLock { $0 } == [1, 2, 3])
        #expect(try await Birds.names(database) == ["dunlin"])
        await #expect(throws: DatabaseError.self, "a refusal by the schema does not pass") {
            try await database.writeUntilStored(pause: pause) { try Birds.add("dunlin", $0) }
        }
    }

    @Test func aFullDiskIsReportedAndTheNextWriteThatFitsHeals() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        let database = temporary.database
        await #expect {
            try await database.write { tx in
                try tx.execute("PRAGMA max_page_count = 1")
                try tx.execute(
                    "INSERT INTO birds (name, song) VALUES (?1, ?2)", "bittern", [UInt8](repeating: 7, count: 100_000))
            }
        } throws: { ($0 as? DatabaseError)?.code == .full }
        #expect(database.storeFailure?.code == .full)
        try await database.write { try Birds.add("dunlin", $0) }
        #expect(database.counters.reopenings == 1)
        #expect(try await Birds.names(database) == ["dunlin"])
    }

    @Test func aClosureThatSwallowsAFailureOfTheStoreStillHearsOfIt() async throws {
        let swallow: Write = { tx in
            try tx.execute("PRAGMA max_page_count = 1")
            let song = [UInt8](repeating: 7, count: 100_000)
            do {
                try tx.execute("INSERT INTO birds (name, song) VALUES (?1, ?2)", "bittern", song)
            } catch {
                try Birds.add("knot", tx)
            }
        }
        let temporary = try TemporaryDatabase.onDisk(Birds.schema)
        await #expect {
            try await temporary.database.write { try swallow($0) }
        } throws: { ($0 as? DatabaseError)?.code == .full }
        try await temporary.database.write { _ in }
        let codes = try await Birds.together(temporary.database, [swallow, { try Birds.add("ruff", $0) }])
        #expect(codes == [.full, nil])
        #expect(try await Birds.names(temporary.database) == ["ruff"])
    }

    @Test func inlineModeCommitsEachWriteByItselfOnTheCallersThread() async throws {
        let temporary = try TemporaryDatabase.onDisk(Birds.schema) { $0.mode = .inline }
        let database = temporary.database
        for number in 0..<5 { try await database.write { try Birds.add("bird \(number)", $0) } }
        #expect(database.counters.flushingCommits == 5)
        #expect(try await Birds.names(database).count == 5)
    }

    @Test func aDatabaseInMemorySurvivesAFailedCommit() async throws {
        let database = try TemporaryDatabase.inMemory(Birds.schema) { options in
            options.faults = DatabaseFaults { $0 == 2 ? .full : nil }
        }
        try await database.write { try Birds.add("dunlin", $0) }
        await #expect(throws: DatabaseError.self) { try await database.write { try Birds.add("knot", $0) } }
        try await database.write { try Birds.add("ruff", $0) }
        #expect(try await Birds.names(database) == ["dunlin", "ruff"])
    }
}

/// A disk that fails every commit until it is repaired.
private final class BrokenDisk: Sendable {
    private let isBroken = Mutex(true)

    var failure: DatabaseError.Code? { isBroken.withLock { $0 } ? .ioError : nil }

    func repair() { isBroken.withLock { $0 = false } }
}
