/// Keys of the `meta` table that this module writes itself.
enum MetaKey {
    static let databaseID = "database_id"
    /// Written to prove that the store takes writes again.
    static let probe = "write_probe"
}

extension Session {
    func setMeta(_ key: String, _ value: String) throws {
        _ = try execute(
            """
            INSERT INTO meta (key, value) VALUES (?1, ?2)
            ON CONFLICT (key) DO UPDATE SET value = excluded.value
            """, [key, value])
    }

    /// Counts on from the last probe: writing the value that is there already would reach no disk.
    func countProbe() throws {
        _ = try execute(
            """
            INSERT INTO meta (key, value) VALUES (?1, '1')
            ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(meta.value AS INTEGER) + 1 AS TEXT)
            """, [MetaKey.probe])
    }
}

extension Transaction {
    /// A fact about the database as a whole, such as the account it is bound to; nil when it was never set.
    public func meta(_ key: String) throws -> String? {
        try value("SELECT value FROM meta WHERE key = ?1", key)
    }

    /// Stores a fact about the database as a whole, in place of an earlier one.
    public func setMeta(_ key: String, _ value: String) throws {
        try execute(
            """
            INSERT INTO meta (key, value) VALUES (?1, ?2)
            ON CONFLICT (key) DO UPDATE SET value = excluded.value
            """, key, value)
    }
}
