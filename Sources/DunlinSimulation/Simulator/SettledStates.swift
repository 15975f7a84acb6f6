import DunlinDatabase

/// Judges every change of what is settled, in the transaction that makes it: triggers in the data file note what may never
/// be, whoever does it and however soon it is mended.
enum SettledStates {
    /// What a trigger on a table's update notes.
    private static let rules = [
        (
            rule: "id_replaced", table: "intents", column: "gateway_id",
            condition: "OLD.gateway_id IS NOT NULL AND NEW.gateway_id IS NOT OLD.gateway_id",
            text:
                "'intent ' || OLD.gateway_id || ' was stored first, and ' || NEW.gateway_id || ' took its place (rule 1)'"
        ),
        (
            rule: "older_read", table: "intents", column: "status, observed_at",
            condition: """
            NEW.status <> 'succeeded' AND (NEW.observed_at < OLD.observed_at
                OR (OLD.status IN ('canceled', 'succeeded') AND NEW.status <> OLD.status))
            """,
            text:
                "'intent ' || OLD.id || ' was ' || OLD.status || ', and an older read made it ' || NEW.status || ' (rule 6)'"
        ),
        (
            rule: "settled_again", table: "attempts", column: "state",
            condition: "OLD.ended_at IS NOT NULL AND NEW.state <> OLD.state AND NEW.state <> 'succeeded'",
            text: "'attempt ' || OLD.id || ' was ' || OLD.state || ', and became ' || NEW.state || ' (P5)'"
        ),
    ]

    /// From now on, in this file and in each copy of it.
    ///
    /// - Throws: `DatabaseError`.
    static func watch(_ database: Database) async throws {
        try await database.write(step: "judge") { tx in
            try tx.execute(
                "CREATE TABLE simulator_findings (id INTEGER PRIMARY KEY, rule TEXT NOT NULL, text TEXT NOT NULL) STRICT"
            )
            for rule in rules {
                try tx.execute(
                    """
                    CREATE TRIGGER simulator_\(rule.rule) AFTER UPDATE OF \(rule.column) ON \(rule.table)
                    WHEN \(rule.condition)
                    BEGIN INSERT INTO simulator_findings (rule, text) VALUES ('\(rule.rule)', \(rule.text)); END
                    """)
            }
        }
    }

    /// The first thing that was found.
    static func finding(_ tx: Transaction) throws -> (rule: String, text: String)? {
        try tx.row("SELECT rule, text FROM simulator_findings ORDER BY id LIMIT 1") { row in
            (rule: try row.get("rule", as: String.self), text: try row.get("text", as: String.self))
        }
    }
}
