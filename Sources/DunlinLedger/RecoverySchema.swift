import DunlinDatabase

/// Dunlin's own tables for debts that a customer pays in person: links, visits, what is in their hands.
enum RecoverySchema {
    static let tables = """
        -- Which links of a debt are good. What makes a link is not here: see RecoveryKey.
        CREATE TABLE recovery_links (
            invoice_id INTEGER PRIMARY KEY REFERENCES invoices (id),
            -- Raised to revoke every link of a smaller one.
            generation INTEGER NOT NULL CHECK (generation >= 1),
            -- When a link of this generation was first printed: it is good for some days from then.
            issued_at INTEGER NOT NULL
        ) STRICT;

        -- What was pressed on the page of a link in the last day.
        CREATE TABLE recovery_visits (
            id INTEGER PRIMARY KEY,
            invoice_id INTEGER NOT NULL REFERENCES invoices (id),
            kind TEXT NOT NULL CHECK (kind IN ('act', 'return')),
            visited_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX recovery_visits_by_invoice ON recovery_visits (invoice_id, kind, visited_at);

        -- What belongs to an attempt with the customer in session, beside its row in attempts.
        CREATE TABLE session_attempts (
            attempt_id INTEGER PRIMARY KEY REFERENCES attempts (id),
            -- Until when the customer may take.
            ends_at INTEGER NOT NULL,
            -- What the invoice waited for before, and goes back to when the attempt comes to nothing.
            waited_for TEXT NOT NULL CHECK (
                \(Migration.isOne("waited_for", of: "scheduled", "retrying", "needs_customer", "needs_method"))),
            next_attempt_at INTEGER,
            -- When the intent was first seen to wait for the bank's challenge after this attempt was sent.
            action_seen_at INTEGER
        ) STRICT;

        -- Pages of the gateway's own on which a customer was sent to save another card for a debt.
        CREATE TABLE recovery_cards (
            id INTEGER PRIMARY KEY,
            invoice_id INTEGER NOT NULL REFERENCES invoices (id),
            gateway TEXT NOT NULL,
            gateway_customer_id TEXT NOT NULL,
            session_id TEXT NOT NULL,
            -- NULL where the gateway does not tell it before the card is saved.
            setup_intent_id TEXT,
            started_at INTEGER NOT NULL,
            -- The card that was saved there: this debt is tried on it.
            payment_method_id TEXT REFERENCES payment_methods (id),
            saved_at INTEGER,
            CHECK ((payment_method_id IS NULL) = (saved_at IS NULL)),
            UNIQUE (gateway, session_id)
        ) STRICT;
        CREATE INDEX recovery_cards_by_invoice ON recovery_cards (invoice_id);
        CREATE INDEX recovery_cards_awaited ON recovery_cards (gateway, gateway_customer_id) WHERE saved_at IS NULL;
        CREATE INDEX recovery_cards_by_method ON recovery_cards (payment_method_id);
        """
}
