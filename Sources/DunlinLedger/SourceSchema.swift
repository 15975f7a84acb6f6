/// What was read from the owner's own tables at the last reading, so that the next one knows what is new, changed and
/// gone.
enum SourceSchema {
    static let tables = """
        CREATE TABLE source_rows (
            -- The name of the query: customers, payment_methods, subscriptions, adjustments.
            kind TEXT NOT NULL,
            row_id TEXT NOT NULL,
            -- Of all columns; empty for a row that has vanished.
            hash TEXT NOT NULL,
            -- Why the row could not be taken over; its subscriptions are parked for it.
            problem TEXT,
            vanished_at INTEGER,
            PRIMARY KEY (kind, row_id)
        ) STRICT;

        CREATE TABLE source_columns (
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            -- The kinds of values that the column held: INTEGER, TEXT, REAL, BLOB.
            types TEXT NOT NULL,
            PRIMARY KEY (kind, name)
        ) STRICT;
        """
}
