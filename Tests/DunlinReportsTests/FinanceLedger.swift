import DunlinCalendar
import DunlinDatabase

/// Debts of every kind that the dunning list must show, with texts that a spreadsheet or a terminal could trip over.
enum FinanceLedger {
    static func write(_ rows: LedgerRows) throws {
        try owners(rows)
        try euros(rows)
        try others(rows)
        try notOnTheList(rows)
    }

    private static func owners(_ rows: LedgerRows) throws {
        try rows.customer("cus1", name: "Zoë \"Z\" Weiß, GmbH")
        try rows.customer("cus2", name: "=HYPERLINK(\"http://x\")", email: "+1@example.com")
        try rows.customer("cus3", name: nil, email: nil)
        for number in 1...3 {
            try rows.method("pm\(number)", of: "cus\(number)", brand: number == 2 ? "mastercard" : "visa")
        }
        try rows.method("pm1b", of: "cus1", isBackup: true)
        try rows.subscription("sub1", of: "cus1", method: "pm1")
        try rows.subscription(
            "sub2", of: "cus2", method: "pm2", amountMinor: 1200, currency: "JPY", interval: "year")
        try rows.subscription("sub3", of: "cus3", method: nil, amountMinor: 1234, currency: "KWD", status: "canceled")
        try rows.subscription("sub4", of: "cus1", method: "pm1", amountMinor: 4950, interval: "week")
    }

    private static func euros(_ rows: LedgerRows) throws {
        try rows.invoice(
            11, from: "2026-11-01", to: "2026-12-01", waitsFor: "retrying",
            nextAttemptAt: LedgerRows.at("2026-11-23T23:30:00Z"))
        try rows.intent(11, of: 11, "requires_payment_method")
        try rows.attempt(
            1, of: 11, intent: 11, "declined", writtenAt: LedgerRows.at("2026-11-01T00:01:00Z"),
            declineCode: "generic_decline", declineClass: "issuer_soft")
        try rows.attempt(
            2, of: 11, intent: 11, "declined", number: 2, writtenAt: LedgerRows.at("2026-11-04T00:01:00Z"),
            declineCode: "insufficient_funds", declineClass: "funds")
        try rows.invoice(
            12, of: "sub4", from: "2026-11-08", to: "2026-11-15", waitsFor: "unknown", amountMinor: 4950)
        try rows.intent(12, of: 12, "created", amountMinor: 4950)
        try rows.attempt(
            3, of: 12, intent: 12, "unknown", writtenAt: LedgerRows.at("2026-11-21T11:00:00Z"), amountMinor: 4950)
        try rows.job("settle-attempt/3", runAt: LedgerRows.at("2026-11-21T13:00:00Z"))
        try rows.invoice(
            13, of: "sub4", from: "2026-11-15", to: "2026-11-21", waitsFor: "on_hold", amountMinor: 4950,
            holdReason: "the customer disputes the price", note: "-2+3 calls\nno answer")
        try rows.invoice(14, of: "sub4", from: "2026-11-21", to: "2026-11-28", waitsFor: "scheduled", amountMinor: 4950)
    }

    private static func others(_ rows: LedgerRows) throws {
        try rows.invoice(
            21, of: "sub2", customer: "cus2", from: "2026-08-20", to: "2027-08-20", waitsFor: "needs_method",
            amountMinor: 1200, currency: "JPY")
        try rows.intent(21, of: 21, "requires_payment_method", amountMinor: 1200, currency: "JPY", customer: "cus2")
        try rows.attempt(
            4, of: 21, intent: 21, "declined", writtenAt: LedgerRows.at("2026-08-20T00:01:00Z"),
            declineCode: "lost_card", declineClass: "never", method: "pm2", cardKey: "card2", amountMinor: 1200,
            currency: "JPY", customer: "cus2")
        try rows.invoice(
            31, of: "sub3", customer: "cus3", from: "2026-06-01", to: "2026-07-01", "uncollectible",
            amountMinor: 1234, currency: "KWD", endedAt: LedgerRows.at("2026-06-26T00:00:00Z"))
        try rows.invoice(
            32, of: "sub3", customer: "cus3", from: "2026-07-01", to: "2026-08-01", "closing", amountMinor: 1234,
            currency: "KWD", closingTo: "void")
    }

    /// Paid, never owed, and not due yet.
    private static func notOnTheList(_ rows: LedgerRows) throws {
        try rows.invoice(
            10, from: "2026-10-01", to: "2026-11-01", "paid", endedAt: LedgerRows.at("2026-10-01T00:01:00Z"),
            paidReason: "collected", collectedMinor: 1900)
        try rows.invoice(
            22, of: "sub2", customer: "cus2", from: "2025-08-20", to: "2026-08-20", "void", amountMinor: 1200,
            currency: "JPY", endedAt: LedgerRows.now)
        try rows.invoice(15, of: "sub4", from: "2026-11-28", to: "2026-12-05", waitsFor: "scheduled", amountMinor: 4950)
    }
}
