import DunlinCalendar
import DunlinDatabase
import Testing

@testable import DunlinReports

/// One broken promise, planted into the healthy ledger past what the schema refuses.
struct PlantedViolation: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let promise: PromiseID
    let rule: String
    let ids: [String: String]
    let plant: @Sendable (LedgerRows) throws -> Void

    init(
        _ testDescription: String, _ promise: PromiseID, _ rule: String, _ ids: [String: String],
        plant: @escaping @Sendable (LedgerRows) throws -> Void
    ) {
        self.testDescription = testDescription
        self.promise = promise
        self.rule = rule
        self.ids = ids
        self.plant = plant
    }

    static let all = periods + money + steps + attempts + cards + ends + rows

    private static let now = LedgerRows.now
    private static let november = LedgerRows.at("2026-11-01T00:01:00Z")

    private static let periods = [
        PlantedViolation(
            "two billed periods overlap", .p1, "overlapping_periods",
            ["subscription_id": "sub1", "invoice_id": "11", "other_invoice_id": "15"]
        ) { rows in
            try rows.tx.execute("DROP TRIGGER invoices_no_overlap")
            try rows.invoice(15, from: "2026-11-15", to: "2026-12-01", waitsFor: "scheduled")
            try rows.job("charge-invoice/15")
        },
        PlantedViolation(
            "a period was collected on a void and on a new invoice", .p1, "period_collected_twice",
            ["subscription_id": "sub1", "invoice_id": "10", "other_invoice_id": "15"]
        ) { rows in
            try rows.tx.execute("DROP TRIGGER invoices_no_overlap")
            try rows.invoice(15, from: "2026-09-15", to: "2026-10-01", "void", endedAt: now, collectedMinor: 1900)
        },
        PlantedViolation(
            "a period in the middle has no record", .p2, "gap", ["subscription_id": "sub1", "invoice_id": "11"]
        ) { rows in
            try rows.tx.execute("DELETE FROM decisions WHERE kind = 'waiting' AND subscription_id = 'sub1'")
        },
        PlantedViolation(
            "billed through a day that no record reaches", .p2, "billed_through", ["subscription_id": "sub1"]
        ) { rows in
            try rows.tx.execute("DROP TRIGGER invoices_stay")
            try rows.tx.execute("DELETE FROM jobs WHERE unique_key = 'charge-invoice/11'")
            try rows.tx.execute("DELETE FROM invoices WHERE id = 11")
        },
        PlantedViolation(
            "a boundary came and nothing was recorded", .p2, "boundary_without_record", ["subscription_id": "sub1"]
        ) { rows in
            try rows.tx.execute(
                "UPDATE billing_state SET next_boundary_at = ?1 WHERE subscription_id = 'sub1'", now.adding(days: -1))
        },
        PlantedViolation(
            "the next period starts on no boundary", .p2, "next_boundary", ["subscription_id": "sub1"]
        ) { rows in
            try rows.tx.execute(
                """
                UPDATE billing_state SET next_period_start = '2026-12-02', billed_through = NULL
                WHERE subscription_id = 'sub1'
                """)
        },
        PlantedViolation(
            "the next boundary is at another instant than the calendar's", .p2, "next_boundary",
            ["subscription_id": "sub1"]
        ) { rows in
            try rows.tx.execute(
                "UPDATE billing_state SET next_boundary_at = next_boundary_at + 1 WHERE subscription_id = 'sub1'")
        },
        PlantedViolation(
            "an active subscription comes to an end by mistake", .p2, "next_boundary", ["subscription_id": "sub1"]
        ) { rows in
            try rows.tx.execute(
                """
                UPDATE billing_state SET next_period_start = NULL, next_boundary_at = NULL
                WHERE subscription_id = 'sub1'
                """)
        },
        PlantedViolation("a subscription was forgotten", .p2, "never_planned", ["subscription_id": "sub99"]) { rows in
            try rows.subscription("sub99")
            try rows.tx.execute("DELETE FROM changed_rows")
        },
    ]

    private static let money = [
        PlantedViolation(
            "two intents of an invoice succeeded", .p1, "two_succeeded_intents",
            ["subscription_id": "sub1", "invoice_id": "10", "intent_id": "10", "other_intent_id": "15"]
        ) { rows in
            try rows.tx.execute("DROP INDEX intents_one_open")
            try rows.intent(15, of: 10, "succeeded", number: 2)
        },
        PlantedViolation(
            "two attempts on an invoice succeeded", .p1, "two_succeeded_attempts",
            ["subscription_id": "sub1", "invoice_id": "10", "attempt_id": "10", "other_attempt_id": "15"]
        ) { rows in
            try rows.attempt(
                15, of: 10, intent: 10, "succeeded", number: 2, writtenAt: LedgerRows.at("2026-09-01T00:00:04Z"))
        },
        PlantedViolation(
            "more was kept than was owed", .p1, "collected_too_much", ["subscription_id": "sub1", "invoice_id": "10"]
        ) { rows in try rows.tx.execute("UPDATE invoices SET collected_minor = 3800 WHERE id = 10") },
        PlantedViolation(
            "more went back than came", .p1, "refunded_too_much", ["subscription_id": "sub1", "invoice_id": "10"]
        ) { rows in try rows.tx.execute("UPDATE invoices SET refunded_minor = collected_minor + 1 WHERE id = 10") },
        PlantedViolation(
            "a refund is not counted", .p1, "refunds_not_the_sum", ["subscription_id": "sub1", "invoice_id": "10"]
        ) { rows in try rows.refund(1, of: 10, "succeeded") },
        PlantedViolation(
            "a success did not reach its invoice", .p5, "success_not_recorded",
            ["subscription_id": "sub2", "invoice_id": "21", "intent_id": "21"]
        ) { rows in try rows.tx.execute("UPDATE intents SET status = 'succeeded' WHERE id = 21") },
        PlantedViolation(
            "an attempt succeeded on an intent that says no", .p5, "success_of_attempt_lost",
            ["subscription_id": "sub2", "invoice_id": "21", "attempt_id": "21"]
        ) { rows in try rows.tx.execute("UPDATE attempts SET state = 'succeeded' WHERE id = 21") },
        PlantedViolation(
            "an invoice is paid by nothing", .p5, "paid_without_money",
            ["subscription_id": "sub9", "invoice_id": "91"]
        ) { rows in
            try rows.tx.execute("UPDATE invoices SET state = 'paid', paid_at = ?1 WHERE id = 91", now)
        },
    ]

    private static let steps = [
        PlantedViolation(
            "a scheduled invoice lost its job", .p2, "no_next_step", ["subscription_id": "sub1", "invoice_id": "11"]
        ) { rows in try rows.tx.execute("DELETE FROM jobs WHERE unique_key = 'charge-invoice/11'") },
        PlantedViolation(
            "an invoice to be asked about lost its question", .p2, "no_next_step",
            ["subscription_id": "sub5", "invoice_id": "51"]
        ) { rows in try rows.tx.execute("DELETE FROM jobs WHERE unique_key = 'ask-about-late-debts/stripe'") },
        PlantedViolation(
            "an invoice is to be asked about and charged", .p2, "two_next_steps",
            ["subscription_id": "sub5", "invoice_id": "51"]
        ) { rows in try rows.job("charge-invoice/51") },
        PlantedViolation(
            "an invoice on hold is charged", .p2, "two_next_steps", ["subscription_id": "sub7", "invoice_id": "71"]
        ) { rows in try rows.job("charge-invoice/71", runAt: now.adding(days: 3)) },
        PlantedViolation(
            "an ending debt is charged", .p2, "two_next_steps", ["subscription_id": "sub6", "invoice_id": "61"]
        ) { rows in try rows.job("charge-invoice/61", runAt: now.adding(days: 3)) },
        PlantedViolation(
            "an ending debt has nothing that ends it", .p2, "no_next_step",
            ["subscription_id": "sub6", "invoice_id": "61"]
        ) { rows in try rows.tx.execute("DELETE FROM jobs WHERE unique_key = 'cancel-intent/61'") },
        PlantedViolation(
            "an invoice waits for an attempt that is over", .p2, "no_next_step",
            ["subscription_id": "sub4", "invoice_id": "41"]
        ) { rows in
            try rows.tx.execute("UPDATE attempts SET state = 'never_happened', ended_at = ?1 WHERE id = 41", now)
        },
        PlantedViolation(
            "a declined invoice has no time of its next attempt", .p2, "no_time_of_next_attempt",
            ["subscription_id": "sub2", "invoice_id": "21"]
        ) { rows in try rows.tx.execute("UPDATE invoices SET next_attempt_at = NULL WHERE id = 21") },
    ]

    private static let attempts = [
        PlantedViolation(
            "nobody asks about an unknown attempt", .p4, "in_flight_without_settle_job",
            ["subscription_id": "sub4", "invoice_id": "41", "attempt_id": "41"]
        ) { rows in
            try rows.tx.execute("DELETE FROM jobs WHERE unique_key = 'settle-attempt/41'")
        },
        PlantedViolation(
            "an unknown attempt is asked about in two days", .p4, "asked_too_late",
            ["subscription_id": "sub4", "invoice_id": "41", "attempt_id": "41", "job_id": "1000"]
        ) { rows in
            try rows.tx.execute(
                "UPDATE jobs SET run_at = ?1, id = 1000 WHERE unique_key = 'settle-attempt/41'", now.adding(days: 2))
        },
        PlantedViolation(
            "nobody asks about an unknown refund", .p4, "refund_without_job",
            ["subscription_id": "sub1", "invoice_id": "10", "refund_id": "1"]
        ) { rows in try rows.refund(1, of: 10, "unknown") },
        PlantedViolation(
            "an attempt was written over an unknown one", .p4, "attempt_while_in_flight",
            ["subscription_id": "sub4", "invoice_id": "41", "attempt_id": "45", "earlier_attempt_id": "41"]
        ) { rows in
            try rows.attempt(
                45, of: 41, intent: 41, "declined", number: 2, writtenAt: now.adding(hours: -1), method: "pm4",
                cardKey: "card4", customer: "cus4")
        },
    ]

    private static let cards = [
        PlantedViolation(
            "a closed card was charged", .p6, "attempt_on_closed_card",
            ["subscription_id": "sub2", "invoice_id": "21", "attempt_id": "21"]
        ) { rows in
            try rows.tx.execute(
                """
                INSERT INTO retry_budget (gateway, card_key, closed_at, closed_after, reason)
                VALUES ('stripe', 'card2', ?1, 20, 'lost')
                """, november.adding(days: -1))
        },
        PlantedViolation(
            "a card was charged after a final decline on another invoice", .p6, "attempt_after_final_decline",
            ["subscription_id": "sub2", "invoice_id": "21", "attempt_id": "35", "declined_attempt_id": "31"]
        ) { rows in
            try rows.attempt(
                35, of: 21, intent: 21, "declined", number: 2, writtenAt: november.adding(days: 3),
                declineClass: "funds", method: "pm2", cardKey: "card3", customer: "cus2")
        },
        budget("an eleventh time within a day on a Mastercard", "mastercard_ten_a_day", "mastercard", 11, spacing: 1),
        budget("a 36th time within 30 days on a Mastercard", "mastercard_35_in_30_days", "mastercard", 36, spacing: 15),
        budget("a 21st time within 30 days on a Visa card", "visa_20_in_30_days", "visa", 21, spacing: 30),
    ]

    /// So many declined attempts on one card, `spacing` hours apart; the last one is too many.
    private static func budget(
        _ description: String, _ rule: String, _ brand: String, _ count: Int64, spacing: Int64
    ) -> PlantedViolation {
        PlantedViolation(
            description, .p6, rule,
            ["subscription_id": "sub2", "invoice_id": "21", "attempt_id": String(1000 + count)]
        ) { rows in
            try rows.method("pmX", of: "cus2", brand: brand, isBackup: true)
            for number in 1...count {
                try rows.attempt(
                    1000 + number, of: 21, intent: 21, "declined", number: Int(number) + 1,
                    writtenAt: november.adding(hours: number * spacing), declineClass: "funds", method: "pmX",
                    cardKey: "cardX", customer: "cus2")
            }
        }
    }

    private static let ends = [
        PlantedViolation(
            "an attempt came after the debt had ended", .p7, "attempt_after_end",
            ["subscription_id": "sub6", "invoice_id": "61", "attempt_id": "65"]
        ) { rows in
            try rows.attempt(
                65, of: 61, intent: 61, "declined", number: 2, writtenAt: now.adding(hours: 1), method: "pm6",
                cardKey: "card6", customer: "cus6")
        },
        PlantedViolation(
            "a debt has ended and its intent is open", .p7, "open_intent_after_end",
            ["subscription_id": "sub9", "invoice_id": "91", "intent_id": "91"]
        ) { rows in try rows.tx.execute("UPDATE intents SET status = 'requires_payment_method' WHERE id = 91") },
        PlantedViolation(
            "a confirm was sent again after the end", .p7, "sent_again_after_end",
            ["subscription_id": "sub9", "invoice_id": "91", "attempt_number": "1", "exchange_id": "2"]
        ) { rows in
            try rows.exchange("/v1/payment_intents/pi_91/confirm", invoice: 91, attempt: 1, at: november)
            try rows.exchange(
                "/v1/payment_intents/pi_91/confirm", invoice: 91, attempt: 1, at: now.adding(hours: 1))
        },
    ]

    private static let rows = [
        PlantedViolation("parked for no reason", .p10, "parked_without_reason", ["subscription_id": "sub1"]) { rows in
            try rows.tx.execute(
                "UPDATE billing_state SET state = 'parked', parked_reason = '' WHERE subscription_id = 'sub1'")
        },
        PlantedViolation(
            "an invoice does not add up", .p10, "amount_not_the_sum", ["subscription_id": "sub1", "invoice_id": "11"]
        ) { rows in
            try rows.tx.execute("DROP TRIGGER invoices_frozen")
            try rows.tx.execute("UPDATE invoices SET adjustments_minor = -100 WHERE id = 11")
        },
        PlantedViolation(
            "an intent asks for another amount", .p10, "intent_for_another_amount",
            ["subscription_id": "sub9", "invoice_id": "91", "intent_id": "95"]
        ) { rows in try rows.intent(95, of: 91, "canceled", number: 2, amountMinor: 1901, customer: "cus9") },
        PlantedViolation(
            "an attempt asks for another amount", .p10, "attempt_for_another_amount",
            ["subscription_id": "sub2", "invoice_id": "21", "attempt_id": "25"]
        ) { rows in
            try rows.attempt(
                25, of: 21, intent: 21, "declined", number: 2, writtenAt: november.adding(days: 3),
                declineClass: "funds", method: "pm2", cardKey: "card2", amountMinor: 1899, customer: "cus2")
        },
    ]
}
