import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinImport
import DunlinLedger
import Testing

@Suite struct RepeatedImportTests {
    private var everything: [ImportTable: String] {
        ImportFixture.basis.merging([.adjustments: ImportFixture.csv(.adjustments)]) { $1 }
    }

    @Test func theSameFilesAgainChangeNothingAndFireNoTrigger() async throws {
        let fixture = try ImportFixture()
        let first = try await fixture.apply(everything)
        #expect(first.tables.values.map(\.rows) == Array(repeating: RowCounts(added: 1), count: 4))
        try await fixture.database.write { tx in try ChangedRows.clear(through: .max, tx) }
        let second = try await fixture.apply(everything)
        #expect(second.isApplied)
        #expect(second.tables.values.map(\.rows) == Array(repeating: RowCounts(unchanged: 1), count: 4))
        #expect(second.changes == [])
        #expect(try await fixture.database.read { tx in try ChangedRows.count(tx) } == 0)
    }

    @Test func aPlanSaysWhatWouldChangeInMajorUnitsAndStoresNothing() async throws {
        let fixture = try ImportFixture()
        try await fixture.apply(everything)
        let rows = [["amount_minor": "150000", "status": "paused"], ["id": "s-2", "plan": "other"]]
        let plan = try await fixture.plan([.subscriptions: ImportFixture.csv(.subscriptions, rows)])
        #expect(!plan.isApplied)
        #expect(plan.tables[.subscriptions]?.rows == RowCounts(added: 1, changed: 1))
        #expect(
            plan.changes.map(\.description) == [
                "subscriptions \"s-1\": amount_minor \"12.00 EUR\" -> \"1500.00 EUR\", status \"active\" -> \"paused\""
            ])
        #expect(plan.prices.map { $0.sum?.description } == ["1512.00 EUR"])
        #expect(try await fixture.subscription()?.amountMinor == 1200)
        #expect(try await fixture.rowCount() == 4)
    }

    @Test func aPlanAndAnImportSayTheSame() async throws {
        let (planned, applied) = (try ImportFixture(), try ImportFixture())
        let plan = try await planned.plan(everything)
        let result = try await applied.apply(everything)
        #expect(plan.tables == result.tables)
        #expect(plan.forecast == result.forecast)
        #expect(plan.prices == result.prices)
        #expect(try await planned.rowCount() == 0)
    }

    @Test func aCanceledSubscriptionStaysCanceledAndTheOthersAreStored() async throws {
        let fixture = try ImportFixture()
        try await fixture.apply(everything)
        try await fixture.apply([.subscriptions: ImportFixture.csv(.subscriptions, [["status": "canceled"]])])
        let rows = [["status": "active", "amount_minor": "1300"], ["id": "s-2", "plan": "other"]]
        let result = try await fixture.apply([.subscriptions: ImportFixture.csv(.subscriptions, rows)])
        #expect(result.isApplied)
        #expect(result.tables[.subscriptions]?.conflicts == 1)
        #expect(result.tables[.subscriptions]?.rows == RowCounts(added: 1))
        #expect(result.conflicts.listed.map { "\($0.line) \($0.column ?? "")" } == ["2 status"])
        #expect(try await fixture.subscription()?.status == .canceled)
        #expect(try await fixture.subscription()?.amountMinor == 1200)
        #expect(try await fixture.subscription("s-2") != nil)
    }

    @Test func aCanceledSubscriptionMayStillBeCorrectedWhileItStaysCanceled() async throws {
        let fixture = try ImportFixture()
        var values = ["status": "canceled"]
        try await fixture.apply(
            everything.merging([.subscriptions: ImportFixture.csv(.subscriptions, [values])]) { $1 })
        values["entity"] = "GmbH"
        let result = try await fixture.apply([.subscriptions: ImportFixture.csv(.subscriptions, [values])])
        #expect(result.tables[.subscriptions]?.rows == RowCounts(changed: 1))
        #expect(result.conflicts.isEmpty)
    }

    @Test func anImportNeitherLiftsAHoldNorRevivesWhatWasCanceledHere() async throws {
        let fixture = try ImportFixture()
        try await fixture.apply(everything)
        for (hold, state) in [(BillingState.Hold.pause, BillingState.State.paused), (.cancel, .canceled)] {
            try await fixture.hold("s-1", hold, state: state)
            let values = ["plan": "plan-\(hold.rawValue)"]
            let result = try await fixture.apply([.subscriptions: ImportFixture.csv(.subscriptions, [values])])
            #expect(result.tables[.subscriptions]?.conflicts == (hold == .cancel ? 1 : 0))
            let stored = try await fixture.database.read { tx in try BillingStates.find("s-1", tx) }
            #expect(stored?.hold == hold)
            #expect(stored?.state == state)
        }
        #expect(try await fixture.subscription()?.plan == "plan-pause")
        let same = ImportFixture.csv(.subscriptions, [["plan": "plan-pause"]])
        #expect(try await fixture.apply([.subscriptions: same]).conflicts.isEmpty)
    }

    @Test func anAdjustmentThatIsOnAnInvoiceStaysAsItIs() async throws {
        let fixture = try ImportFixture()
        try await fixture.apply(everything)
        try await fixture.putOnAnInvoice("a-1")
        let result = try await fixture.apply([.adjustments: ImportFixture.csv(.adjustments, [["amount_minor": "-900"]])]
        )
        #expect(result.isApplied)
        #expect(result.tables[.adjustments]?.conflicts == 1)
        let stored = try await fixture.database.read { tx in try Adjustments.find("a-1", tx) }
        #expect(stored?.amountMinor == -200)
        let same = try await fixture.apply(everything)
        #expect(same.tables[.adjustments]?.rows == RowCounts(unchanged: 1))
    }
}
