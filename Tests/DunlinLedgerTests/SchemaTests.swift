import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import Testing

@Suite struct SchemaTests {
    @Test(arguments: ["open", "closing", "uncollectible", "void"])
    func aPaidInvoiceStaysPaid(state: String) async throws {
        let desk = try await Desk()
        let invoice = try await desk.write { tx in
            let invoice = try Desk.invoice(tx)
            try Invoices.pay(invoice, reason: "collected", isLate: false, collectedMinor: 1900, now: Desk.now, tx)
            return invoice
        }
        await desk.expectRefused("stays paid") { tx in
            try tx.execute(
                """
                UPDATE invoices SET state = ?2, paid_at = NULL, waits_for = ?3, closing_to = ?4 WHERE id = ?1
                """, invoice, state, state == "open" ? "scheduled" : nil, state == "closing" ? "void" : nil)
        }
    }

    @Test(arguments: [
        "amount_minor = 1", "unit_amount_minor = 1", "quantity = 2", "adjustments_minor = 5", "currency = 'USD'",
        "period_start = '2026-10-31'", "period_end = '2026-12-02'",
    ])
    func whatAnInvoiceIsForNeverChanges(change: String) async throws {
        let desk = try await Desk()
        let invoice = try await desk.write { try Desk.invoice($0) }
        await desk.expectRefused("never changes") {
            try $0.execute("UPDATE invoices SET \(change) WHERE id = ?1", invoice)
        }
    }

    @Test(arguments: [
        "amount_minor = 1", "currency = 'USD'", "gateway = 'wooshpay'", "account = 'acct_2'", "number = 2",
        "gateway_customer_id = 'cus_2'", "gateway_payment_method_id = 'pm_2'", "body_hash = 'other'",
    ])
    func whatAnAttemptWasWrittenWithNeverChanges(change: String) async throws {
        let desk = try await Desk()
        let attempt = try await desk.write { tx in
            let invoice = try Desk.invoice(tx)
            return try Desk.attempt(tx, of: invoice, intent: Desk.intent(tx, of: invoice))
        }
        await desk.expectRefused("exactly what it was written with") {
            try $0.execute("UPDATE attempts SET \(change) WHERE id = ?1", attempt)
        }
    }

    @Test func invoicesIntentsAttemptsAndActivityAreNeverDeleted() async throws {
        let desk = try await Desk()
        try await desk.write { tx in
            let invoice = try Desk.invoice(tx)
            _ = try Desk.attempt(tx, of: invoice, intent: Desk.intent(tx, of: invoice))
            try Activity.add("invoiced", invoiceID: invoice, now: Desk.now, tx)
        }
        for table in ["attempts", "intents", "invoices", "activity"] {
            await desk.expectRefused { try $0.execute("DELETE FROM \(table)") }
        }
        await desk.expectRefused("only ever added to") { try $0.execute("UPDATE activity SET reason = 'other'") }
    }

    static let overlaps: [(start: String, end: String, isRefused: Bool)] = [
        ("2026-11-01", "2026-12-01", true), ("2026-11-30", "2026-12-30", true), ("2026-10-02", "2026-11-02", true),
        ("2026-11-10", "2026-11-11", true), ("2026-01-01", "2027-01-01", true), ("2026-12-01", "2027-01-01", false),
        ("2026-10-01", "2026-11-01", false),
    ]

    @Test(arguments: overlaps, [true, false]) func noTwoRecordsOfASubscriptionOverlap(
        overlap: (start: String, end: String, isRefused: Bool), isInvoice: Bool
    ) async throws {
        for firstIsInvoice in [true, false] {
            let desk = try await Desk()
            try await desk.write { tx in
                try Self.record(tx, firstIsInvoice, from: "2026-11-01", to: "2026-12-01")
            }
            if overlap.isRefused {
                await desk.expectRefused { tx in
                    try Self.record(tx, isInvoice, from: overlap.start, to: overlap.end)
                }
            } else {
                try await desk.write { tx in try Self.record(tx, isInvoice, from: overlap.start, to: overlap.end) }
            }
        }
    }

    private static func record(_ tx: Transaction, _ isInvoice: Bool, from start: String, to end: String) throws {
        if isInvoice {
            _ = try Desk.invoice(tx, from: start, to: end)
        } else {
            try tx.execute(
                """
                INSERT INTO decisions (subscription_id, kind, reason, run_start, run_end, periods, decided_at,
                    decided_by)
                VALUES ('sub', 'waiting', 'missed', ?1, ?2, 1, 0, 'dunlin')
                """, start, end)
        }
    }

    @Test func onlyOneAttemptOfAnInvoiceIsInFlight() async throws {
        for state in [Attempt.State.sending, .processing, .unknown] {
            let desk = try await Desk()
            let ids = try await desk.write { tx in
                let invoice = try Desk.invoice(tx)
                let intent = try Desk.intent(tx, of: invoice)
                let attempt = try Desk.attempt(tx, of: invoice, intent: intent)
                try Attempts.keepInFlight(attempt, as: state, tx)
                return (invoice: invoice, intent: intent, attempt: attempt)
            }
            await desk.expectRefused { tx in
                _ = try Desk.attempt(tx, of: ids.invoice, intent: ids.intent, number: 2)
            }
            try await desk.write { tx in
                #expect(try Attempts.end(ids.attempt, as: .declined, now: Desk.now, tx))
                _ = try Desk.attempt(tx, of: ids.invoice, intent: ids.intent, number: 2)
            }
        }
    }

    @Test func anAttemptThatEndedChangesOnlyTowardsMoneyThatMoved() async throws {
        let desk = try await Desk()
        let attempt = try await desk.write { tx in
            let invoice = try Desk.invoice(tx)
            let attempt = try Desk.attempt(tx, of: invoice, intent: Desk.intent(tx, of: invoice))
            #expect(try Attempts.end(attempt, as: .declined, now: Desk.now, tx))
            #expect(try Attempts.end(attempt, as: .neverHappened, now: Desk.now, tx) == false)
            return attempt
        }
        await desk.expectRefused("towards money that moved") {
            try $0.execute("UPDATE attempts SET state = 'refused' WHERE id = ?1", attempt)
        }
        try await desk.write { tx throws in
            #expect(try Attempts.end(attempt, as: .succeeded, now: Desk.now, tx))
            #expect(try Attempts.end(attempt, as: .succeeded, now: Desk.now, tx) == false)
            #expect(try Attempts.get(attempt, tx).state == .succeeded)
        }
        await desk.expectRefused { try $0.execute("UPDATE attempts SET state = 'declined' WHERE id = ?1", attempt) }
    }

    @Test func anInvoiceHasOneOpenIntentAndTheNextComesAfterItWasCanceled() async throws {
        let desk = try await Desk()
        let (invoice, intent) = try await desk.write { tx in
            let invoice = try Desk.invoice(tx)
            return (invoice, try Desk.intent(tx, of: invoice))
        }
        await desk.expectRefused { _ = try Desk.intent($0, of: invoice, number: 2) }
        try await desk.write { tx in
            try Intents.noteCanceled(intent, tx)
            _ = try Desk.intent(tx, of: invoice, number: 2)
        }
    }

    @Test func theIdOfAnIntentIsStoredOnceAndBelongsToOne() async throws {
        let desk = try await Desk()
        let intent = try await desk.write { tx in
            let intent = try Desk.intent(tx, of: Desk.invoice(tx))
            #expect(try Intents.store(gatewayID: "pi_1", intent, tx) == "pi_1")
            #expect(try Intents.store(gatewayID: "pi_2", intent, tx) == "pi_1")
            return intent
        }
        await desk.expectRefused("stored once") {
            try $0.execute("UPDATE intents SET gateway_id = 'pi_2' WHERE id = ?1", intent)
        }
        await desk.expectRefused("stored once") {
            try $0.execute("UPDATE intents SET gateway_id = NULL WHERE id = ?1", intent)
        }
        await desk.expectRefused { tx in
            let other = try Desk.invoice(tx, from: "2026-12-01", to: "2027-01-01")
            _ = try Desk.intent(tx, of: other, gatewayID: "pi_1")
        }
    }

    @Test func anIntentThatSucceededStaysSoAndIsCountedOnce() async throws {
        let desk = try await Desk()
        let intent = try await desk.write { tx in
            let intent = try Desk.intent(tx, of: Desk.invoice(tx))
            #expect(try Intents.noteSucceeded(intent, tx))
            #expect(try Intents.noteSucceeded(intent, tx) == false)
            try Intents.noteCanceled(intent, tx)
            #expect(try Intents.get(intent, tx).hasSucceeded)
            return intent
        }
        await desk.expectRefused("stays succeeded") {
            try $0.execute("UPDATE intents SET status = 'canceled' WHERE id = ?1", intent)
        }
    }

    @Test func theDayOfFirstSightIsNotedOnce() async throws {
        let desk = try await Desk()
        try await desk.write { tx in
            try BillingStates.noteFirstSight("sub", on: "2026-11-01", now: Desk.now, tx)
            try BillingStates.noteFirstSight("sub", on: "2026-11-20", now: Desk.now.adding(days: 19), tx)
            let state = try #require(try BillingStates.find("sub", tx))
            #expect(state.firstSeenOn == "2026-11-01" && state.firstSeenAt == Desk.now)
            #expect(!state.isPlanned && state.nextBoundaryAt == nil)
        }
    }
}
