import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinImport
import DunlinLedger
import DunlinTesting
import Foundation
import Testing

/// The owner's own tables are read, never written, and taken over row by row.
@Suite struct SourceTests {
    private let fixture: ImportFixture
    private let owner: BareConnection
    private var path: String { fixture.folder.file("shop.db") }

    init() throws {
        fixture = try ImportFixture()
        _ = try fixture.save("shop.db", "")
        owner = try BareConnection(path: fixture.folder.file("shop.db"))
        try owner.execute(
            """
            CREATE TABLE users (no INTEGER PRIMARY KEY, mail TEXT, stripe TEXT);
            CREATE TABLE cards (no INTEGER PRIMARY KEY, user INTEGER, token TEXT);
            CREATE TABLE abos (no, user INTEGER, card INTEGER, cents, state TEXT);
            CREATE TABLE credits (no INTEGER PRIMARY KEY, abo INTEGER, cents INTEGER);
            """)
        for number in 1...3 { try add(number) }
    }

    private func add(_ number: Int) throws {
        try owner.execute(
            """
            INSERT INTO users VALUES (\(number), 'u\(number)@example.com', 'cus_\(number)');
            INSERT INTO cards VALUES (\(number), \(number), 'pm_\(number)');
            INSERT INTO abos VALUES (\(number), \(number), \(number), 1200, 'active');
            """)
    }

    private static let subscriptions = """
        SELECT no AS id, user AS customer_id, card AS payment_method_id, 'pro' AS plan, cents AS amount_minor,
            'EUR' AS currency, 1 AS quantity, 'month' AS interval, 1 AS interval_count, '2026-01-31' AS anchor,
            'Europe/Berlin' AS time_zone, 0 AS cancel_at_period_end, state AS status
        FROM abos ORDER BY no;
        """

    private func source(
        _ change: (inout [ImportTable: String]) -> Void = { _ in }, vanished: OwnerSource.Vanished = .pause
    ) -> OwnerSource {
        var queries: [ImportTable: String] = [
            .customers: """
            SELECT no AS id, 'stripe' AS gateway, stripe AS gateway_customer_id, mail AS email, NULL AS name,
                'DE' AS country, NULL AS time_zone FROM users
            """,
            .paymentMethods: """
            SELECT no AS id, user AS customer_id, token AS gateway_payment_method_id, 'card' AS type,
                'visa' AS brand, '4242' AS last4, 12 AS exp_month, 2034 AS exp_year, 1 AS is_default,
                0 AS is_backup FROM cards
            """,
            .subscriptions: Self.subscriptions,
        ]
        change(&queries)
        return OwnerSource(path: path, queries: queries, vanished: vanished)
    }

    @discardableResult
    private func read(
        _ source: OwnerSource? = nil, _ change: (inout SourceImporter.Options) -> Void = { _ in }
    ) async throws -> SourceResult {
        var options = SourceImporter.Options()
        change(&options)
        let importer = SourceImporter(
            database: fixture.database, source: source ?? self.source(), gateways: fixture.importerGateways)
        return try await importer.run(options, now: fixture.now)
    }

    /// What refuses the reading, in one line; nothing of it may be stored then.
    private func refusal(_ source: OwnerSource? = nil) async throws -> String {
        let before = try await fixture.rowCount()
        do {
            try await read(source)
        } catch let error as SourceError {
            #expect(try await fixture.rowCount() == before)
            #expect(!error.description.contains("\n"))
            return "\(error.code.rawValue) \(error)"
        }
        return "nothing"
    }

    private func changes() async throws -> Int { try await fixture.database.read { tx in try ChangedRows.count(tx) } }

    // MARK: - What is taken over

    @Test func newRowsAreTakenOverAndTheSameRowsAgainChangeNothing() async throws {
        let first = try await read()
        #expect(ImportTable.allCases.compactMap { first.tables[$0]?.rows.added } == [3, 3, 3])
        let subscription = try #require(try await fixture.subscription("2"))
        #expect(subscription.customerID == "2" && subscription.amountMinor == 1200 && subscription.status == .active)
        let changed = try await changes()
        let again = try await read()
        #expect(ImportTable.allCases.compactMap { again.tables[$0]?.rows.unchanged } == [3, 3, 3])
        #expect(try await changes() == changed)
    }

    @Test func aChangedRowAloneIsChanged() async throws {
        try await read()
        try owner.execute("UPDATE abos SET cents = 1500 WHERE no = 2")
        let result = try await read()
        #expect(result.tables[.subscriptions]?.rows.changed == 1)
        #expect(result.changes.map(\.description) == [#"subscriptions "2": amount_minor "12.00 EUR" -> "15.00 EUR""#])
        #expect(try await fixture.subscription("2")?.amountMinor == 1500)
    }

    @Test(arguments: ["DELETE", "WAL"])
    func theOwnersFileKeepsItsBytesAndItsTime(journal: String) async throws {
        try owner.execute("PRAGMA journal_mode = \(journal)")
        func state() throws -> (Data, Date?) {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            return (try Data(contentsOf: URL(filePath: path)), attributes[.modificationDate] as? Date)
        }
        let before = try state()
        try await read()
        try await read()
        _ = try SourceMapping.all(of: source(), gatewayNames: ["stripe"])
        let after = try state()
        #expect(before.0 == after.0)
        #expect(before.1 == after.1)
    }

    @Test func aDryRunSaysWhatWouldBeDoneAndStoresNothing() async throws {
        let result = try await read { $0.keepsRows = false }
        #expect(result.tables[.subscriptions]?.rows.added == 3)
        #expect(!result.isApplied)
        #expect(try await fixture.rowCount() == 0)
    }

    @Test func inACallersTransactionItIsTakenBackWithIt() async throws {
        struct TakenBack: Error {}
        let importer = SourceImporter(
            database: fixture.database, source: source(), gateways: fixture.importerGateways)
        let now = fixture.now
        await #expect(throws: TakenBack.self) {
            try await fixture.database.write { tx in
                let result = try importer.run(.init(), now: now, in: tx)
                #expect(result.tables[.subscriptions]?.rows.added == 3)
                #expect(try Subscriptions.exists("1", tx))
                throw TakenBack()
            }
        }
        #expect(try await fixture.rowCount() == 0)
    }

    @Test func theDayOfTheReadingIsThatOfFirstSight() async throws {
        try await read()
        let state = try await fixture.database.read { tx in try BillingStates.find("1", tx) }
        #expect(state?.firstSeenOn == "2026-03-10")
    }

    @Test func anAdjustmentThatIsWithdrawnBeforeAnInvoiceTookItIsGone() async throws {
        let source = source {
            $0[.adjustments] =
                "SELECT no AS id, abo AS subscription_id, cents AS amount_minor, 'EUR' AS currency, 'x' AS reason FROM credits"
        }
        try owner.execute("INSERT INTO credits VALUES (1, 1, -100), (2, 1, -200)")
        try await read(source)
        try await fixture.database.write { tx in
            try tx.execute(
                """
                INSERT INTO invoices (subscription_id, customer_id, period_start, period_end, due_at, invoiced_at, plan,
                    gateway, unit_amount_minor, quantity, adjustments_minor, amount_minor, currency, state, waits_for)
                VALUES ('1', '1', '2026-01-01', '2026-02-01', 0, 0, 'p', 'stripe', 1200, 1, -200, 1000, 'EUR', 'open',
                    'scheduled')
                """)
            let adjustment = try #require(try Adjustments.find("2", tx))
            try CarriedAmounts.apply(adjustment, to: tx.lastInsertedID, tx)
        }
        try owner.execute("DELETE FROM credits")
        try await read(source)
        let left = try await fixture.database.read { tx in try Adjustments.page(after: nil, limit: 9, tx).map(\.id) }
        #expect(left == ["2"])
    }

    // MARK: - Bad rows

    @Test func aBadRowIsSetAsideAndTheOthersAreTakenOver() async throws {
        try await read()
        try owner.execute("UPDATE abos SET cents = -5 WHERE no = 2; UPDATE abos SET cents = 1700 WHERE no = 3")
        let result = try await read()
        #expect(result.tables[.subscriptions]?.bad == 1)
        #expect(result.newProblems == 1)
        #expect(try await fixture.subscription("2")?.amountMinor == 1200)
        #expect(try await fixture.subscription("3")?.amountMinor == 1700)
        let row = try await fixture.database.read { tx in try PlanningRows.find("2", tx) }
        #expect(row?.sourceProblem == "source.subscriptions: amount_minor must be at least 1, not -5")
        #expect(try await read().newProblems == 0)
        try owner.execute("UPDATE abos SET cents = 1200 WHERE no = 2")
        #expect(try await read().problems.isEmpty)
        let mended = try await fixture.database.read { tx in try PlanningRows.find("2", tx) }
        #expect(mended?.sourceProblem == nil)
    }

    @Test func aBadCardParksTheSubscriptionThatNamesIt() async throws {
        try await read()
        try owner.execute("UPDATE cards SET token = 'not an id' WHERE no = 1")
        try await read()
        let row = try await fixture.database.read { tx in try PlanningRows.find("1", tx) }
        #expect(row?.sourceProblem?.hasPrefix("source.payment_methods: gateway_payment_method_id") == true)
    }

    @Test func aRowThatIsBadInEveryOtherColumnStillCancels() async throws {
        try await read()
        try owner.execute("UPDATE abos SET state = 'canceled', cents = 0, user = NULL WHERE no = 1")
        try await read()
        #expect(try await fixture.subscription("1")?.status == .canceled)
    }

    @Test func whatIsCanceledHereStaysSo() async throws {
        try owner.execute("UPDATE abos SET state = 'canceled' WHERE no = 1")
        try await read()
        try owner.execute("UPDATE abos SET state = 'active' WHERE no = 1")
        let result = try await read()
        #expect(result.conflicts.count == 1)
        #expect(try await fixture.subscription("1")?.status == .canceled)
        #expect(try await read().conflicts.isEmpty)
    }

    // MARK: - Vanished rows

    @Test(arguments: [
        (OwnerSource.Vanished.cancel, Subscription.Status.canceled), (.pause, .paused), (.keep, .active),
    ])
    func aVanishedSubscriptionIsHandledByPolicy(
        policy: OwnerSource.Vanished, status: Subscription.Status
    ) async throws {
        try await read(source(vanished: policy))
        try owner.execute("DELETE FROM abos WHERE no = 3")
        let result = try await read(source(vanished: policy))
        #expect(result.vanishedSubscriptions == ["3"])
        #expect(try await fixture.subscription("3")?.status == status)
        #expect(try await read(source(vanished: policy)).vanishedSubscriptions.isEmpty)
        try owner.execute("INSERT INTO abos VALUES (3, 3, 3, 1200, 'active')")
        try await read(source(vanished: policy))
        #expect(try await fixture.subscription("3")?.status == (policy == .cancel ? .canceled : .active))
    }

    @Test func tooManyVanishedAtOnceAreTakenForAMistake() async throws {
        for number in 4...500 { try add(number) }
        try await read()
        try owner.execute("DELETE FROM abos WHERE no <= 21; UPDATE abos SET cents = 1 WHERE no = 500")
        let refusal = try await refusal()
        #expect(refusal.hasPrefix("rows source.subscriptions: 21 of 500 rows have vanished at once"))
        #expect(try await fixture.subscription("500")?.amountMinor == 1200)
        await #expect(throws: SourceError.self) { try await read { $0.vanishedMax = 20 } }
        #expect(try await read { $0.vanishedMax = 21 }.vanishedSubscriptions.count == 21)
    }

    @Test func ofAFewRowsOneMayVanishAndTwoMayNot() async throws {
        try await read()
        try owner.execute("DELETE FROM abos WHERE no = 1")
        #expect(try await refusal() == "nothing")
        try owner.execute("DELETE FROM abos")
        #expect(try await refusal().contains("2 of 2 rows have vanished"))
    }

    @Test func aVanishedCardIsNoLongerTheDefault() async throws {
        try await read()
        try owner.execute("DELETE FROM cards WHERE no = 2")
        try await read()
        let method = try await fixture.database.read { tx in try PaymentMethods.find("2", tx) }
        #expect(method?.isDefault == false)
    }

    // MARK: - Queries that are wrong

    @Test(arguments: [
        ("SELECT price FROM abos", "query source.subscriptions: no such column: price"),
        ("SELECT no AS number FROM abos", "query source.subscriptions: subscriptions has no column \"number\""),
        ("SELECT 'x' AS plan FROM abos", "query source.subscriptions: the query gives no column id"),
        ("DELETE FROM abos", "query source.subscriptions: it is no SELECT"),
        ("SELECT 1 AS id; DELETE FROM abos", "query source.subscriptions: "),
        ("", "query source.subscriptions: "),
    ])
    func aQueryThatIsWrongIsSaidInOneLine(sql: String, expected: String) async throws {
        let refusal = try await refusal(source { $0[.subscriptions] = sql })
        #expect(refusal.hasPrefix(expected), "\(refusal)")
    }

    @Test func aRepeatedIDIsAMistakeOfTheQuery() async throws {
        let twice = "JOIN (SELECT 1 UNION SELECT 2)"
        let source = source { $0[.subscriptions] = Self.subscriptions.replacing("ORDER BY no", with: twice) }
        #expect(try await refusal(source).hasPrefix(#"rows source.subscriptions: id "1" is there more than once"#))
    }

    @Test func aRowWithoutAnIDIsAMistakeOfTheQuery() async throws {
        try owner.execute("INSERT INTO abos VALUES (NULL, 1, 1, 1200, 'active')")
        #expect(try await refusal().hasPrefix("rows source.subscriptions: row 1 has no id"))
    }

    @Test func aColumnThatHoldsSomethingElseThanBeforeIsTakenForAMistake() async throws {
        try await read()
        try owner.execute("UPDATE abos SET cents = 12.5")
        #expect(
            try await refusal().hasPrefix("rows source.subscriptions: column amount_minor was INTEGER and is REAL now"))
        let result = try await read { $0.acceptsTypes = true }
        #expect(result.tables[.subscriptions]?.bad == 3)
    }

    @Test func aFileThatIsNotThereOrNoDatabaseIsSaidInOneLine() async throws {
        var missing = source()
        missing.path = fixture.folder.file("nothing.db")
        #expect(try await refusal(missing).hasPrefix("query source.path: there is no file"))
        missing.path = try fixture.save("text.db", String(repeating: "no database at all ", count: 100))
        #expect(try await refusal(missing).hasSuffix("is no SQLite file"))
    }

    @Test func theMappingShowsWhatTheFirstRowsOfEachQueryHold() throws {
        let mappings = try SourceMapping.all(of: source(), gatewayNames: ["stripe"])
        #expect(mappings.map(\.table) == [.customers, .paymentMethods, .subscriptions])
        let subscriptions = try #require(mappings.last)
        #expect(subscriptions.rows == 3)
        #expect(subscriptions.columns.first.map { "\($0.name) \($0.types)" } == "id INTEGER")
        #expect(subscriptions.leftOut.contains("trial_end"))
    }
}
