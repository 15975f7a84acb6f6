import DunlinDatabase

/// Dunlin's own tables for what is owed: the state of each subscription, its invoices and its decisions.
enum BillingSchema {
    static let tables = """
        CREATE TABLE billing_state (
            subscription_id TEXT PRIMARY KEY NOT NULL REFERENCES subscriptions (id),
            state TEXT NOT NULL CHECK (
                \(Migration.isOne("state", of: "trialing", "active", "paused", "past_due", "unpaid", "parked",
                    "canceled", "ended"))),
            parked_reason TEXT,
            -- 'unpaid': the dunning policy stopped billing until the debt is paid.
            hold TEXT CHECK (\(Migration.isOne("hold", of: "pause", "cancel", "unpaid"))),
            hold_reason TEXT,
            -- What the end of a pause by hold does; NULL for what the owner's row says.
            hold_shifts INTEGER CHECK (hold_shifts IN (0, 1)),
            -- 1: a person said that it is billed beside another one that looks the same.
            allows_twin INTEGER NOT NULL DEFAULT 0 CHECK (allows_twin IN (0, 1)),
            -- The local day on which the subscription was first seen: nothing before it is billed by itself.
            first_seen_on TEXT NOT NULL,
            first_seen_at INTEGER NOT NULL,
            -- Local start date of the next period and its instant; NULL when nothing will come due.
            next_period_start TEXT,
            next_boundary_at INTEGER,
            -- Local date up to which every period has an invoice or a decision.
            billed_through TEXT,
            -- The schedule that the two above were computed from: a change takes effect at billed_through.
            schedule_hash TEXT NOT NULL,
            time_zone_data TEXT NOT NULL,
            planned_at INTEGER NOT NULL,
            -- The local day on which a pause was seen that goes on, and what its end does.
            paused_on TEXT,
            pause_shifts INTEGER NOT NULL DEFAULT 0 CHECK (pause_shifts IN (0, 1)),
            -- Where pauses moved the schedule of schedule_hash to: a local time.
            shifted_anchor TEXT,
            CHECK ((state = 'parked') = (parked_reason IS NOT NULL)),
            -- Nothing comes due before a pause ends that moves the schedule.
            CHECK (next_boundary_at IS NULL OR next_period_start IS NOT NULL)
        ) STRICT;
        CREATE INDEX billing_state_due ON billing_state (next_boundary_at, subscription_id)
            WHERE next_boundary_at IS NOT NULL;

        CREATE TABLE invoices (
            id INTEGER PRIMARY KEY,
            subscription_id TEXT NOT NULL REFERENCES subscriptions (id),
            customer_id TEXT NOT NULL REFERENCES customers (id),
            -- Local dates, start included, end excluded.
            period_start TEXT NOT NULL,
            period_end TEXT NOT NULL,
            due_at INTEGER NOT NULL,
            invoiced_at INTEGER NOT NULL,
            plan TEXT NOT NULL,
            entity TEXT,
            invoice_number TEXT,
            gateway TEXT NOT NULL,
            unit_amount_minor INTEGER NOT NULL CHECK (unit_amount_minor >= 1),
            quantity INTEGER NOT NULL CHECK (quantity >= 1),
            adjustments_minor INTEGER NOT NULL,
            amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
            currency TEXT NOT NULL,
            state TEXT NOT NULL CHECK (
                \(Migration.isOne("state", of: "open", "closing", "paid", "uncollectible", "void"))),
            -- Why an open invoice is open.
            waits_for TEXT CHECK (
                \(Migration.isOne("waits_for", of: "scheduled", "retrying", "needs_customer", "needs_method",
                    "processing", "unknown", "on_hold"))),
            hold_reason TEXT,
            -- What a closing invoice becomes once the gateway says canceled.
            closing_to TEXT CHECK (\(Migration.isOne("closing_to", of: "uncollectible", "void", "paid"))),
            closing_reason TEXT,
            -- 1: the gateway must be asked about this debt before anything is created (money.md 9).
            ask_first INTEGER NOT NULL DEFAULT 0 CHECK (ask_first IN (0, 1)),
            asked_at INTEGER,
            next_attempt_at INTEGER,
            first_failed_at INTEGER,
            -- What else there is to say of the wait, such as a network's budget that is used up.
            wait_note TEXT,
            -- The dunning policy that it was given at its first failed try, and when that one's final action is due.
            dunning_policy TEXT,
            final_action_at INTEGER,
            -- 1: a person had the next try made although a network's budget is used up.
            overrides_network_limit INTEGER NOT NULL DEFAULT 0 CHECK (overrides_network_limit IN (0, 1)),
            paid_at INTEGER,
            paid_reason TEXT,
            -- 1: the money came after the debt was uncollectible, void or closing.
            is_late INTEGER NOT NULL DEFAULT 0 CHECK (is_late IN (0, 1)),
            closed_at INTEGER,
            collected_minor INTEGER NOT NULL DEFAULT 0 CHECK (collected_minor >= 0),
            refunded_minor INTEGER NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
            disputed_minor INTEGER NOT NULL DEFAULT 0 CHECK (disputed_minor >= 0),
            note TEXT,
            -- 1: the period was missed, and the catch-up policy had it billed.
            is_missed INTEGER NOT NULL DEFAULT 0 CHECK (is_missed IN (0, 1)),
            CHECK (period_start < period_end),
            CHECK ((state = 'open') = (waits_for IS NOT NULL)),
            CHECK ((waits_for = 'on_hold') = (hold_reason IS NOT NULL) OR waits_for IS NULL),
            CHECK ((state = 'closing') = (closing_to IS NOT NULL)),
            CHECK ((state = 'paid') = (paid_at IS NOT NULL)),
            UNIQUE (subscription_id, period_start)
        ) STRICT;
        CREATE INDEX invoices_open ON invoices (customer_id, due_at) WHERE state IN ('open', 'closing');
        CREATE INDEX invoices_by_state ON invoices (state, waits_for);
        CREATE INDEX invoices_by_customer ON invoices (customer_id);
        CREATE INDEX invoices_missed ON invoices (invoiced_at) WHERE is_missed = 1;

        CREATE TABLE decisions (
            id INTEGER PRIMARY KEY,
            subscription_id TEXT NOT NULL REFERENCES subscriptions (id),
            kind TEXT NOT NULL CHECK (
                \(Migration.isOne("kind", of: "waiting", "skipped", "paused", "settled_elsewhere"))),
            reason TEXT NOT NULL CHECK (reason <> ''),
            -- A run of consecutive periods: local dates, start included, end excluded.
            run_start TEXT NOT NULL,
            run_end TEXT NOT NULL,
            periods INTEGER NOT NULL CHECK (periods >= 0),
            decided_at INTEGER NOT NULL,
            decided_by TEXT NOT NULL,
            CHECK (run_start <= run_end)
        ) STRICT;
        CREATE INDEX decisions_by_subscription ON decisions (subscription_id, run_start);
        CREATE INDEX decisions_waiting ON decisions (kind) WHERE kind = 'waiting';

        CREATE TABLE applied_adjustments (
            adjustment_id TEXT NOT NULL REFERENCES adjustments (id),
            invoice_id INTEGER NOT NULL REFERENCES invoices (id),
            amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
            PRIMARY KEY (adjustment_id, invoice_id)
        ) STRICT;
        CREATE INDEX applied_adjustments_by_invoice ON applied_adjustments (invoice_id);

        -- What an invoice could not take: below zero, or below the gateway's minimum. The next one takes it.
        CREATE TABLE carried_amounts (
            from_invoice_id INTEGER PRIMARY KEY REFERENCES invoices (id),
            subscription_id TEXT NOT NULL REFERENCES subscriptions (id),
            amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
            currency TEXT NOT NULL,
            to_invoice_id INTEGER REFERENCES invoices (id)
        ) STRICT;
        CREATE INDEX carried_amounts_open ON carried_amounts (subscription_id) WHERE to_invoice_id IS NULL;
        """

    /// No two billed periods of a subscription overlap, and an invoice's amount and period never change (P1, money.md
    /// 15, 21). A void invoice frees its days for another period but keeps its own start date for good.
    static let triggers = """
        CREATE TRIGGER invoices_no_overlap BEFORE INSERT ON invoices
        WHEN EXISTS (
                SELECT 1 FROM invoices WHERE subscription_id = NEW.subscription_id AND state <> 'void'
                    AND period_start < NEW.period_end AND NEW.period_start < period_end)
            OR EXISTS (
                SELECT 1 FROM decisions WHERE subscription_id = NEW.subscription_id
                    AND run_start < NEW.period_end AND NEW.period_start < run_end)
        BEGIN SELECT RAISE(ABORT, 'period overlaps an invoice or decision of this subscription'); END;

        CREATE TRIGGER decisions_no_overlap BEFORE INSERT ON decisions
        WHEN EXISTS (
                SELECT 1 FROM invoices WHERE subscription_id = NEW.subscription_id AND state <> 'void'
                    AND period_start < NEW.run_end AND NEW.run_start < period_end)
            OR EXISTS (
                SELECT 1 FROM decisions WHERE subscription_id = NEW.subscription_id
                    AND run_start < NEW.run_end AND NEW.run_start < run_end)
        BEGIN SELECT RAISE(ABORT, 'period overlaps an invoice or decision of this subscription'); END;

        CREATE TRIGGER decisions_no_overlap_later BEFORE UPDATE ON decisions
        WHEN EXISTS (
                SELECT 1 FROM invoices WHERE subscription_id = NEW.subscription_id AND state <> 'void'
                    AND period_start < NEW.run_end AND NEW.run_start < period_end)
            OR EXISTS (
                SELECT 1 FROM decisions WHERE subscription_id = NEW.subscription_id AND id <> NEW.id
                    AND run_start < NEW.run_end AND NEW.run_start < run_end)
        BEGIN SELECT RAISE(ABORT, 'period overlaps an invoice or decision of this subscription'); END;

        CREATE TRIGGER invoices_frozen BEFORE UPDATE ON invoices
        WHEN NEW.subscription_id <> OLD.subscription_id OR NEW.customer_id <> OLD.customer_id
            OR NEW.period_start <> OLD.period_start OR NEW.period_end <> OLD.period_end
            OR NEW.unit_amount_minor <> OLD.unit_amount_minor OR NEW.quantity <> OLD.quantity
            OR NEW.adjustments_minor <> OLD.adjustments_minor OR NEW.amount_minor <> OLD.amount_minor
            OR NEW.currency <> OLD.currency
        BEGIN SELECT RAISE(ABORT, 'what an invoice is for never changes'); END;

        CREATE TRIGGER invoices_paid_stays BEFORE UPDATE ON invoices
        WHEN OLD.state = 'paid' AND NEW.state <> 'paid'
        BEGIN SELECT RAISE(ABORT, 'a paid invoice stays paid'); END;

        CREATE TRIGGER invoices_stay BEFORE DELETE ON invoices
        BEGIN SELECT RAISE(ABORT, 'invoices are never deleted'); END;
        """
}
