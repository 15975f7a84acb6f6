import DunlinDatabase

/// The owner's tables: wishes only, a documented contract (docs/schema.md). Dunlin writes them by `import` alone.
///
/// CHECKs refuse what can never be right. What SQL cannot judge (an unknown currency or zone, a missing method) parks
/// the subscription when it is planned (money.md P10).
enum OwnerSchema {
    static let tables = """
        CREATE TABLE customers (
            id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
            gateway TEXT NOT NULL CHECK (gateway <> ''),
            gateway_customer_id TEXT NOT NULL CHECK (gateway_customer_id <> ''),
            email TEXT,
            name TEXT,
            country TEXT,
            time_zone TEXT,
            locale TEXT,
            UNIQUE (gateway, gateway_customer_id)
        ) STRICT;

        CREATE TABLE payment_methods (
            id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
            customer_id TEXT NOT NULL REFERENCES customers (id),
            gateway_payment_method_id TEXT NOT NULL CHECK (gateway_payment_method_id <> ''),
            type TEXT NOT NULL,
            brand TEXT,
            last4 TEXT CHECK (last4 IS NULL OR length(last4) = 4),
            exp_month INTEGER CHECK (exp_month IS NULL OR exp_month BETWEEN 1 AND 12),
            exp_year INTEGER CHECK (exp_year IS NULL OR exp_year BETWEEN 2000 AND 2199),
            is_default INTEGER NOT NULL DEFAULT 0 CHECK (is_default IN (0, 1)),
            is_backup INTEGER NOT NULL DEFAULT 0 CHECK (is_backup IN (0, 1)),
            consent_at TEXT,
            fingerprint TEXT,
            country TEXT,
            funding TEXT,
            UNIQUE (customer_id, gateway_payment_method_id)
        ) STRICT;

        CREATE TABLE subscriptions (
            id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
            customer_id TEXT NOT NULL REFERENCES customers (id),
            payment_method_id TEXT REFERENCES payment_methods (id),
            plan TEXT NOT NULL CHECK (plan <> ''),
            amount_minor INTEGER NOT NULL CHECK (amount_minor >= 1),
            currency TEXT NOT NULL CHECK (length(currency) = 3),
            quantity INTEGER NOT NULL DEFAULT 1 CHECK (quantity >= 1),
            interval TEXT NOT NULL CHECK (\(Migration.isOne("interval", of: "day", "week", "month", "year"))),
            interval_count INTEGER NOT NULL DEFAULT 1 CHECK (interval_count >= 1),
            anchor TEXT NOT NULL,
            time_zone TEXT NOT NULL,
            trial_end TEXT,
            bill_on INTEGER CHECK (bill_on IS NULL OR bill_on BETWEEN 1 AND 31),
            ends_at TEXT,
            cancel_at_period_end INTEGER NOT NULL DEFAULT 0 CHECK (cancel_at_period_end IN (0, 1)),
            status TEXT NOT NULL DEFAULT 'active' CHECK (
                \(Migration.isOne("status", of: "active", "paused", "canceled"))),
            bill_from TEXT,
            replaces TEXT,
            parallel INTEGER NOT NULL DEFAULT 0 CHECK (parallel IN (0, 1)),
            entity TEXT,
            invoice_number TEXT,
            on_resume TEXT CHECK (on_resume IS NULL OR on_resume IN ('keep', 'shift'))
        ) STRICT;

        CREATE TABLE adjustments (
            id TEXT PRIMARY KEY NOT NULL CHECK (id <> ''),
            subscription_id TEXT NOT NULL REFERENCES subscriptions (id),
            amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
            currency TEXT NOT NULL CHECK (length(currency) = 3),
            reason TEXT NOT NULL CHECK (reason <> ''),
            apply_to_period TEXT
        ) STRICT;

        CREATE INDEX payment_methods_by_customer ON payment_methods (customer_id);
        CREATE INDEX payment_methods_by_gateway_id ON payment_methods (gateway_payment_method_id);
        CREATE INDEX subscriptions_by_customer ON subscriptions (customer_id);
        CREATE INDEX adjustments_by_subscription ON adjustments (subscription_id);
        """

    /// The dirty list (money.md 18): whatever connection changes an owner's row, the next pass looks at it first.
    static let changeTriggers = """
        CREATE TABLE changed_rows (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL CHECK (
                \(Migration.isOne("kind", of: "customer", "payment_method", "subscription", "adjustment"))),
            row_id TEXT NOT NULL
        ) STRICT;

        """
        + [
            ("customers", "customer", "id"), ("payment_methods", "payment_method", "id"),
            ("subscriptions", "subscription", "id"), ("adjustments", "adjustment", "id"),
        ].map { table, kind, key in
            """
            CREATE TRIGGER \(table)_inserted AFTER INSERT ON \(table) BEGIN
                INSERT INTO changed_rows (kind, row_id) VALUES ('\(kind)', NEW.\(key));
            END;
            CREATE TRIGGER \(table)_updated AFTER UPDATE ON \(table) BEGIN
                INSERT INTO changed_rows (kind, row_id) VALUES ('\(kind)', NEW.\(key));
            END;
            CREATE TRIGGER \(table)_deleted AFTER DELETE ON \(table) BEGIN
                INSERT INTO changed_rows (kind, row_id) VALUES ('\(kind)', OLD.\(key));
            END;
            CREATE TRIGGER \(table)_keep_id BEFORE UPDATE OF id ON \(table) WHEN NEW.id <> OLD.id BEGIN
                SELECT RAISE(ABORT, 'the id of a row of \(table) never changes');
            END;

            """
        }.joined()

    /// Refusals that hold even where the owner's connection has foreign keys off, and for `INSERT OR REPLACE`, which
    /// fires no delete trigger (money.md 18).
    static let guardTriggers = """
        CREATE TRIGGER customers_keep BEFORE DELETE ON customers
        WHEN EXISTS (SELECT 1 FROM subscriptions WHERE customer_id = OLD.id)
            OR EXISTS (SELECT 1 FROM payment_methods WHERE customer_id = OLD.id)
            OR EXISTS (SELECT 1 FROM invoices WHERE customer_id = OLD.id)
        BEGIN SELECT RAISE(ABORT, 'customer is still referenced: cancel its subscriptions instead of deleting it'); END;

        CREATE TRIGGER payment_methods_keep BEFORE DELETE ON payment_methods
        WHEN EXISTS (SELECT 1 FROM subscriptions WHERE payment_method_id = OLD.id)
            OR EXISTS (SELECT 1 FROM attempts WHERE payment_method_id = OLD.id)
        BEGIN SELECT RAISE(ABORT, 'payment method is still referenced: add another one instead of deleting it'); END;

        CREATE TRIGGER subscriptions_keep BEFORE DELETE ON subscriptions
        WHEN EXISTS (SELECT 1 FROM billing_state WHERE subscription_id = OLD.id)
            OR EXISTS (SELECT 1 FROM invoices WHERE subscription_id = OLD.id)
            OR EXISTS (SELECT 1 FROM decisions WHERE subscription_id = OLD.id)
            OR EXISTS (SELECT 1 FROM adjustments WHERE subscription_id = OLD.id)
        BEGIN SELECT RAISE(ABORT, 'subscription is still referenced: set its status to canceled instead'); END;

        CREATE TRIGGER adjustments_keep BEFORE DELETE ON adjustments
        WHEN EXISTS (SELECT 1 FROM applied_adjustments WHERE adjustment_id = OLD.id)
        BEGIN SELECT RAISE(ABORT, 'adjustment is on an invoice already'); END;

        CREATE TRIGGER adjustments_frozen BEFORE UPDATE ON adjustments
        WHEN EXISTS (SELECT 1 FROM applied_adjustments WHERE adjustment_id = OLD.id)
            AND (NEW.amount_minor <> OLD.amount_minor OR NEW.currency <> OLD.currency
                OR NEW.subscription_id <> OLD.subscription_id)
        BEGIN SELECT RAISE(ABORT, 'adjustment is on an invoice already'); END;

        CREATE TRIGGER adjustments_not_replaced BEFORE INSERT ON adjustments
        WHEN EXISTS (
            SELECT 1 FROM adjustments AS old JOIN applied_adjustments AS used ON used.adjustment_id = old.id
            WHERE old.id = NEW.id AND (NEW.amount_minor <> old.amount_minor OR NEW.currency <> old.currency
                OR NEW.subscription_id <> old.subscription_id))
        BEGIN SELECT RAISE(ABORT, 'adjustment is on an invoice already'); END;

        CREATE TRIGGER customers_not_taken_over BEFORE INSERT ON customers
        WHEN EXISTS (
            SELECT 1 FROM customers WHERE gateway = NEW.gateway AND gateway_customer_id = NEW.gateway_customer_id
                AND id <> NEW.id)
        BEGIN SELECT RAISE(ABORT, 'gateway customer belongs to another row of customers'); END;

        CREATE TRIGGER customers_not_taken_over_later BEFORE UPDATE ON customers
        WHEN EXISTS (
            SELECT 1 FROM customers WHERE gateway = NEW.gateway AND gateway_customer_id = NEW.gateway_customer_id
                AND id <> NEW.id)
        BEGIN SELECT RAISE(ABORT, 'gateway customer belongs to another row of customers'); END;

        CREATE TRIGGER payment_methods_not_taken_over BEFORE INSERT ON payment_methods
        WHEN EXISTS (
            SELECT 1 FROM payment_methods WHERE customer_id = NEW.customer_id
                AND gateway_payment_method_id = NEW.gateway_payment_method_id AND id <> NEW.id)
        BEGIN SELECT RAISE(ABORT, 'gateway payment method belongs to another row of payment_methods'); END;

        CREATE TRIGGER payment_methods_not_taken_over_later BEFORE UPDATE ON payment_methods
        WHEN EXISTS (
            SELECT 1 FROM payment_methods WHERE customer_id = NEW.customer_id
                AND gateway_payment_method_id = NEW.gateway_payment_method_id AND id <> NEW.id)
        BEGIN SELECT RAISE(ABORT, 'gateway payment method belongs to another row of payment_methods'); END;
        """
}
