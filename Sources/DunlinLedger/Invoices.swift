public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase

/// The table `invoices`. What an invoice is for never changes; only what became of it does.
public enum Invoices {
    /// Opens an invoice; one of nothing is paid at once, without an attempt.
    public static func insert(_ new: NewInvoice, now: Instant, _ tx: Transaction) throws -> Int64 {
        let isFree = new.amount.amount.minorUnits == 0
        try tx.execute(
            """
            INSERT INTO invoices (subscription_id, customer_id, period_start, period_end, due_at, invoiced_at, plan,
                entity, invoice_number, gateway, unit_amount_minor, quantity, adjustments_minor, amount_minor, currency,
                state, waits_for, ask_first, next_attempt_at, paid_at, paid_reason, closed_at, is_missed)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?20,
                ?22)
            """, new.subscription.id, new.subscription.customerID, new.periodStart, new.periodEnd, new.dueAt, now,
            new.subscription.plan, new.subscription.entity, new.subscription.invoiceNumber, new.gateway,
            new.subscription.amountMinor, new.subscription.quantity, new.amount.adjustmentsMinor,
            new.amount.amount.minorUnits, new.amount.amount.currency.code, isFree ? Invoice.State.paid : .open,
            isFree ? nil : Invoice.Wait.scheduled, new.asksFirst && !isFree, isFree ? nil : now, isFree ? now : nil,
            isFree ? "nothing_to_collect" : nil, new.isMissed)
        return tx.lastInsertedID
    }

    /// The id of the invoice that was opened last; 0 when there is none.
    public static func newestID(_ tx: Transaction) throws -> Int64 {
        try tx.value("SELECT MAX(id) FROM invoices") ?? 0
    }

    /// The id of the first invoice that was opened then or later; one that no invoice has when there is none.
    public static func firstID(since: Instant, _ tx: Transaction) throws -> Int64 {
        try tx.value("SELECT MIN(id) FROM invoices WHERE invoiced_at >= ?1", since) ?? newestID(tx) + 1
    }

    public static func find(_ id: Int64, _ tx: Transaction) throws -> Invoice? {
        try tx.row("SELECT * FROM invoices WHERE id = ?1", id, read: Invoice.init)
    }

    /// The invoice, which must be there.
    public static func get(_ id: Int64, _ tx: Transaction) throws -> Invoice {
        guard let invoice = try find(id, tx) else { throw LedgerError(.missingRow, "no invoice \(id)") }
        return invoice
    }

    public static func find(subscriptionID: String, periodStart: String, _ tx: Transaction) throws -> Invoice? {
        try tx.row(
            "SELECT * FROM invoices WHERE subscription_id = ?1 AND period_start = ?2", subscriptionID, periodStart,
            read: Invoice.init)
    }

    /// Open invoices of a customer, oldest debt first.
    public static func open(ofCustomer customerID: String, _ tx: Transaction) throws -> [Invoice] {
        try tx.rows(
            "SELECT * FROM invoices WHERE customer_id = ?1 AND state = 'open' ORDER BY due_at, id", customerID,
            read: Invoice.init)
    }

    /// What the invoice is for, as it was billed.
    public static func plan(of id: Int64, _ tx: Transaction) throws -> String {
        try tx.value("SELECT plan FROM invoices WHERE id = ?1", id) ?? ""
    }

    /// Invoices of a subscription that are not at their end.
    public static func unended(ofSubscription subscriptionID: String, _ tx: Transaction) throws -> [Invoice] {
        try tx.rows(
            "SELECT * FROM invoices WHERE subscription_id = ?1 AND state IN ('open', 'closing') ORDER BY due_at, id",
            subscriptionID, read: Invoice.init)
    }

    /// What was billed for missed periods since then, in minor units: to one customer, or to everybody when nil.
    public static func missedMinor(
        since: Instant, customerID: String? = nil, currency: Currency, _ tx: Transaction
    ) throws -> Int64 {
        try tx.value(
            """
            SELECT COALESCE(SUM(amount_minor), 0) FROM invoices
            WHERE is_missed = 1 AND invoiced_at >= ?1 AND (?2 IS NULL OR customer_id = ?2) AND currency = ?3
            """, since, customerID, currency.code) ?? 0
    }

    /// Late debts that the gateway was not asked about yet, oldest first.
    public static func toAskAbout(gateway: String, limit: Int, _ tx: Transaction) throws -> [Invoice] {
        try tx.rows(
            """
            SELECT * FROM invoices WHERE state = 'open' AND waits_for IN ('scheduled', 'retrying') AND ask_first = 1
                AND gateway = ?1
            ORDER BY due_at, id LIMIT ?2
            """, gateway, limit, read: Invoice.init)
    }

    /// Says why the invoice is open. Does nothing when it is not open any more.
    ///
    /// - Parameters:
    ///   - holdReason: only with `onHold`.
    ///   - note: what else there is to say of the wait.
    ///   - failedAt: when its first failed try was, kept from the first time on.
    @discardableResult
    public static func wait(
        _ id: Int64, for wait: Invoice.Wait, holdReason: String? = nil, note: String? = nil,
        nextAttemptAt: Instant? = nil, failedAt: Instant? = nil, _ tx: Transaction
    ) throws -> Bool {
        // While something is tried the time of the customer does not run out.
        try tx.execute(
            """
            UPDATE invoices SET waits_for = ?2, hold_reason = ?3, next_attempt_at = ?4,
                first_failed_at = COALESCE(first_failed_at, ?5), wait_note = ?6,
                final_action_at = CASE WHEN ?2 IN ('scheduled', 'retrying') THEN NULL ELSE final_action_at END
            WHERE id = ?1 AND state = 'open'
            """, id, wait, holdReason, nextAttemptAt, failedAt, note) == 1
    }

    /// Gives the invoice its dunning policy, once: one that is being dunned goes on under the same name.
    public static func give(_ id: Int64, dunningPolicy: String, _ tx: Transaction) throws {
        try tx.execute(
            "UPDATE invoices SET dunning_policy = COALESCE(dunning_policy, ?2) WHERE id = ?1", id, dunningPolicy)
    }

    /// Says when the final action of its policy is due; nil for never.
    public static func setFinalAction(_ id: Int64, at: Instant?, _ tx: Transaction) throws {
        try tx.execute("UPDATE invoices SET final_action_at = ?2 WHERE id = ?1 AND state = 'open'", id, at)
    }

    /// Lets the next try be made although a network's budget is used up (`--override-network-limit`); the attempt that
    /// is written uses it up. A card that a final decline closed stays closed.
    public static func overrideNetworkLimit(_ id: Int64, _ tx: Transaction) throws {
        try tx.execute("UPDATE invoices SET overrides_network_limit = 1 WHERE id = ?1 AND state = 'open'", id)
    }

    /// The try that a person wanted has been written: later ones keep to the networks' budgets again.
    public static func endOverride(_ id: Int64, _ tx: Transaction) throws {
        try tx.execute("UPDATE invoices SET overrides_network_limit = 0 WHERE id = ?1", id)
    }

    /// The gateway was asked: the debt may be collected.
    public static func noteAsked(_ id: Int64, now: Instant, _ tx: Transaction) throws {
        try tx.execute("UPDATE invoices SET ask_first = 0, asked_at = ?2 WHERE id = ?1", id, now)
    }

    /// The gateway must be asked about the debt before anything is created for it, and in the same go about all others
    /// of the customer of which that is true.
    ///
    /// - Parameter lateBefore: a debt is late when it was due before this, and was not asked about since.
    /// - Returns: the ids of all these debts.
    public static func askFirst(_ invoice: Invoice, lateBefore: Instant, _ tx: Transaction) throws -> [Int64] {
        try tx.rows(
            """
            UPDATE invoices SET ask_first = 1
            WHERE customer_id = ?1 AND state IN ('open', 'closing') AND state = 'open'
                AND (id = ?2 OR (gateway = ?3 AND waits_for IN ('scheduled', 'retrying') AND due_at < ?4
                    AND (asked_at IS NULL OR asked_at < ?4)
                    AND NOT EXISTS (SELECT 1 FROM intents WHERE intents.invoice_id = invoices.id)))
            RETURNING id
            """, invoice.customerID, invoice.id, invoice.gateway, lateBefore
        ) { try $0.get("id") }
    }

    /// Moves an invoice without an intent to the gateway its customer is at now.
    public static func move(_ id: Int64, toGateway gateway: String, _ tx: Transaction) throws {
        try tx.execute("UPDATE invoices SET gateway = ?2 WHERE id = ?1 AND state = 'open'", id, gateway)
    }

    /// The debt ends; until the gateway says that its intents are canceled it is closing.
    @discardableResult
    public static func beginClosing(
        _ id: Int64, to state: Invoice.State, reason: String, _ tx: Transaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE invoices SET state = 'closing', waits_for = NULL, hold_reason = NULL, next_attempt_at = NULL,
                wait_note = NULL, final_action_at = NULL, closing_to = ?2, closing_reason = ?3
            WHERE id = ?1 AND state = 'open'
            """, id, state, reason) == 1
    }

    /// Nothing is open at the gateway any more: the closing invoice becomes what it was to become.
    @discardableResult
    public static func finishClosing(_ id: Int64, now: Instant, _ tx: Transaction) throws -> Bool {
        try tx.execute(
            """
            UPDATE invoices SET state = closing_to, closing_to = NULL, closed_at = ?2,
                paid_at = CASE WHEN closing_to = 'paid' THEN ?2 ELSE NULL END,
                paid_reason = CASE WHEN closing_to = 'paid' THEN closing_reason ELSE NULL END
            WHERE id = ?1 AND state = 'closing'
            """, id, now) == 1
    }

    /// Money came. Paid is the top: recorded from any state, never left (design.md 5).
    ///
    /// - Parameter isLate: true when the debt was not open any more.
    public static func pay(
        _ id: Int64, reason: String, isLate: Bool, collectedMinor: Int64, now: Instant, _ tx: Transaction
    ) throws {
        try tx.execute(
            """
            UPDATE invoices SET state = 'paid', waits_for = NULL, hold_reason = NULL, next_attempt_at = NULL,
                wait_note = NULL, final_action_at = NULL,
                closing_to = NULL, ask_first = 0, paid_at = COALESCE(paid_at, ?2), paid_reason = COALESCE(paid_reason, ?3),
                is_late = CASE WHEN state = 'paid' THEN is_late ELSE ?4 END, closed_at = COALESCE(closed_at, ?2),
                collected_minor = collected_minor + ?5
            WHERE id = ?1
            """, id, now, reason, isLate, collectedMinor)
    }

    /// What went back of the money, and what of it is contested: summed anew from `refunds` and `disputes`, so that it is
    /// the same in whatever order they were heard of.
    public static func countRefundsAndDisputes(_ id: Int64, disputedMinor: Int64, _ tx: Transaction) throws {
        try tx.execute(
            """
            UPDATE invoices SET disputed_minor = ?2, refunded_minor = (
                SELECT COALESCE(SUM(r.amount_minor), 0) FROM refunds r JOIN intents t ON t.id = r.intent_id
                WHERE t.invoice_id = ?1 AND r.state = 'succeeded')
            WHERE id = ?1
            """, id, disputedMinor)
    }
}
