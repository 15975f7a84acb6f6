import DunlinDatabase

/// Plans of backfills that were applied, or are being applied, and what became of each of their lines.
enum PlansSchema {
    static let tables = """
        CREATE TABLE plans (
            -- SHA-256 of the plan file: the same file is never applied twice.
            id TEXT PRIMARY KEY NOT NULL,
            range_start TEXT NOT NULL,
            range_end TEXT NOT NULL,
            policy TEXT NOT NULL CHECK (\(Migration.isOne("policy", of: "all", "latest", "record-only"))),
            reason TEXT,
            lines INTEGER NOT NULL CHECK (lines >= 0),
            -- The lines up to this one are applied or left out: whoever goes on begins after it.
            lines_done INTEGER NOT NULL DEFAULT 0 CHECK (lines_done BETWEEN 0 AND lines),
            -- When the newest charge is due where charges are spread over time.
            paced_until INTEGER,
            started_at INTEGER NOT NULL,
            started_by TEXT NOT NULL,
            finished_at INTEGER,
            CHECK (finished_at IS NULL OR lines_done = lines)
        ) STRICT;

        CREATE TABLE plan_lines (
            plan_id TEXT NOT NULL REFERENCES plans (id),
            -- Counted from 1, without those that the plan leaves out.
            line INTEGER NOT NULL,
            outcome TEXT NOT NULL CHECK (\(Migration.isOne("outcome", of: "invoiced", "recorded", "left_out"))),
            invoice_id INTEGER REFERENCES invoices (id),
            reason TEXT,
            PRIMARY KEY (plan_id, line),
            CHECK ((outcome = 'invoiced') = (invoice_id IS NOT NULL)),
            CHECK ((outcome = 'left_out') = (reason IS NOT NULL))
        ) STRICT;
        CREATE INDEX plan_lines_by_invoice ON plan_lines (invoice_id) WHERE invoice_id IS NOT NULL;
        """
}
