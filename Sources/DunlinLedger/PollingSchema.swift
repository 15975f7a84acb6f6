/// How far each gateway's list of events was read.
enum PollingSchema {
    static let tables = """
        CREATE TABLE event_cursors (
            gateway TEXT PRIMARY KEY NOT NULL,
            -- By the gateway's clock: every event that was made before this was listed once.
            read_through INTEGER NOT NULL,
            listed_at INTEGER NOT NULL,
            -- Events since the first listing that no webhook had brought.
            missed INTEGER NOT NULL DEFAULT 0 CHECK (missed >= 0)
        ) STRICT;
        """
}
