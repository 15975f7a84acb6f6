import DunlinDatabase
import DunlinTesting
import Testing

/// A schema of one table that the tests of this target share.
enum Birds {
    static let schema = [
        Migration(
            id: "birds-001",
            sql: """
                CREATE TABLE birds (
                    id INTEGER PRIMARY KEY,
                    name TEXT NOT NULL UNIQUE,
                    song BLOB
                ) STRICT;
                CREATE TABLE eggs (
                    id INTEGER PRIMARY KEY,
                    bird_id INTEGER NOT NULL REFERENCES birds (id)
                ) STRICT;
                CREATE TRIGGER no_cuckoos BEFORE INSERT ON birds WHEN NEW.name = 'cuckoo'
                BEGIN
                    SELECT RAISE(ROLLBACK, 'cuckoos are not let in');
                END;
                """)
    ]

    static func add(_ name: String, _ tx: Transaction) throws {
        try tx.execute("INSERT INTO birds (name) VALUES (?1)", name)
    }

    static func names(_ database: Database) async throws -> [String] {
        try await database.read { tx in
            try tx.rows("SELECT name FROM birds ORDER BY name") { try $0.get("name") }
        }
    }

    /// Runs the writes so that the writing thread finds all of them waiting at once, and gives back what each threw.
    static func together(
        _ database: Database, _ writes: [@Sendable (Transaction) throws -> Void], firstFails: Bool = false
    ) async throws -> [DatabaseError.Code?] {
        let gate = Gate()
        async let first: Void = database.write { _ in gate.pass() }
        await eventually { gate.wasReached }
        let codes = await withTaskGroup(of: (Int, DatabaseError.Code?).self) { group in
            for (index, write) in writes.enumerated() {
                group.addTask {
                    do {
                        try await database.write { tx in try write(tx) }
                        return (index, nil)
                    } catch let error as DatabaseError {
                        return (index, error.code)
                    } catch {
                        return (index, .statement)
                    }
                }
            }
            await eventually { database.waitingWrites == writes.count }
            gate.open()
            var codes = [DatabaseError.Code?](repeating: nil, count: writes.count)
            for await (index, code) in group { codes[index] = code }
            return codes
        }
        do {
            try await first
            #expect(!firstFails)
        } catch {
            #expect(firstFails, "\(error)")
        }
        return codes
    }
}
