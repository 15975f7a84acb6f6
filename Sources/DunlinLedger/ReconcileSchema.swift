import DunlinDatabase

/// Runs that compare the ledger with a gateway, what they found, and how far they came.
///
/// No row refers to a row of another topic: the same tables stand alone in memory while `prove` compares.
enum ReconcileSchema {
    static let tables = """
        CREATE TABLE reconcile_runs (
            id INTEGER PRIMARY KEY,
            gateway TEXT NOT NULL,
            -- The window of the gateway's clock: money that moved within it is compared.
            from_at INTEGER NOT NULL,
            through_at INTEGER NOT NULL,
            -- Of our clock: rows that changed after it are left out.
            started_at INTEGER NOT NULL,
            started_by TEXT NOT NULL,
            ended_at INTEGER,
            -- Whether payments that have nothing to do with Dunlin are listed one by one.
            lists_foreign INTEGER NOT NULL DEFAULT 1 CHECK (lists_foreign IN (0, 1)),
            with_payouts INTEGER NOT NULL DEFAULT 0 CHECK (with_payouts IN (0, 1)),
            -- What is to be read next; NULL at the beginning of a phase.
            phase TEXT NOT NULL,
            cursor TEXT,
            -- Whoever took the run over last; the one before finds another token and stops.
            token INTEGER NOT NULL,
            pages INTEGER NOT NULL DEFAULT 0,
            checked INTEGER NOT NULL DEFAULT 0,
            differences INTEGER NOT NULL DEFAULT 0,
            left_out INTEGER NOT NULL DEFAULT 0,
            -- Payments at the gateway that have nothing to do with Dunlin.
            foreign_count INTEGER NOT NULL DEFAULT 0,
            CHECK (from_at <= through_at),
            CHECK ((phase = 'done') = (ended_at IS NOT NULL))
        ) STRICT;
        CREATE INDEX reconcile_runs_by_gateway ON reconcile_runs (gateway, id);

        CREATE TABLE reconcile_exceptions (
            id INTEGER PRIMARY KEY,
            run_id INTEGER NOT NULL REFERENCES reconcile_runs (id),
            list TEXT NOT NULL CHECK (
                \(Migration.isOne("list", of: "gateway_only", "ledger_only", "differing", "two_successes"))),
            object_type TEXT NOT NULL CHECK (
                \(Migration.isOne("object_type", of: "payment_intent", "refund", "dispute", "charge", "payout"))),
            -- The gateway's id.
            object_id TEXT NOT NULL,
            -- What differs; empty where the whole object does.
            field TEXT NOT NULL DEFAULT '',
            ledger_value TEXT,
            gateway_value TEXT,
            amount_minor INTEGER,
            currency TEXT,
            gateway_customer_id TEXT,
            subscription_id TEXT,
            period_start TEXT,
            invoice_id INTEGER,
            -- 0: no money has moved because of it, as with an unconfirmed duplicate.
            moves_money INTEGER NOT NULL DEFAULT 1 CHECK (moves_money IN (0, 1)),
            text TEXT NOT NULL CHECK (text <> ''),
            UNIQUE (run_id, list, object_type, object_id, field)
        ) STRICT;

        -- What a run has met at the gateway: the rest of the ledger's side is asked for by id.
        CREATE TABLE reconcile_seen (
            run_id INTEGER NOT NULL REFERENCES reconcile_runs (id),
            object_id TEXT NOT NULL,
            -- The intent that it belongs to, with its invoice: what balance transactions are tied by.
            intent_id TEXT,
            invoice_id INTEGER,
            is_charge INTEGER NOT NULL DEFAULT 0 CHECK (is_charge IN (0, 1)),
            PRIMARY KEY (run_id, object_id)
        ) STRICT;

        CREATE TABLE reconcile_payouts (
            run_id INTEGER NOT NULL REFERENCES reconcile_runs (id),
            payout_id TEXT NOT NULL,
            status TEXT NOT NULL,
            amount_minor INTEGER NOT NULL,
            currency TEXT NOT NULL,
            is_automatic INTEGER NOT NULL CHECK (is_automatic IN (0, 1)),
            arrives_on INTEGER,
            created_at INTEGER,
            PRIMARY KEY (run_id, payout_id)
        ) STRICT;

        CREATE TABLE reconcile_transactions (
            run_id INTEGER NOT NULL REFERENCES reconcile_runs (id),
            transaction_id TEXT NOT NULL,
            -- NULL: not paid out yet, as far as the gateway tells.
            payout_id TEXT,
            type TEXT NOT NULL,
            source_id TEXT,
            intent_id TEXT,
            invoice_id INTEGER,
            gross_minor INTEGER NOT NULL,
            fee_minor INTEGER NOT NULL,
            net_minor INTEGER NOT NULL,
            currency TEXT NOT NULL,
            available_on INTEGER,
            created_at INTEGER,
            PRIMARY KEY (run_id, transaction_id)
        ) STRICT;
        CREATE INDEX reconcile_transactions_by_payout ON reconcile_transactions (run_id, payout_id);
        """

    /// By what balance transactions are tied to payments.
    static let indexes = """
        CREATE INDEX intents_by_charge ON intents (latest_charge) WHERE latest_charge IS NOT NULL;
        """
}
