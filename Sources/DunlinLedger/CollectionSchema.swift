import DunlinDatabase

/// Dunlin's own tables for collecting: intents and attempts, what came of them, and what the gateways said.
enum CollectionSchema {
    static let tables = """
        CREATE TABLE intents (
            id INTEGER PRIMARY KEY,
            invoice_id INTEGER NOT NULL REFERENCES invoices (id),
            number INTEGER NOT NULL CHECK (number >= 1),
            gateway TEXT NOT NULL,
            account TEXT NOT NULL,
            mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
            gateway_customer_id TEXT NOT NULL,
            amount_minor INTEGER NOT NULL CHECK (amount_minor >= 1),
            currency TEXT NOT NULL,
            reference TEXT NOT NULL UNIQUE,
            -- Stored once, by whoever comes first.
            gateway_id TEXT,
            -- 'created' until the gateway has answered, then the gateway's own word.
            status TEXT NOT NULL,
            latest_charge TEXT,
            created_at INTEGER NOT NULL,
            -- The instant at which the newest observation applied was asked for.
            observed_at INTEGER,
            UNIQUE (invoice_id, number)
        ) STRICT;
        CREATE UNIQUE INDEX intents_by_gateway_id ON intents (gateway, gateway_id) WHERE gateway_id IS NOT NULL;
        CREATE UNIQUE INDEX intents_one_open ON intents (invoice_id) WHERE status NOT IN ('canceled', 'succeeded');

        CREATE TABLE attempts (
            id INTEGER PRIMARY KEY,
            invoice_id INTEGER NOT NULL REFERENCES invoices (id),
            intent_id INTEGER NOT NULL REFERENCES intents (id),
            number INTEGER NOT NULL CHECK (number >= 1),
            state TEXT NOT NULL CHECK (
                \(Migration.isOne("state", of: "sending", "processing", "unknown", "succeeded", "declined",
                    "needs_customer", "refused", "never_happened"))),
            sending TEXT NOT NULL CHECK (sending IN ('two_phase', 'one_call')),
            is_on_session INTEGER NOT NULL DEFAULT 0 CHECK (is_on_session IN (0, 1)),
            -- The frozen request (money.md 4).
            gateway TEXT NOT NULL,
            account TEXT NOT NULL,
            gateway_customer_id TEXT NOT NULL,
            payment_method_id TEXT NOT NULL REFERENCES payment_methods (id),
            gateway_payment_method_id TEXT NOT NULL,
            -- By which network limits count it: the fingerprint where known, else the method's id (P6).
            card_key TEXT NOT NULL,
            -- Where the fingerprint was learned later: the newest attempt then. Up to that one nobody knew the card.
            card_learned_after INTEGER,
            -- 'yyyy-MM', as it was known then.
            card_expiry TEXT,
            card_brand TEXT,
            amount_minor INTEGER NOT NULL CHECK (amount_minor >= 1),
            currency TEXT NOT NULL,
            description TEXT,
            statement_suffix TEXT,
            body_hash TEXT NOT NULL,
            -- The intent's latest charge before this attempt was sent (money.md 6).
            baseline_charge TEXT,
            written_at INTEGER NOT NULL,
            send_by INTEGER NOT NULL,
            -- The gateway's own clock at first send: the lower bound of every look-up.
            gateway_date INTEGER,
            sends INTEGER NOT NULL DEFAULT 0,
            asks INTEGER NOT NULL DEFAULT 0,
            server_failed_at INTEGER,
            empty_read_at INTEGER,
            ended_at INTEGER,
            charge_id TEXT,
            error_code TEXT,
            decline_code TEXT,
            advice_code TEXT,
            network_decline_code TEXT,
            network_advice_code TEXT,
            decline_class TEXT,
            reason_text TEXT,
            request_id TEXT,
            UNIQUE (invoice_id, number),
            CHECK ((\(Migration.isOne("state", of: "sending", "processing", "unknown"))) = (ended_at IS NULL))
        ) STRICT;
        CREATE UNIQUE INDEX attempts_one_in_flight ON attempts (invoice_id)
            WHERE state NOT IN ('succeeded', 'declined', 'needs_customer', 'refused', 'never_happened');
        CREATE INDEX attempts_in_flight ON attempts (state, written_at)
            WHERE state NOT IN ('succeeded', 'declined', 'needs_customer', 'refused', 'never_happened');
        CREATE INDEX attempts_by_card ON attempts (card_key, written_at);
        CREATE INDEX attempts_by_intent ON attempts (intent_id);
        CREATE INDEX attempts_by_time ON attempts (written_at);
        CREATE INDEX attempts_by_method ON attempts (payment_method_id);
        CREATE INDEX attempts_first ON attempts (gateway, written_at) WHERE number = 1;

        CREATE TABLE refunds (
            id INTEGER PRIMARY KEY,
            intent_id INTEGER NOT NULL REFERENCES intents (id),
            number INTEGER NOT NULL CHECK (number >= 1),
            amount_minor INTEGER NOT NULL CHECK (amount_minor >= 1),
            currency TEXT NOT NULL,
            reason TEXT NOT NULL,
            gateway_id TEXT,
            state TEXT NOT NULL CHECK (
                \(Migration.isOne("state", of: "requested", "sending", "pending", "unknown", "succeeded", "failed",
                    "refused"))),
            -- Of our own: its name in metadata and its idempotency key.
            reference TEXT UNIQUE,
            -- Why it ended as it did, or what it waits for.
            note TEXT,
            sends INTEGER NOT NULL DEFAULT 0 CHECK (sends >= 0),
            sent_at INTEGER,
            -- Until when the last request could leave.
            send_by INTEGER,
            asks INTEGER NOT NULL DEFAULT 0,
            -- The first complete read after send_by that did not show it.
            empty_read_at INTEGER,
            server_failed_at INTEGER,
            -- The gateway's id as a person says it: read before it is believed.
            told_id TEXT,
            -- When a person was told that nobody knows what became of it.
            raised_at INTEGER,
            -- 0: made at the gateway by somebody else; the ledger only saw it.
            is_ours INTEGER NOT NULL DEFAULT 1 CHECK (is_ours IN (0, 1)),
            written_at INTEGER NOT NULL,
            -- The instant at which the newest observation applied was asked for.
            observed_at INTEGER,
            ended_at INTEGER,
            UNIQUE (intent_id, number),
            CHECK (is_ours = 0 OR reference IS NOT NULL)
        ) STRICT;
        CREATE UNIQUE INDEX refunds_one_in_flight ON refunds (intent_id)
            WHERE is_ours = 1 AND state NOT IN ('succeeded', 'failed', 'refused');
        CREATE INDEX refunds_by_gateway_id ON refunds (gateway_id) WHERE gateway_id IS NOT NULL;

        CREATE TABLE disputes (
            gateway TEXT NOT NULL,
            gateway_id TEXT NOT NULL,
            intent_id INTEGER NOT NULL REFERENCES intents (id),
            customer_id TEXT NOT NULL REFERENCES customers (id),
            amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
            currency TEXT NOT NULL,
            reason TEXT,
            status TEXT NOT NULL,
            -- 1: nobody knows yet how it ends; the customer's other invoices wait.
            is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
            opened_at INTEGER NOT NULL,
            -- The instant at which the newest observation applied was asked for.
            updated_at INTEGER NOT NULL,
            PRIMARY KEY (gateway, gateway_id)
        ) STRICT;
        CREATE INDEX disputes_open ON disputes (customer_id) WHERE is_open = 1;
        CREATE INDEX disputes_by_intent ON disputes (intent_id);

        CREATE TABLE setup_intents (
            gateway TEXT NOT NULL,
            gateway_id TEXT NOT NULL,
            gateway_customer_id TEXT,
            gateway_payment_method_id TEXT,
            status TEXT NOT NULL CHECK (
                \(Migration.isOne("status", of: "requires_payment_method", "requires_confirmation", "requires_action",
                    "processing", "succeeded", "canceled"))),
            usage TEXT,
            updated_at INTEGER NOT NULL,
            PRIMARY KEY (gateway, gateway_id)
        ) STRICT;

        -- The inbox: what a gateway told, by allowed fields (money.md 26). What it means is read at the gateway.
        CREATE TABLE events (
            gateway TEXT NOT NULL,
            event_id TEXT NOT NULL,
            type TEXT NOT NULL,
            -- What is read again: a word and an id; NULL when nothing is.
            subject TEXT,
            object_type TEXT,
            object_id TEXT,
            intent_id TEXT,
            customer_id TEXT,
            reference TEXT,
            subscription_id TEXT,
            period_start TEXT,
            database_id TEXT,
            mode TEXT CHECK (mode IN ('test', 'live')),
            account TEXT,
            api_version TEXT,
            source TEXT NOT NULL CHECK (\(Migration.isOne("source", of: "webhook", "import", "listed"))),
            -- 1: signed, but longer ago than the tolerance.
            is_stale INTEGER NOT NULL DEFAULT 0 CHECK (is_stale IN (0, 1)),
            signed_at INTEGER,
            -- Allowed ones only, a line each.
            headers TEXT,
            body_hash TEXT NOT NULL,
            created_at INTEGER,
            received_at INTEGER NOT NULL,
            last_received_at INTEGER NOT NULL,
            deliveries INTEGER NOT NULL DEFAULT 1 CHECK (deliveries >= 1),
            state TEXT NOT NULL CHECK (\(Migration.isOne("state", of: "received", "applied", "ignored", "failed"))),
            reason TEXT,
            -- 1: about an object that no debt of this database knows; never charged.
            is_foreign INTEGER NOT NULL DEFAULT 0 CHECK (is_foreign IN (0, 1)),
            applied_at INTEGER,
            PRIMARY KEY (gateway, event_id),
            CHECK (state <> 'ignored' OR reason IS NOT NULL)
        ) STRICT;
        CREATE INDEX events_unapplied ON events (received_at) WHERE state IN ('received', 'failed');
        CREATE INDEX events_unapplied_of ON events (gateway, subject) WHERE state IN ('received', 'failed');
        CREATE INDEX events_foreign ON events (gateway, subject) WHERE is_foreign = 1;
        CREATE INDEX events_by_time ON events (last_received_at) WHERE source = 'webhook';

        -- What was turned away at the door, counted; nothing of it is kept.
        CREATE TABLE refused_deliveries (
            gateway TEXT PRIMARY KEY NOT NULL,
            wrong_signatures INTEGER NOT NULL DEFAULT 0 CHECK (wrong_signatures >= 0),
            last_at INTEGER NOT NULL
        ) STRICT;

        -- Cards that are charged no more (P6), by fingerprint where known, else by the gateway's method id.
        CREATE TABLE retry_budget (
            gateway TEXT NOT NULL,
            card_key TEXT NOT NULL,
            closed_at INTEGER NOT NULL,
            -- The newest attempt when it was closed: whatever the clocks say, only those after it are a breach.
            closed_after INTEGER NOT NULL DEFAULT 0,
            reason TEXT NOT NULL,
            cause TEXT NOT NULL DEFAULT 'never' CHECK (
                \(Migration.isOne("cause", of: "never", "needs_method", "detached", "mandate", "customer_deleted"))),
            -- What was known of the card: with another number or date, one closed by needs_method is another card.
            fingerprint TEXT,
            card_expiry TEXT,
            PRIMARY KEY (gateway, card_key)
        ) STRICT;
        """

    static let state = """
        CREATE TABLE gateway_state (
            gateway TEXT PRIMARY KEY NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('stripe', 'wooshpay')),
            mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
            account TEXT NOT NULL,
            key_hash TEXT NOT NULL,
            bound_at INTEGER NOT NULL,
            stopped_at INTEGER,
            stop_reason TEXT,
            stopped_by TEXT,
            started_at INTEGER,
            circuit_opened_at INTEGER,
            probe_at INTEGER,
            unknowns_in_a_row INTEGER NOT NULL DEFAULT 0,
            rate_permille INTEGER NOT NULL DEFAULT 1000 CHECK (rate_permille BETWEEN 10 AND 1000),
            rate_changed_at INTEGER,
            -- The newest instant at which a pass planned or charged; not moved by --now.
            newest_at INTEGER,
            -- The newest instant at which a pass planned what was due here; a pass may leave that to a later one.
            planned_at INTEGER,
            gateway_date INTEGER,
            -- By how much this machine's clock was ahead of the gateway's when that was read.
            clock_skew_ms INTEGER,
            CHECK ((stopped_at IS NULL) = (stop_reason IS NULL))
        ) STRICT;

        -- Stops of gateways that the data file is not bound to yet; moved into gateway_state at first contact.
        CREATE TABLE early_stops (
            gateway TEXT PRIMARY KEY NOT NULL,
            stopped_at INTEGER NOT NULL,
            stop_reason TEXT NOT NULL,
            stopped_by TEXT NOT NULL
        ) STRICT;

        CREATE TABLE gateway_permits (
            gateway TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            -- Thousandths of a permit that are left, as of the instant below.
            milli_permits INTEGER NOT NULL,
            refilled_at INTEGER NOT NULL,
            PRIMARY KEY (gateway, endpoint)
        ) STRICT;

        CREATE TABLE activity (
            id INTEGER PRIMARY KEY,
            recorded_at INTEGER NOT NULL,
            effective_at INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind <> ''),
            subscription_id TEXT,
            invoice_id INTEGER,
            attempt_number INTEGER,
            amount_minor INTEGER,
            currency TEXT,
            reason TEXT,
            actor TEXT NOT NULL
        ) STRICT;
        CREATE INDEX activity_by_invoice ON activity (invoice_id) WHERE invoice_id IS NOT NULL;
        CREATE INDEX activity_by_subscription ON activity (subscription_id);

        CREATE TABLE exchanges (
            id INTEGER PRIMARY KEY,
            gateway TEXT NOT NULL,
            started_at INTEGER NOT NULL,
            elapsed_ms INTEGER NOT NULL,
            method TEXT NOT NULL,
            path TEXT NOT NULL,
            http_status INTEGER,
            request_id TEXT,
            is_replay INTEGER NOT NULL DEFAULT 0,
            error_type TEXT,
            error_code TEXT,
            decline_code TEXT,
            object_id TEXT,
            fault TEXT,
            invoice_id INTEGER,
            attempt_number INTEGER
        ) STRICT;
        CREATE INDEX exchanges_by_invoice ON exchanges (invoice_id) WHERE invoice_id IS NOT NULL;
        CREATE INDEX exchanges_by_time ON exchanges (started_at);
        """

    /// An attempt's request is frozen, an end is an end, an id is stored once, and activity is only ever added to.
    static let triggers = """
        CREATE TRIGGER attempts_frozen BEFORE UPDATE ON attempts
        WHEN NEW.invoice_id <> OLD.invoice_id OR NEW.intent_id <> OLD.intent_id OR NEW.number <> OLD.number
            OR NEW.gateway <> OLD.gateway OR NEW.account <> OLD.account
            OR NEW.gateway_customer_id <> OLD.gateway_customer_id
            OR NEW.gateway_payment_method_id <> OLD.gateway_payment_method_id
            OR NEW.amount_minor <> OLD.amount_minor OR NEW.currency <> OLD.currency OR NEW.body_hash <> OLD.body_hash
        BEGIN SELECT RAISE(ABORT, 'an attempt repeats exactly what it was written with'); END;

        CREATE TRIGGER attempts_ended BEFORE UPDATE OF state ON attempts
        WHEN OLD.ended_at IS NOT NULL AND NEW.state <> OLD.state AND NEW.state <> 'succeeded'
        BEGIN SELECT RAISE(ABORT, 'an attempt that ended changes only towards money that moved'); END;

        CREATE TRIGGER attempts_stay BEFORE DELETE ON attempts
        BEGIN SELECT RAISE(ABORT, 'attempts are never deleted'); END;

        CREATE TRIGGER intents_id_once BEFORE UPDATE OF gateway_id ON intents
        WHEN OLD.gateway_id IS NOT NULL AND (NEW.gateway_id IS NULL OR NEW.gateway_id <> OLD.gateway_id)
        BEGIN SELECT RAISE(ABORT, 'the id of an intent is stored once'); END;

        CREATE TRIGGER intents_stay BEFORE DELETE ON intents
        BEGIN SELECT RAISE(ABORT, 'intents are never deleted'); END;

        CREATE TRIGGER intents_succeeded_stays BEFORE UPDATE OF status ON intents
        WHEN OLD.status = 'succeeded' AND NEW.status <> 'succeeded'
        BEGIN SELECT RAISE(ABORT, 'an intent that succeeded stays succeeded'); END;

        CREATE TRIGGER activity_kept BEFORE UPDATE ON activity
        BEGIN SELECT RAISE(ABORT, 'activity is only ever added to'); END;
        CREATE TRIGGER activity_stays BEFORE DELETE ON activity
        BEGIN SELECT RAISE(ABORT, 'activity is only ever added to'); END;
        """

    /// May this customer in, and until when: for the owner's application to read.
    static let views = """
        CREATE VIEW billing_status AS
        SELECT b.subscription_id AS subscription_id,
            b.state AS state,
            (SELECT MAX(p.period_end) FROM invoices p WHERE p.subscription_id = b.subscription_id
                AND p.state = 'paid') AS paid_through,
            b.next_boundary_at AS next_billing_at,
            (SELECT COALESCE(SUM(o.amount_minor), 0) FROM invoices o WHERE o.subscription_id = b.subscription_id
                AND o.state IN ('open', 'closing')) AS amount_due_minor,
            s.currency AS currency,
            (SELECT w.waits_for FROM invoices w WHERE w.subscription_id = b.subscription_id AND w.state = 'open'
                ORDER BY w.due_at LIMIT 1) AS next_action,
            CASE WHEN EXISTS (SELECT 1 FROM invoices r WHERE r.subscription_id = b.subscription_id
                AND r.waits_for IN ('needs_customer', 'needs_method')) THEN 1 ELSE 0 END AS recovery_needed
        FROM billing_state b JOIN subscriptions s ON s.id = b.subscription_id;
        """
}
