public import DunlinDatabase

/// The tables of the queue: `jobs`, `processes`, `schedules` and `ticks`.
public enum QueueSchema {
    public static let migrations = [Migration(id: "queue-001", sql: jobs + processes + ticks)]

    /// Ids are never given out twice, so that a lease that outlived its pruned job cannot fit a later one.
    ///
    /// Indexes are partial, so that the claim looks at ready rows only, however many are done.
    private static let jobs = """
        CREATE TABLE jobs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            queue TEXT NOT NULL CHECK (queue <> ''),
            kind TEXT NOT NULL CHECK (kind <> ''),
            arguments TEXT NOT NULL,
            unique_key TEXT,
            concurrency_key TEXT,
            order_at INTEGER NOT NULL DEFAULT 0,
            priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 3),
            never_dies INTEGER NOT NULL CHECK (never_dies IN (0, 1)),
            runs_max INTEGER NOT NULL CHECK (runs_max >= 1),
            state TEXT NOT NULL CHECK (\(Migration.isOne("state", of: "ready", "running", "done", "dead"))),
            run_at INTEGER NOT NULL,
            run_count INTEGER NOT NULL DEFAULT 0 CHECK (run_count >= 0),
            again_at INTEGER,
            lease_token INTEGER NOT NULL DEFAULT 0,
            lease_until INTEGER,
            lease_holder TEXT,
            last_error TEXT,
            created_at INTEGER NOT NULL,
            finished_at INTEGER,
            CHECK ((state = 'running') = (lease_until IS NOT NULL)),
            CHECK ((lease_until IS NULL) = (lease_holder IS NULL)),
            CHECK ((state IN ('done', 'dead')) = (finished_at IS NOT NULL)),
            CHECK (again_at IS NULL OR state = 'running'),
            CHECK (never_dies = 0 OR state <> 'dead')
        ) STRICT;
        CREATE UNIQUE INDEX jobs_unique_key ON jobs (unique_key)
            WHERE unique_key IS NOT NULL AND state IN ('ready', 'running');
        CREATE INDEX jobs_ready ON jobs (queue, priority, run_at, id) WHERE state = 'ready';
        CREATE INDEX jobs_ready_of_key ON jobs (concurrency_key, priority, order_at, run_at, id)
            WHERE concurrency_key IS NOT NULL AND state = 'ready';
        CREATE UNIQUE INDEX jobs_running_of_key ON jobs (concurrency_key)
            WHERE concurrency_key IS NOT NULL AND state = 'running';
        CREATE INDEX jobs_leased ON jobs (lease_until) WHERE state = 'running';
        CREATE INDEX jobs_finished ON jobs (state, finished_at) WHERE finished_at IS NOT NULL;

        """

    private static let processes = """
        CREATE TABLE processes (
            holder TEXT NOT NULL PRIMARY KEY,
            role TEXT NOT NULL,
            version TEXT NOT NULL,
            started_at INTEGER NOT NULL,
            seen_at INTEGER NOT NULL
        ) STRICT;

        """

    private static let ticks = """
        CREATE TABLE schedules (
            line TEXT NOT NULL PRIMARY KEY,
            first_seen_at INTEGER NOT NULL,
            -- Ticks that were missed and not made up for.
            missed_count INTEGER NOT NULL DEFAULT 0,
            missed_at INTEGER
        ) STRICT;
        CREATE TABLE ticks (
            line TEXT NOT NULL REFERENCES schedules (line),
            -- The wall time that the line names, with #2 behind it the second time the wall shows it.
            nominal TEXT NOT NULL,
            tick_at INTEGER NOT NULL,
            recorded_at INTEGER NOT NULL,
            PRIMARY KEY (line, nominal)
        ) STRICT;
        CREATE INDEX ticks_by_time ON ticks (line, tick_at);
        """
}
