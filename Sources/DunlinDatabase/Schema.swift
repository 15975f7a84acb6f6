/// Brings a database to the schema the program was built for, in one transaction.
struct Schema {
    private static let own = Migration(
        id: "database-001",
        sql: """
            CREATE TABLE meta (
                key TEXT NOT NULL PRIMARY KEY,
                value TEXT NOT NULL
            ) STRICT;
            """)

    let migrations: [Migration]

    init(_ migrations: [Migration]) {
        self.migrations = [Self.own] + migrations
        precondition(Set(self.migrations.map(\.id)).count == self.migrations.count, "migration ids are unique")
    }

    /// Refuses a newer database, and an older one when `migrates` is false; else applies what is missing.
    ///
    /// - Returns: the ids of the migrations that were applied, in order.
    func bring(_ session: Session, isNew: Bool, migrates: Bool, databaseID: String?) throws -> [String] {
        // Looked at first without a lock, so that opening an up-to-date database waits for nobody.
        guard try !missing(session).isEmpty else { return [] }
        // Tables that are rebuilt must not take their children along; the check before the commit stands in.
        try session.setForeignKeys(false)
        let result = Result {
            try applyInTransaction(session, isNew: isNew, migrates: migrates, databaseID: databaseID)
        }
        try session.setForeignKeys(true)
        return try result.get()
    }

    private func applyInTransaction(
        _ session: Session, isNew: Bool, migrates: Bool, databaseID: String?
    ) throws -> [String] {
        try session.control(Session.begin)
        do {
            let applied = try apply(session, isNew: isNew, migrates: migrates, databaseID: databaseID)
            try session.control("COMMIT")
            session.forgetStatements()
            return applied
        } catch {
            if session.isInsideTransaction { try session.control("ROLLBACK") }
            throw error
        }
    }

    /// Which migrations are missing; reads only.
    func missing(_ session: Session) throws -> [Migration] {
        guard try session.hasTable("schema_migrations") else { return migrations }
        var applied: Set<String> = []
        try session.forEach("SELECT id FROM schema_migrations", []) { applied.insert(try $0.get("id")) }
        let unknown = applied.subtracting(migrations.map(\.id))
        guard unknown.isEmpty else {
            throw DatabaseError(
                .newer,
                """
                the database is newer than this program (it has \(unknown.sorted().joined(separator: ", "))): \
                use the newer program, or restore a backup from before the upgrade
                """)
        }
        return migrations.filter { !applied.contains($0.id) }
    }

    private func apply(_ session: Session, isNew: Bool, migrates: Bool, databaseID: String?) throws -> [String] {
        let missing = try missing(session)
        guard !missing.isEmpty else { return [] }
        guard isNew || migrates else {
            throw DatabaseError(
                .older,
                """
                the database misses \(missing.map(\.id).joined(separator: ", ")): \
                open it once with this version of the program to bring it up to date
                """)
        }
        if try session.applicationID != Connection.applicationID { try session.stampApplicationID() }
        try session.executeScript(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                id TEXT NOT NULL PRIMARY KEY,
                position INTEGER NOT NULL UNIQUE
            ) STRICT;
            """)
        try apply(missing, session)
        if isNew, let databaseID { try session.setMeta(MetaKey.databaseID, databaseID) }
        if let table = try session.brokenForeignKey() {
            throw DatabaseError(
                .constraint(.foreignKey), "a migration would leave rows of \(table) that refer to nothing")
        }
        return missing.map(\.id)
    }

    private func apply(_ missing: [Migration], _ session: Session) throws {
        for migration in missing {
            let tx = Transaction(session)
            try migration.steps(tx)
            tx.end()
            _ = try session.execute(
                """
                INSERT INTO schema_migrations (id, position)
                VALUES (?1, (SELECT coalesce(max(position), 0) + 1 FROM schema_migrations))
                """, [migration.id])
        }
    }
}
