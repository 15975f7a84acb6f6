import DunlinCalendar
import DunlinDatabase
import DunlinLedger
import Testing

@Suite struct InvoicePayTests {
    private static func bring(_ id: Int64, to state: Invoice.State, _ tx: Transaction) throws {
        switch state {
        case .open: try Invoices.wait(id, for: .onHold, holdReason: "a person must look", tx)
        case .paid: try Invoices.pay(id, reason: "first", isLate: false, collectedMinor: 1900, now: Desk.now, tx)
        case .closing: try Invoices.beginClosing(id, to: .void, reason: "canceled", tx)
        case .uncollectible, .void:
            try Invoices.beginClosing(id, to: state, reason: "canceled", tx)
            try Invoices.finishClosing(id, now: Desk.now, tx)
        }
    }

    @Test(arguments: [Invoice.State.open, .closing, .uncollectible, .void, .paid])
    func moneyThatCameIsRecordedFromAnyState(state: Invoice.State) async throws {
        let desk = try await Desk()
        let later = Desk.now.adding(hours: 1)
        try await desk.write { tx in
            let id = try Desk.invoice(tx)
            try Self.bring(id, to: state, tx)
            #expect(try Invoices.get(id, tx).state == state)
            let isLate = state != .open
            try Invoices.pay(id, reason: "second", isLate: isLate, collectedMinor: 1900, now: later, tx)
            let paid = try Invoices.get(id, tx)
            #expect(paid.state == .paid && paid.waitsFor == nil && paid.holdReason == nil && paid.closingTo == nil)
            let wasPaid = state == .paid
            let row: (String, Bool, Int64, Instant)? = try tx.row(
                "SELECT paid_reason, is_late, collected_minor, paid_at FROM invoices WHERE id = ?1", id
            ) { (try $0.get(0), try $0.get(1), try $0.get(2), try $0.get(3)) }
            let stored = try #require(row)
            #expect(stored.0 == (wasPaid ? "first" : "second"))
            #expect(stored.1 == (isLate && !wasPaid))
            #expect(stored.2 == (wasPaid ? 3800 : 1900))
            #expect(stored.3 == (wasPaid ? Desk.now : later))
        }
    }

    @Test func aPaidInvoiceNeitherWaitsNorCloses() async throws {
        let desk = try await Desk()
        try await desk.write { tx in
            let id = try Desk.invoice(tx)
            try Self.bring(id, to: .paid, tx)
            #expect(try Invoices.wait(id, for: .retrying, tx) == false)
            #expect(try Invoices.beginClosing(id, to: .void, reason: "canceled", tx) == false)
            #expect(try Invoices.finishClosing(id, now: Desk.now, tx) == false)
        }
    }

    @Test func anInvoiceOfNothingIsPaidAtOnce() async throws {
        let desk = try await Desk()
        try await desk.write { tx in
            let invoice = try Invoices.get(Desk.invoice(tx, minor: 0), tx)
            #expect(invoice.state == .paid && invoice.waitsFor == nil && invoice.nextAttemptAt == nil)
        }
    }
}
