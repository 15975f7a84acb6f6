import DunlinCalendar
import DunlinCore
import DunlinDatabase

/// P4, P6 and P7: unknown blocks and is asked about, a closed card stays closed, an ended debt stays ended.
enum AttemptChecks {
    static let all = unknownBlocks + finalIsFinal + endedIsEnded

    private static let unknownBlocks = [
        SQLCheck(
            promise: .p4, rule: "in_flight_without_settle_job",
            sentence: "an attempt is in flight and no job asks what became of it",
            counting: "SELECT COUNT(*) FROM attempts WHERE ended_at IS NULL",
            finding: """
                SELECT i.subscription_id, i.id, a.id FROM attempts a JOIN invoices i ON i.id = a.invoice_id
                WHERE a.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM jobs j
                    WHERE j.unique_key = 'settle-attempt/' || a.id AND j.state IN ('ready', 'running'))
                """,
            ids: ["subscription_id", "invoice_id", "attempt_id"]),
        SQLCheck(
            promise: .p4, rule: "asked_too_late",
            sentence: "the gateway will be asked about an attempt in flight later than in a day",
            finding: """
                SELECT i.subscription_id, i.id, a.id, j.id FROM attempts a JOIN invoices i ON i.id = a.invoice_id
                JOIN jobs j ON j.unique_key = 'settle-attempt/' || a.id AND j.state IN ('ready', 'running')
                WHERE a.ended_at IS NULL AND j.state = 'ready' AND j.run_at > ?1
                """,
            ids: ["subscription_id", "invoice_id", "attempt_id", "job_id"],
            // An hour for the spread on the wait.
            arguments: { [$0.now.adding(hours: 25)] }),
        SQLCheck(
            promise: .p4, rule: "refund_without_job",
            sentence: "a refund of ours has not ended and no job sends it or asks what became of it",
            counting: "SELECT COUNT(*) FROM refunds WHERE is_ours = 1",
            finding: """
                SELECT i.subscription_id, i.id, r.id FROM refunds r JOIN intents t ON t.id = r.intent_id
                JOIN invoices i ON i.id = t.invoice_id
                WHERE r.is_ours = 1 AND r.state NOT IN ('succeeded', 'failed', 'refused') AND NOT EXISTS (
                    SELECT 1 FROM jobs j
                    WHERE j.unique_key = 'refund-payment/' || r.id AND j.state IN ('ready', 'running'))
                """,
            ids: ["subscription_id", "invoice_id", "refund_id"]),
        SQLCheck(
            promise: .p4, rule: "attempt_while_in_flight",
            sentence: "an attempt was written while an earlier one on the same invoice was in flight",
            counting: "SELECT COUNT(*) FROM attempts WHERE number > 1 AND {since invoice_id}",
            finding: """
                SELECT i.subscription_id, i.id, b.id, a.id FROM attempts a
                JOIN attempts b ON b.invoice_id = a.invoice_id AND b.number > a.number
                JOIN invoices i ON i.id = a.invoice_id
                WHERE {since i.id} AND (a.ended_at IS NULL OR (b.written_at < a.ended_at - 600000
                    AND a.state <> 'succeeded'))
                """,
            ids: ["subscription_id", "invoice_id", "attempt_id", "earlier_attempt_id"]),
    ]

    // Ids tell what came first, since the clocks of two workers differ. Two customers may share a card, and only one
    // customer's attempts run one after another: what another one began while the decline was on its way was under way,
    // and when that was two clocks tell, each of which may be off by five minutes (money.md 12).
    private static let finalIsFinal = [
        SQLCheck(
            promise: .p6, rule: "attempt_on_closed_card",
            sentence: "an attempt was written on a card that a final decline had closed",
            counting: "SELECT COUNT(*) FROM attempts WHERE {since invoice_id}",
            finding: """
                SELECT i.subscription_id, i.id, a.id FROM retry_budget r
                JOIN attempts a ON a.card_key = r.card_key AND a.gateway = r.gateway AND a.id > r.closed_after
                    AND a.card_learned_after IS NULL
                JOIN invoices i ON i.id = a.invoice_id WHERE a.state <> 'never_happened' AND {since i.id}
                    AND \(isSameCard)
                UNION
                SELECT i.subscription_id, i.id, a.id FROM retry_budget r
                JOIN attempts a ON a.gateway_payment_method_id = r.card_key AND a.gateway = r.gateway
                    AND a.id > r.closed_after
                JOIN invoices i ON i.id = a.invoice_id WHERE a.state <> 'never_happened' AND {since i.id}
                    AND \(isSameCard)
                """,
            ids: ["subscription_id", "invoice_id", "attempt_id"]),
        SQLCheck(
            promise: .p6, rule: "attempt_after_final_decline",
            sentence: "an attempt was written on a card after a final decline of it",
            counting: """
                SELECT COUNT(*) FROM attempts WHERE state = 'declined' AND decline_class IN ('needs_method', 'never')
                """,
            finding: """
                SELECT i.subscription_id, i.id, later.id, final.id FROM attempts final
                JOIN attempts later ON later.card_key = final.card_key AND later.gateway = final.gateway
                    AND later.id > final.id AND \(isKnownAsOneCard("final", "later"))
                    AND (later.written_at > final.ended_at + 600000 OR (later.written_at > final.ended_at
                        AND later.gateway_customer_id = final.gateway_customer_id))
                JOIN invoices i ON i.id = later.invoice_id
                WHERE final.state = 'declined' AND final.decline_class IN ('needs_method', 'never')
                    AND later.state <> 'never_happened' AND (final.decline_class = 'never'
                        OR COALESCE(final.card_expiry, later.card_expiry, '') = COALESCE(later.card_expiry,
                            final.card_expiry, '')) AND {since i.id}
                """,
            ids: ["subscription_id", "invoice_id", "attempt_id", "declined_attempt_id"]),
        budget(
            rule: "mastercard_ten_a_day", sentence: "an eleventh attempt on a Mastercard within 24 hours",
            brands: "'mastercard', 'Mastercard', 'MasterCard'", days: 1, declinesMax: 10),
        budget(
            rule: "mastercard_35_in_30_days", sentence: "a 36th attempt on a Mastercard within 30 days",
            brands: "'mastercard', 'Mastercard', 'MasterCard'", days: 30, declinesMax: 35),
        budget(
            rule: "visa_20_in_30_days", sentence: "a 21st attempt of one amount on a Visa card within 30 days",
            brands: "'visa', 'Visa', 'VISA'", days: 30, declinesMax: 20, isPerAmount: true),
    ]

    /// A card that was closed as it was known then is another one with another number or date (billing.md 2.6).
    private static let isSameCard = """
        (r.cause <> 'needs_method' OR (
            COALESCE(r.card_expiry, a.card_expiry, '') = COALESCE(a.card_expiry, r.card_expiry, '')
            AND (r.fingerprint IS NULL OR a.card_key IN (r.fingerprint, a.gateway_payment_method_id))))
        """

    /// Whether it was known when `later` was written that both are of one card: a fingerprint that was learned since
    /// makes an attempt no breach of what nobody could know then.
    private static func isKnownAsOneCard(_ earlier: String, _ later: String) -> String {
        """
        (\(later).gateway_payment_method_id = \(earlier).gateway_payment_method_id
            OR (\(later).card_learned_after IS NULL AND COALESCE(\(earlier).card_learned_after, 0) < \(later).id))
        """
    }

    /// An attempt that came after so many declines of the card within the window (billing.md 2.8). What a customer did in
    /// session is counted apart by the networks.
    private static func budget(
        rule: String, sentence: String, brands: String, days: Int64, declinesMax: Int64, isPerAmount: Bool = false
    ) -> SQLCheck {
        let sameAmount = isPerAmount ? "AND b.amount_minor = a.amount_minor AND b.currency = a.currency" : ""
        return SQLCheck(
            promise: .p6, rule: rule, sentence: sentence,
            finding: """
                SELECT i.subscription_id, i.id, a.id FROM attempts a
                JOIN payment_methods m ON m.id = a.payment_method_id JOIN invoices i ON i.id = a.invoice_id
                WHERE m.brand IN (\(brands)) AND a.state <> 'never_happened' AND {since i.id}
                    AND (SELECT COUNT(*) FROM attempts b WHERE b.card_key = a.card_key AND b.gateway = a.gateway
                        AND b.state = 'declined' AND b.is_on_session = 0 AND b.written_at < a.written_at
                        AND \(isKnownAsOneCard("b", "a"))
                        AND b.written_at > a.written_at - ?1 \(sameAmount)) >= ?2
                """,
            ids: ["subscription_id", "invoice_id", "attempt_id"],
            arguments: { _ in [days * 86_400_000, declinesMax] })
    }

    /// The number of the newest attempt when the debt of invoice `i` ended: what was noted then, else the attempt that
    /// collected it; nil where neither tells.
    private static let newestAtEnd = """
        COALESCE((SELECT MIN(COALESCE(e.attempt_number, 0)) FROM activity e
            WHERE e.invoice_id = i.id AND e.kind = 'debt_ended'), (SELECT MIN(s.number) FROM attempts s
            WHERE s.invoice_id = i.id AND s.state = 'succeeded'))
        """

    /// From when on nothing may be sent again for the debt of invoice `i`. A pass dates what it decides by its own start,
    /// so that a request of another process may seem to come after an end that was written later; and each of two clocks
    /// may be off by five minutes (money.md 12).
    private static let endedAt = """
        COALESCE((SELECT MIN(e.recorded_at + CASE WHEN e.actor = 'dunlin' THEN max(?1, 600000) ELSE 600000 END)
            FROM activity e WHERE e.invoice_id = i.id AND e.kind = 'debt_ended'),
            COALESCE(i.closed_at, i.paid_at) + 600000)
        """

    private static let passLength: @Sendable (ProofOptions) -> [(any ColumnValue)?] = {
        [$0.planningGraceSeconds * 1000]
    }

    private static let endedIsEnded = [
        SQLCheck(
            promise: .p7, rule: "attempt_after_end", sentence: "an attempt was written after the debt had ended",
            counting: "SELECT COUNT(*) FROM invoices WHERE state <> 'open' AND {since id}",
            finding: """
                SELECT i.subscription_id, i.id, a.id FROM invoices i JOIN attempts a ON a.invoice_id = i.id
                WHERE {since i.id} AND i.state <> 'open' AND CASE WHEN \(newestAtEnd) IS NULL
                    THEN a.written_at > COALESCE(i.closed_at, i.paid_at) + 600000 ELSE a.number > \(newestAtEnd) END
                """,
            ids: ["subscription_id", "invoice_id", "attempt_id"]),
        SQLCheck(
            promise: .p7, rule: "open_intent_after_end",
            sentence: "a debt has ended and an intent of it can still be paid",
            counting: "SELECT COUNT(*) FROM invoices WHERE state IN ('paid', 'uncollectible', 'void') AND {since id}",
            finding: """
                SELECT i.subscription_id, i.id, t.id FROM invoices i JOIN intents t ON t.invoice_id = i.id
                WHERE {since i.id} AND i.state IN ('paid', 'uncollectible', 'void')
                    AND t.status NOT IN ('canceled', 'succeeded')
                    AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.unique_key = 'cancel-intent/' || t.id
                        AND j.state IN ('ready', 'running'))
                """,
            ids: ["subscription_id", "invoice_id", "intent_id"]),
        SQLCheck(
            promise: .p7, rule: "sent_again_after_end",
            sentence: "a confirm was sent again after the debt had ended",
            finding: """
                SELECT i.subscription_id, i.id, later.attempt_number, later.id FROM invoices i
                JOIN exchanges later ON later.invoice_id = i.id
                WHERE {since i.id} AND i.state <> 'open' AND later.method = 'POST' AND later.path LIKE '%/confirm'
                    AND later.started_at > \(endedAt)
                    AND COALESCE(later.fault, '') NOT LIKE '\(Exchange.notSent)%'
                    AND EXISTS (SELECT 1 FROM exchanges first WHERE first.invoice_id = i.id AND first.method = 'POST'
                        AND first.path LIKE '%/confirm' AND first.attempt_number = later.attempt_number
                        AND first.started_at < later.started_at)
                """,
            ids: ["subscription_id", "invoice_id", "attempt_number", "exchange_id"], arguments: passLength),
    ]
}
