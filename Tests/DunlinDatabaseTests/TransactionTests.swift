import DunlinCalendar
import DunlinDatabase
import DunlinTesting
import Testing

@Suite struct TransactionTests {
    private static let birds = Migration(
        id: "test-001",
        sql: """
            CREATE TABLE birds (
                id INTEGER PRIMARY KEY,
                name TEXT NOT NULL UNIQUE,
                seen_at INTEGER,
                is_rare INTEGER NOT NULL DEFAULT 0 CHECK (is_rare IN (0, 1)),
                ring BLOB,
                weight REAL
            ) STRICT;
            """)

    private enum Rarity: Int, ColumnValue { case common, rare }

    private static func open() throws -> Database { try TemporaryDatabase.inMemory([birds]) }

    @Test func everyKindOfValueComesBackAsItWasStored() async throws {
        let database = try Self.open()
        try await database.write { tx in
            try tx.execute(
                "INSERT INTO birds (name, seen_at, is_rare, ring, weight) VALUES (?1, ?2, ?3, ?4, ?5)",
                "Calidris alpina", Instant(seconds: 5), Rarity.rare, [UInt8]([0, 255]), 48.5)
        }
        try await database.read { tx in
            let found = try tx.row("SELECT * FROM birds WHERE name = ?1", "Calidris alpina") { row in
                #expect(try row.get("seen_at") == Instant(seconds: 5))
                #expect(try row.get("is_rare") == Rarity.rare)
                #expect(try row.get("is_rare") == true)
                #expect(try row.get("ring") == [UInt8]([0, 255]))
                #expect(try row.get("weight") == 48.5)
                return try row.get("name", as: String.self)
            }
            #expect(found == "Calidris alpina")
        }
    }

    @Test func nilIsStoredAsNullAndReadAsNil() async throws {
        let database = try Self.open()
        let unseen: Instant? = nil
        try await database.write { tx in
            try tx.execute("INSERT INTO birds (name, seen_at) VALUES (?1, ?2)", "knot", unseen)
        }
        let seen = try await database.read { tx in
            try tx.row("SELECT seen_at FROM birds") { try $0.get("seen_at", as: Instant?.self) }
        }
        #expect(seen == .some(.none))
    }

    @Test func aColumnThatIsNotThereIsNamedInTheError() async throws {
        let database = try Self.open()
        await #expect {
            try await database.read { tx in try tx.row("SELECT 1 AS one") { try $0.get("two", as: Int.self) } }
        } throws: { error in
            guard let error = error as? DatabaseError else { return false }
            return error.code == .columnMissing && error.message.contains("two") && error.message.contains("one")
        }
    }

    @Test func aCellOfTheWrongKindIsAnErrorThatDoesNotShowTheCell() async throws {
        let database = try Self.open()
        await #expect {
            try await database.read { tx in
                try tx.row("SELECT 'secret' AS name") { try $0.get("name", as: Int.self) }
            }
        } throws: { error in
            guard let error = error as? DatabaseError else { return false }
            return error.code == .columnMismatch && !error.message.contains("secret")
        }
    }
}
