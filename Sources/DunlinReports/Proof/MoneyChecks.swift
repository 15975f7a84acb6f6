/// P1, P5 and P10: money is collected once, what is settled stays, and no row contradicts another.
enum MoneyChecks {
    static let all = collectedOnce + settledStays + nothingHalfWritten

    private static let collectedOnce = [
        SQLCheck(
            promise: .p1, rule: "two_succeeded_intents", sentence: "more than one intent of an invoice succeeded",
            counting: "SELECT COUNT(*) FROM intents WHERE {since invoice_id}",
            finding: """
                SELECT i.subscription_id, i.id, MIN(t.id), MAX(t.id) FROM intents t JOIN invoices i ON i.id = t.invoice_id
                WHERE t.status = 'succeeded' AND {since i.id} GROUP BY i.id, i.subscription_id HAVING COUNT(*) > 1
                """,
            ids: ["subscription_id", "invoice_id", "intent_id", "other_intent_id"]),
        SQLCheck(
            promise: .p1, rule: "two_succeeded_attempts", sentence: "more than one attempt on an invoice succeeded",
            counting: "SELECT COUNT(*) FROM attempts WHERE {since invoice_id}",
            finding: """
                SELECT i.subscription_id, i.id, MIN(a.id), MAX(a.id) FROM attempts a JOIN invoices i ON i.id = a.invoice_id
                WHERE a.state = 'succeeded' AND {since i.id} GROUP BY i.id, i.subscription_id HAVING COUNT(*) > 1
                """,
            ids: ["subscription_id", "invoice_id", "attempt_id", "other_attempt_id"]),
        SQLCheck(
            promise: .p1, rule: "collected_too_much", sentence: "more was kept than the invoice is for",
            finding: """
                SELECT subscription_id, id FROM invoices
                WHERE {since id} AND collected_minor - refunded_minor > amount_minor
                """,
            ids: ["subscription_id", "invoice_id"]),
        SQLCheck(
            promise: .p1, rule: "refunded_too_much", sentence: "more went back than was collected",
            finding: """
                SELECT subscription_id, id FROM invoices WHERE {since id} AND refunded_minor > collected_minor
                """,
            ids: ["subscription_id", "invoice_id"]),
        SQLCheck(
            promise: .p1, rule: "refunds_not_the_sum",
            sentence: "what an invoice counts as refunded is not the sum of its refunds",
            counting: "SELECT COUNT(*) FROM refunds",
            finding: """
                SELECT i.subscription_id, i.id FROM invoices i
                JOIN (SELECT t.invoice_id AS invoice_id, SUM(IIF(r.state = 'succeeded', r.amount_minor, 0)) AS gone
                    FROM refunds r JOIN intents t ON t.id = r.intent_id GROUP BY t.invoice_id) s ON s.invoice_id = i.id
                WHERE i.refunded_minor <> s.gone AND {since i.id}
                """,
            ids: ["subscription_id", "invoice_id"]),
    ]

    private static let settledStays = [
        SQLCheck(
            promise: .p5, rule: "success_not_recorded",
            sentence: "an intent succeeded, but its invoice is neither paid nor counts the money",
            counting: "SELECT COUNT(*) FROM intents WHERE status = 'succeeded' AND {since invoice_id}",
            finding: """
                SELECT i.subscription_id, i.id, t.id FROM intents t JOIN invoices i ON i.id = t.invoice_id
                WHERE {since i.id} AND t.status = 'succeeded' AND (i.state <> 'paid' OR i.collected_minor < t.amount_minor)
                """,
            ids: ["subscription_id", "invoice_id", "intent_id"]),
        SQLCheck(
            promise: .p5, rule: "success_of_attempt_lost",
            sentence: "an attempt succeeded, but its intent does not say so",
            counting: "SELECT COUNT(*) FROM attempts WHERE ended_at IS NOT NULL AND {since invoice_id}",
            finding: """
                SELECT i.subscription_id, i.id, a.id FROM attempts a JOIN invoices i ON i.id = a.invoice_id
                JOIN intents t ON t.id = a.intent_id
                WHERE {since i.id} AND a.state = 'succeeded' AND t.status <> 'succeeded'
                """,
            ids: ["subscription_id", "invoice_id", "attempt_id"]),
        SQLCheck(
            promise: .p5, rule: "paid_without_money",
            sentence: "an invoice is paid without an intent that succeeded and without a reason",
            counting: "SELECT COUNT(*) FROM invoices WHERE state = 'paid' AND {since id}",
            finding: """
                SELECT i.subscription_id, i.id FROM invoices i
                WHERE {since i.id} AND i.state = 'paid' AND i.amount_minor > 0 AND (i.paid_reason IS NULL OR i.paid_reason = '')
                    AND NOT EXISTS (SELECT 1 FROM intents t WHERE t.invoice_id = i.id AND t.status = 'succeeded')
                """,
            ids: ["subscription_id", "invoice_id"]),
    ]

    private static let nothingHalfWritten = [
        SQLCheck(
            promise: .p10, rule: "parked_without_reason", sentence: "a subscription is parked without a reason",
            counting: "SELECT COUNT(*) FROM billing_state WHERE state = 'parked'",
            finding: """
                SELECT subscription_id FROM billing_state
                WHERE state = 'parked' AND (parked_reason IS NULL OR parked_reason = '')
                """,
            ids: ["subscription_id"]),
        SQLCheck(
            promise: .p10, rule: "amount_not_the_sum",
            sentence: "an invoice's amount is not its price times quantity plus adjustments",
            counting: "SELECT COUNT(*) FROM invoices WHERE {since id}",
            finding: """
                SELECT subscription_id, id FROM invoices
                WHERE {since id} AND amount_minor <> unit_amount_minor * quantity + adjustments_minor
                """,
            ids: ["subscription_id", "invoice_id"]),
        SQLCheck(
            promise: .p10, rule: "intent_for_another_amount",
            sentence: "an intent asks for another amount or currency than its invoice",
            counting: "SELECT COUNT(*) FROM intents WHERE {since invoice_id}",
            finding: """
                SELECT i.subscription_id, i.id, t.id FROM intents t JOIN invoices i ON i.id = t.invoice_id
                WHERE {since i.id} AND (t.amount_minor <> i.amount_minor OR t.currency <> i.currency)
                """,
            ids: ["subscription_id", "invoice_id", "intent_id"]),
        SQLCheck(
            promise: .p10, rule: "attempt_for_another_amount",
            sentence: "an attempt asks for another amount, currency, gateway or customer than its intent",
            counting: "SELECT COUNT(*) FROM attempts WHERE {since invoice_id}",
            finding: """
                SELECT i.subscription_id, i.id, a.id FROM attempts a JOIN invoices i ON i.id = a.invoice_id
                JOIN intents t ON t.id = a.intent_id
                WHERE {since i.id} AND (a.amount_minor <> t.amount_minor OR a.currency <> t.currency
                    OR a.gateway <> t.gateway OR a.gateway_customer_id <> t.gateway_customer_id
                    OR a.invoice_id <> t.invoice_id)
                """,
            ids: ["subscription_id", "invoice_id", "attempt_id"]),
    ]
}
