import DunlinCalendar

/// A ledger in which every promise holds, with an invoice in each state and each kind of next step.
///
/// `sub1` to `sub9` are monthly from 2026-08-01: skipped, paid, waiting, and the newest period (November) in the state
/// that gives its name below.
enum HealthyLedger {
    static let now = LedgerRows.now

    static func write(_ rows: LedgerRows) throws {
        try rows.gateway()
        for number in 1...9 {
            let subscription = "sub\(number)"
            let customer = "cus\(number)"
            try rows.customer(customer)
            try rows.method("pm\(number)", of: customer)
            try rows.subscription(subscription, of: customer, method: "pm\(number)")
            try rows.state(subscription)
            try history(Int64(number), subscription, customer, rows)
        }
        try November(rows: rows).write()
    }

    /// August skipped, September paid, October waits for a decision.
    private static func history(_ number: Int64, _ subscription: String, _ customer: String, _ rows: LedgerRows) throws
    {
        let invoice = number * 10
        let paidAt = LedgerRows.at("2026-09-01T00:00:05Z")
        try rows.decision("skipped", "before_first_sight", from: "2026-08-01", to: "2026-09-01", of: subscription)
        try rows.invoice(
            invoice, of: subscription, customer: customer, from: "2026-09-01", to: "2026-10-01", "paid",
            endedAt: paidAt, paidReason: "collected", collectedMinor: 1900)
        try rows.intent(invoice, of: invoice, "succeeded", customer: customer)
        try rows.attempt(
            invoice, of: invoice, intent: invoice, "succeeded", writtenAt: LedgerRows.at("2026-09-01T00:00:02Z"),
            method: "pm\(number)", cardKey: "card\(number)", customer: customer)
        try rows.decision("waiting", "missed", from: "2026-10-01", to: "2026-11-01", of: subscription)
    }

    /// The newest period of each subscription.
    private struct November {
        let rows: LedgerRows
        private let tried = LedgerRows.at("2026-11-01T00:01:00Z")
        private let later = LedgerRows.at("2026-11-24T00:01:00Z")

        init(rows: LedgerRows) { self.rows = rows }

        func write() throws {
            try invoice(1, waitsFor: "scheduled")
            try rows.job("charge-invoice/11")
            try invoice(2, waitsFor: "retrying", nextAttemptAt: later)
            try declined(2, "insufficient_funds", "funds", intent: "requires_payment_method")
            try rows.job("charge-invoice/21", runAt: later)
            try invoice(3, waitsFor: "needs_method")
            try declined(3, "expired_card", "needs_method", intent: "requires_payment_method")
            try invoice(4, waitsFor: "unknown")
            try inFlight(4, "unknown")
            try invoice(5, waitsFor: "scheduled", asksFirst: true)
            try rows.job("ask-about-late-debts/stripe")
            try closing(6)
            try invoice(7, waitsFor: "on_hold", holdReason: "the subscription is paused")
            try invoice(8, waitsFor: "scheduled")
            try rows.job("charge-invoice/81", "dead")
            try givenUp(9)
        }

        private func invoice(
            _ number: Int64, _ state: String = "open", waitsFor: String? = nil, holdReason: String? = nil,
            closingTo: String? = nil, asksFirst: Bool = false, nextAttemptAt: Instant? = nil, endedAt: Instant? = nil
        ) throws {
            try rows.invoice(
                number * 10 + 1, of: "sub\(number)", customer: "cus\(number)", from: "2026-11-01", to: "2026-12-01",
                state, waitsFor: waitsFor, holdReason: holdReason, closingTo: closingTo, asksFirst: asksFirst,
                nextAttemptAt: nextAttemptAt, endedAt: endedAt)
        }

        private func declined(_ number: Int64, _ code: String, _ declineClass: String, intent: String) throws {
            let id = number * 10 + 1
            try rows.intent(id, of: id, intent, customer: "cus\(number)")
            try rows.attempt(
                id, of: id, intent: id, "declined", writtenAt: tried, declineCode: code, declineClass: declineClass,
                method: "pm\(number)", cardKey: "card\(number)", customer: "cus\(number)")
        }

        private func inFlight(_ number: Int64, _ state: String) throws {
            let id = number * 10 + 1
            try rows.intent(id, of: id, "created", customer: "cus\(number)")
            try rows.attempt(
                id, of: id, intent: id, state, writtenAt: HealthyLedger.now.adding(hours: -2), method: "pm\(number)",
                cardKey: "card\(number)", customer: "cus\(number)")
            try rows.job("settle-attempt/\(id)", runAt: HealthyLedger.now.adding(minutes: 10))
        }

        private func closing(_ number: Int64) throws {
            try invoice(number, "closing", closingTo: "void")
            try declined(number, "insufficient_funds", "funds", intent: "requires_payment_method")
            try rows.activity("debt_ended", invoice: number * 10 + 1, attempt: 1, at: HealthyLedger.now)
            try rows.job("cancel-intent/\(number * 10 + 1)")
        }

        private func givenUp(_ number: Int64) throws {
            try invoice(number, "uncollectible", endedAt: HealthyLedger.now)
            try declined(number, "insufficient_funds", "funds", intent: "canceled")
        }
    }
}
