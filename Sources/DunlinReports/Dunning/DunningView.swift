/// The parts in which the dunning list of today and that of a day that is over differ, as SQL. `?1` is the end of the
/// day.
///
/// What was known on a past day is worked out from what carries a time: invoices, attempts, ends of debts, refunds,
/// notices. What carries none (names, cards, notes, a hold by a person) is as it is now.
struct DunningView {
    let isOnTheList: String
    let status: String
    let paid: String
    let disputed: String
    let holdReason: String
    let nextAttemptAt: String
    let firstFailedAt: String
    let settleAt: String
    let waitNote: String
    let finalActionAt: String
    let lifetime: String
    /// Which attempts `a`, intents `t` and notices `n` count; each begins with AND, or is empty.
    let written: String
    let ended: String
    let created: String
    let sent: String

    static let current = DunningView(
        isOnTheList: "i.state IN ('open', 'closing', 'uncollectible')",
        status: "CASE WHEN i.state = 'open' THEN i.waits_for ELSE i.state END",
        paid: "i.collected_minor - i.refunded_minor", disputed: "i.disputed_minor", holdReason: "i.hold_reason",
        nextAttemptAt: "i.next_attempt_at", firstFailedAt: "i.first_failed_at",
        settleAt: """
            (SELECT MIN(j.run_at) FROM jobs j WHERE j.unique_key = 'settle-attempt/' || last.id
                AND j.state IN ('ready', 'running'))
            """, waitNote: "i.wait_note", finalActionAt: "i.final_action_at",
        lifetime: """
            (SELECT COALESCE(SUM(p.collected_minor - p.refunded_minor), 0) FROM invoices p
                WHERE p.customer_id = i.customer_id AND p.currency = i.currency)
            """,
        written: "", ended: "", created: "", sent: "")

    static let past = DunningView(
        isOnTheList: """
            i.invoiced_at < ?1 AND (i.paid_at IS NULL OR i.paid_at >= ?1)
                AND (i.state <> 'void' OR i.closed_at >= ?1)
            """,
        status: pastStatus, paid: "0", disputed: "0", holdReason: "NULL",
        // As it turned out: the first attempt after the day, else the one that is planned.
        nextAttemptAt: """
            COALESCE((SELECT MIN(a.written_at) FROM attempts a WHERE a.invoice_id = i.id AND a.written_at >= ?1),
                CASE WHEN i.next_attempt_at >= ?1 THEN i.next_attempt_at END)
            """,
        firstFailedAt: "CASE WHEN i.first_failed_at < ?1 THEN i.first_failed_at END", settleAt: "NULL",
        waitNote: "NULL", finalActionAt: "NULL",
        lifetime: """
            (SELECT COALESCE(SUM(p.collected_minor), 0) FROM invoices p
                WHERE p.customer_id = i.customer_id AND p.currency = i.currency AND p.paid_at < ?1)
            - (SELECT COALESCE(SUM(r.amount_minor), 0) FROM invoices p JOIN intents t ON t.invoice_id = p.id
                JOIN refunds r ON r.intent_id = t.id WHERE p.customer_id = i.customer_id AND p.currency = i.currency
                AND r.state = 'succeeded' AND r.ended_at < ?1)
            """,
        written: "AND a.written_at < ?1", ended: "AND a.ended_at < ?1", created: "AND t.created_at < ?1",
        sent: "AND n.sent_at < ?1")

    private static let pastStatus = """
        CASE WHEN i.closed_at < ?1 THEN 'uncollectible'
            WHEN EXISTS (SELECT 1 FROM activity e WHERE e.invoice_id = i.id AND e.kind = 'debt_ended'
                AND e.recorded_at < ?1) THEN 'closing'
            WHEN last.id IS NOT NULL AND (last.ended_at IS NULL OR last.ended_at >= ?1) THEN 'unknown'
            WHEN said.state = 'refused' THEN 'on_hold'
            WHEN said.state = 'needs_customer' OR said.decline_class = 'needs_auth' THEN 'needs_customer'
            WHEN said.decline_class IN ('needs_method', 'never') THEN 'needs_method'
            WHEN said.id IS NOT NULL THEN 'retrying'
            ELSE 'scheduled' END
        """
}
