import DunlinDatabase

/// Dunlin's own tables for what people are told: the notices, what changed and nobody was told of yet, and what the
/// self-check found.
enum NoticesSchema {
    static let tables = """
        CREATE TABLE notices (
            id INTEGER PRIMARY KEY,
            -- The name by which its receiver knows it again.
            notice_id TEXT NOT NULL UNIQUE CHECK (notice_id <> ''),
            kind TEXT NOT NULL CHECK (
                \(Migration.isOne("kind", of: "payment_failed", "action_needed", "method_expiring", "last_notice",
                    "recovered", "canceled", "invoice_paid", "subscription_state_changed"))),
            customer_id TEXT NOT NULL REFERENCES customers (id),
            subscription_id TEXT NOT NULL REFERENCES subscriptions (id),
            invoice_id INTEGER REFERENCES invoices (id),
            payment_method_id TEXT,
            -- The failed tries on the debt when it was written; for a card its expiry, 203104.
            step INTEGER NOT NULL CHECK (step >= 0),
            reminder INTEGER NOT NULL DEFAULT 0 CHECK (reminder >= 0),
            from_state TEXT,
            to_state TEXT,
            -- 'listed': written while there was nobody to send it to.
            state TEXT NOT NULL CHECK (\(Migration.isOne("state", of: "ready", "listed", "sent", "dropped", "failed"))),
            -- Why it was dropped or waits, or what the last sending came to.
            reason TEXT,
            sends INTEGER NOT NULL DEFAULT 0 CHECK (sends >= 0),
            -- 1: a person had it sent again, whatever the customer was asked meanwhile.
            is_resent INTEGER NOT NULL DEFAULT 0 CHECK (is_resent IN (0, 1)),
            written_at INTEGER NOT NULL,
            -- Not sent before.
            due_at INTEGER NOT NULL,
            sent_at INTEGER,
            CHECK (state <> 'sent' OR sent_at IS NOT NULL),
            CHECK (state NOT IN ('dropped', 'failed') OR reason IS NOT NULL)
        ) STRICT;
        CREATE UNIQUE INDEX notices_once ON notices (invoice_id, kind, step, reminder) WHERE invoice_id IS NOT NULL;
        CREATE INDEX notices_ready ON notices (customer_id, id) WHERE state = 'ready';
        CREATE INDEX notices_failed ON notices (id) WHERE state = 'failed';
        CREATE INDEX notices_sent ON notices (customer_id, sent_at) WHERE sent_at IS NOT NULL;

        -- What changed and nobody was told of yet, as changed_rows is for what the owner wrote.
        CREATE TABLE state_changes (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            subscription_id TEXT NOT NULL,
            -- NULL: the state of the subscription itself.
            invoice_id INTEGER,
            from_state TEXT,
            to_state TEXT NOT NULL
        ) STRICT;

        CREATE TABLE findings (
            code TEXT NOT NULL,
            -- What it is about, such as a queue or a gateway; empty for all.
            subject TEXT NOT NULL,
            text TEXT NOT NULL CHECK (text <> ''),
            first_seen_at INTEGER NOT NULL,
            last_seen_at INTEGER NOT NULL,
            -- NULL: seen once, and not believed yet.
            raised_at INTEGER,
            PRIMARY KEY (code, subject)
        ) STRICT;
        """

    /// Whatever connection changes a state, the change is noted in the same transaction.
    static let triggers = """
        CREATE TRIGGER invoices_change_told AFTER UPDATE OF state, waits_for ON invoices
        WHEN (NEW.state <> OLD.state AND NEW.state IN ('paid', 'uncollectible'))
            OR (NEW.waits_for IN ('needs_customer', 'needs_method')
                AND (OLD.waits_for IS NULL OR OLD.waits_for <> NEW.waits_for))
        BEGIN
            INSERT INTO state_changes (subscription_id, invoice_id, from_state, to_state)
            VALUES (NEW.subscription_id, NEW.id, COALESCE(OLD.waits_for, OLD.state), COALESCE(NEW.waits_for, NEW.state));
        END;
        CREATE TRIGGER invoices_paid_at_once_told AFTER INSERT ON invoices WHEN NEW.state = 'paid'
        BEGIN
            INSERT INTO state_changes (subscription_id, invoice_id, to_state)
            VALUES (NEW.subscription_id, NEW.id, NEW.state);
        END;
        -- Before it was planned for the first time a subscription has no state that could change.
        CREATE TRIGGER billing_state_change_told AFTER UPDATE OF state ON billing_state
        WHEN NEW.state <> OLD.state AND OLD.schedule_hash <> ''
        BEGIN
            INSERT INTO state_changes (subscription_id, from_state, to_state)
            VALUES (NEW.subscription_id, OLD.state, NEW.state);
        END;
        """
}
